import fc from "fast-check";
import { expect, test } from "vitest";
import { checkExpression } from "../../../compiler/expressions/index.ts";
import { compareEmitted } from "./compare-emitted.ts";
import { environment, schemaTypes } from "./support.ts";

// Any text at all, and any sentence of the grammar (CEL language definition, "Syntax") with names that JavaScript gives a
// meaning of their own: the checker says what is wrong with it, or gives code that does what the interpreter does.
// `FUZZ_RUNS=100000 SEED=7` searches longer and elsewhere.

const numRuns = Number(process.env.FUZZ_RUNS ?? 3_000);
const seed = Number(process.env.SEED ?? 11);

const ofJavaScript = ["constructor", "__proto__", "prototype", "toString", "valueOf", "hasOwnProperty", "toJSON", "then"];
const names = [
  ...ofJavaScript,
  ..."length x run undefined NaN arguments eval body request params identity size type int items note tags".split(" "),
];

const properties: Record<string, unknown> = {
  note: { type: "string" },
  tags: { type: "array", items: { type: "string" } },
  items: { type: "object" },
};
for (const name of ofJavaScript) Object.defineProperty(properties, name, { value: { type: "string" }, enumerable: true });

const around = () =>
  environment({
    body: schemaTypes().typeOf({ type: "object", properties, additionalProperties: { type: "integer" } }, "the body"),
  });

/** The same names as data: own properties, also the one that an assignment would take for the prototype. */
const bodies = fc.constantFrom(
  "{}",
  `{"__proto__":"p","constructor":"c","toString":"s","note":"n","tags":["__proto__"],"items":{"__proto__":1,"valueOf":2}}`,
  `{"constructor":{"name":"Object"},"hasOwnProperty":1,"length":3,"then":"t","extra":4}`,
  `[{"__proto__":null}]`,
  "null",
);
const claims = fc.constantFrom("{}", `{"constructor":"c","__proto__":{"admin":true}}`);

const word = fc.constantFrom(...names);
const glue = (template: string, ...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts)
    .map((values) => values.reduce((text, value, index) => text.replaceAll(`$${index + 1}`, () => value), template));

const operator = fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "in", "&&", "||");
const conversion = fc.constantFrom(
  "int",
  "uint",
  "double",
  "string",
  "bool",
  "bytes",
  "type",
  "dyn",
  "size",
  "duration",
  "timestamp",
);
const { any } = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    { weight: 3, arbitrary: glue("body.$1", word) },
    { weight: 3, arbitrary: glue('body["$1"]', word) },
    { weight: 2, arbitrary: word },
    fc.constantFrom("0", "1u", "-9223372036854775808", "1.5", "true", "null", "b'a'", "r'\\d'", '"__proto__"', "[]", "{}"),
    glue('"$1"', word),
    glue("identity.claims.$1", word),
    glue("request.headers.$1", word),
    glue('request.query["$1"]', word),
    glue("params.$1", word),
    glue("$1.$2", tie("any"), word),
    glue("$1[$2]", tie("any"), tie("any")),
    glue("has($1.$2)", tie("any"), word),
    glue("has(body.$1)", word),
    glue('("$1" in body)', word),
    glue("$1($2)", word, tie("any")),
    glue("$1.$2()", tie("any"), word),
    glue("$1.$2($3)", tie("any"), word, tie("any")),
    glue("$1.exists($2, $2 == $3)", tie("any"), word, tie("any")),
    glue("$1.map($2, $3)", tie("any"), word, tie("any")),
    glue("$1.filter($2, $3)", tie("any"), word, tie("any")),
    glue("[$1, $2]", tie("any"), tie("any")),
    glue("{'$1': $2}", word, tie("any")),
    glue("{$1: $2}", tie("any"), tie("any")),
    glue("($1 $2 $3)", tie("any"), operator, tie("any")),
    glue("(!$1)", tie("any")),
    glue("(-$1)", tie("any")),
    glue("($1 ? $2 : $3)", tie("any"), tie("any"), tie("any")),
    glue("$1($2)", conversion, tie("any")),
    glue("$1{}", word),
    glue("$1{$2: $3}", word, word, tie("any")),
  ),
}));

test("a sentence of the grammar (CEL language definition) is refused with a message, or does what the interpreter does", () => {
  let compiled = 0;
  const check = (text: string, given: string, claimed: string): void => {
    const problems = compareEmitted(text, around(), JSON.parse(given), JSON.parse(claimed));
    if (problems === undefined) compiled++;
    else for (const message of problems) expect(message, text).not.toBe("");
  };
  fc.assert(fc.property(any, bodies, claims, check), { numRuns, seed });
  // Where nothing compiled, nothing was compared.
  expect(compiled).toBeGreaterThan(numRuns / 10);
});

test.each([
  "has(dyn(body.note).constructor)",
  "!has(dyn(body.note).x)",
  "dyn(body.note).length == 1",
  'dyn("a").constructor == dyn("b").constructor',
  "dyn(body.tags).length",
  "[null, body.length]",
])("text and lists have no fields, whatever they have in JavaScript: %s", (text) => {
  const given = { note: "n", tags: ["a"], length: 3, constructor: "c" };
  expect(compareEmitted(text, around(), given, {})).toBeUndefined();
});

const symbols = "( ) [ ] { } . , : ? ! - + * / % < <= > >= == != && || in has all exists map filter";
const literals = `0 1u 0x 1e 1.5 .5 9223372036854775808 "a" 'b' r"\\" b'\\xff' '''m''' "\\u{110000}" "\\ud800" " ' \` \\`;
const strange = "// # @ $ ~ ^ | & ; = \u0000 \u2028 é 😀 \ud800";
const token = fc.constantFrom(...names, ...`${symbols} ${literals} ${strange}`.split(" "));
const soup = fc
  .tuple(fc.array(token, { maxLength: 12 }), fc.constantFrom("", " "))
  .map(([tokens, between]) => tokens.join(between));

test("any text is refused with a message or compiled, and never stops the compiler", () => {
  const check = (text: string): void => {
    const { expression, problems } = checkExpression(text, around(), { kind: "bool" });
    if (expression === undefined) expect(problems.length, text).toBeGreaterThan(0);
    for (const { start, end } of problems) expect(start >= 0 && start <= end && end <= text.length + 1, text).toBe(true);
  };
  fc.assert(fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), check), { numRuns, seed });
});
