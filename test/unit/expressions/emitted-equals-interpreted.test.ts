import fc from "fast-check";
import { test } from "vitest";
import { compareEmitted } from "./compare-emitted.ts";
import { environment } from "./support.ts";

// Random well-typed expressions on random bodies, right and wrong ones: the emitted code must give what a plain
// interpreter of the checked expression gives, or fail where it fails.

type Text = fc.Arbitrary<string>;
const oneOf = (...texts: readonly string[]): Text => fc.constantFrom(...texts);
const glue = (template: string, ...parts: readonly Text[]): Text =>
  fc
    .tuple(...parts)
    .map((values) => values.reduce((text, value, index) => text.replaceAll(`$${index + 1}`, () => value), template));

const texts = fc.letrec<{
  int: string;
  double: string;
  string: string;
  bool: string;
  strings: string;
  ints: string;
  dyn: string;
}>((tie) => ({
  int: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    oneOf(
      "0",
      "1",
      "-7",
      "10000",
      "9007199254740991",
      "9223372036854775807",
      "-9223372036854775808",
      "body.total",
      "request.query.limit",
      "body.items[0].count",
      "size(body.tags)",
    ),
    glue("($1 $2 $3)", tie("int"), oneOf("+", "-", "*", "/", "%"), tie("int")),
    glue("(-$1)", tie("int")),
    glue("size($1)", tie("string")),
    glue("int($1)", fc.oneof(tie("double"), tie("string"))),
    glue("($1 ? $2 : $3)", tie("bool"), tie("int"), tie("int")),
    glue("$1[$2]", tie("ints"), oneOf("0", "1")),
    glue("body.items.map(i, i.count + $1)[0]", tie("int")),
  ),
  double: fc.oneof(
    { maxDepth: 3 },
    oneOf("0.0", "-0.0", "1.5", "1e300", "body.price", "9007199254740993.0"),
    glue("($1 $2 $3)", tie("double"), oneOf("+", "-", "*", "/"), tie("double")),
    glue("double($1)", tie("int")),
  ),
  string: fc.oneof(
    { maxDepth: 3 },
    oneOf(
      '"a"',
      '""',
      '"😀é"',
      "body.status",
      "body.note",
      "request.path",
      "request.method",
      "params.orderId",
      'request.headers["X-Tenant"]',
      "request.query.page",
      "body.customer.name",
      "identity.subject",
      "body.constructor",
      'body["content-type"]',
    ),
    glue("($1 + $2)", tie("string"), tie("string")),
    glue("string($1)", fc.oneof(tie("int"), tie("double"), tie("bool"))),
    glue("$1[0]", tie("strings")),
  ),
  strings: fc.oneof(
    { maxDepth: 2 },
    oneOf("[]", '["a", "b"]', "body.tags", "identity.scopes", "request.query.tags"),
    glue("[$1]", tie("string")),
    glue("($1 + $2)", tie("strings"), tie("strings")),
    glue("$1.filter(s, s != $2)", tie("strings"), tie("string")),
  ),
  ints: fc.oneof(
    { maxDepth: 2 },
    oneOf("[1, 2]", "body.items.map(i, i.count)"),
    glue("[$1, $2]", tie("int"), tie("int")),
    glue("$1.map(n, n > 0, n * $2)", tie("ints"), tie("int")),
  ),
  dyn: fc.oneof(
    { maxDepth: 2 },
    oneOf(
      "identity.claims.level",
      "identity.claims.name",
      "dyn(body.customer.level)",
      "dyn(body.memo)",
      "dyn(1)",
      "dyn(2u)",
      "dyn(1.0)",
      'dyn("a")',
      "dyn([1, 2.0])",
      "dyn(body.total)",
    ),
    glue("($1 + $2)", tie("dyn"), tie("dyn")),
    glue("dyn($1)", fc.oneof(tie("int"), tie("ints"), tie("string"))),
  ),
  bool: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    oneOf(
      "true",
      "false",
      "has(body.note)",
      "has(body.customer.parent)",
      "has(request.headers.x)",
      '("page" in request.query)',
      '("limit" in request.query)',
      "has(request.query.limit)",
      "has(request.query.quiet)",
      "request.query.quiet",
      "has(identity.claims.level)",
      "(body.memo == null)",
    ),
    glue("($1 $2 $3)", tie("int"), oneOf("==", "!=", "<", "<=", ">", ">="), fc.oneof(tie("int"), tie("double"))),
    glue("($1 $2 $3)", tie("string"), oneOf("==", "!=", "<", ">="), tie("string")),
    glue("($1 $2 $3)", tie("dyn"), oneOf("==", "!=", "<", ">="), fc.oneof(tie("dyn"), tie("int"), tie("double"))),
    glue("($1 == $2)", tie("ints"), tie("ints")),
    glue("($1 in $2)", tie("string"), tie("strings")),
    glue("($1 in $2)", tie("int"), tie("ints")),
    glue("($1 && $2)", tie("bool"), tie("bool")),
    glue("($1 && $2 && $3)", tie("bool"), tie("bool"), tie("bool")),
    glue("($1 || $2)", tie("bool"), tie("bool")),
    glue("(!$1)", tie("bool")),
    glue("$1.$2(e, e > $3)", tie("ints"), oneOf("all", "exists", "exists_one"), tie("int")),
    glue("body.items.$1(i, i.count > $2 || i.sku == $3)", oneOf("all", "exists", "exists_one"), tie("int"), tie("string")),
    glue("$1.$2($3)", tie("string"), oneOf("contains", "startsWith", "endsWith"), tie("string")),
  ),
}));

/** What JSON may hold where the schema asks for `right`. */
const loose = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: right },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, "a", 1.5, true, [], {}, 2 ** 60) },
  );
const name = fc.constantFrom("a", "b", "", "é😀", "open");
const customer = loose(
  fc.record({
    name: loose(name),
    parent: fc.constantFrom({ name: "p" }, undefined),
    level: fc.constantFrom<unknown>(1, "a", 1.5, undefined),
  }),
);
const body = loose(
  fc.record({
    total: loose(fc.integer({ min: -3, max: 12 })),
    price: loose(fc.constantFrom(0, 1.5, 3)),
    status: loose(name),
    note: loose(name),
    memo: loose(fc.constantFrom<unknown>(null, "a")),
    tags: loose(fc.array(loose(name), { maxLength: 3 })),
    items: loose(
      fc.array(loose(fc.record({ sku: loose(name), count: loose(fc.integer({ min: -2, max: 4 })) })), { maxLength: 3 }),
    ),
    customer,
    "content-type": loose(name),
  }),
);
const claims = fc.constantFrom<unknown>({}, { level: 3, name: "a" }, { level: 1.5, name: null });

test.each([texts.bool, texts.int, texts.string, texts.dyn, texts.ints])(
  "emitted code gives what the interpreter gives (%#)",
  (text) => {
    const compare = (written: string, given: unknown, claimed: unknown): void => {
      const problems = compareEmitted(written, environment(), given, claimed);
      // Literals that cannot be converted are refused; nothing else may be.
      if (problems !== undefined) throw new Error(`${written}\n${problems.join("\n")}`);
    };
    fc.assert(fc.property(text, body, claims, compare), { numRuns: 1500, seed: 7 });
  },
);
