import { expect, test } from "vitest";
import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { parseJson } from "../../../runtime/body/json.ts";
import { compileSchemas } from "./emitted.ts";

/** The keywords that a JSON text violates, read as a body is. */
async function judge(
  schema: JsonValue,
  texts: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { violations } = await compileSchemas({ Value: schema }, { files });
  return texts.map((text) => {
    const { value, problem } = parseJson(Buffer.from(text), { exactIntegers: true });
    if (problem !== undefined) return problem.detail;
    return (
      violations("Value", value)
        ?.map(({ keyword }) => keyword)
        .join(" ") ?? "valid"
    );
  });
}

test.each<[string, JsonValue, Readonly<Record<string, string>>]>([
  ["type", { type: "integer" }, { "9007199254740993": "valid", "9007199254740993.5e-1": "type", '"9007199254740993"': "type" }],
  ["types", { type: ["number", "null"] }, { "9007199254740993": "valid", null: "valid", true: "type" }],
  [
    "maximum",
    { maximum: 9007199254740992 },
    { "9007199254740992": "valid", "9007199254740993": "maximum", "-9007199254740993": "valid" },
  ],
  ["minimum", { minimum: -9007199254740992 }, { "-9007199254740992": "valid", "-9007199254740993": "minimum" }],
  [
    "exclusiveMaximum",
    { exclusiveMaximum: 9007199254740994 },
    { "9007199254740993": "valid", "9007199254740994": "exclusiveMaximum" },
  ],
  [
    "exclusiveMinimum",
    { exclusiveMinimum: 9007199254740992 },
    { "9007199254740993": "valid", "9007199254740992": "exclusiveMinimum" },
  ],
  [
    "multipleOf",
    { multipleOf: 3 },
    { "9007199254740993": "valid", "9007199254740995": "multipleOf", "9007199254740997": "multipleOf" },
  ],
  ["multipleOf a fraction", { multipleOf: 0.5 }, { "9007199254740993": "valid" }],
  ["multipleOf ten", { multipleOf: 10 }, { "90071992547409930": "valid", "90071992547409931": "multipleOf" }],
  ["enum", { enum: [9007199254740992, "a"] }, { "9007199254740992": "valid", "9007199254740993": "enum" }],
  ["const", { const: 9007199254740992 }, { "9007199254740992": "valid", "9007199254740993": "const" }],
  [
    "const in depth",
    { const: { a: [9007199254740992] } },
    { '{"a":[9007199254740993]}': "const", '{"a":[9007199254740992]}': "valid" },
  ],
  ["int32", { type: "integer", format: "int32" }, { "9007199254740993": "format" }],
  [
    "int64",
    { type: "integer", format: "int64" },
    {
      "9223372036854775807": "valid",
      "9223372036854775808": "format",
      "-9223372036854775808": "valid",
      "-9223372036854775809": "format",
    },
  ],
  [
    "uint64",
    { type: "integer", format: "uint64" },
    { "18446744073709551615": "valid", "18446744073709551616": "format", "-9007199254740993": "format" },
  ],
  ["double", { type: "number", format: "double" }, { "9007199254740993": "valid", [`1${"0".repeat(307)}1`]: "valid" }],
  ["float", { type: "number", format: "float" }, { "9007199254740993": "valid", [`1${"0".repeat(38)}1`]: "format" }],
  ["double-int", { type: "integer", format: "double-int" }, { "9007199254740993": "format", "9007199254740991": "valid" }],
  [
    "uniqueItems",
    { uniqueItems: true },
    {
      "[9007199254740993,9007199254740992]": "valid",
      "[9007199254740993,9007199254740993]": "uniqueItems",
      '[{"a":9007199254740993},{"a":9007199254740992}]': "valid",
      '[{"a":9007199254740993},{"a":9007199254740993}]': "uniqueItems",
      '["9007199254740993",9007199254740993]': "valid",
    },
  ],
  ["oneOf by type", { oneOf: [{ type: "string" }, { type: "integer" }] }, { "9007199254740993": "valid", true: "oneOf" }],
  ["anyOf number", { anyOf: [{ type: "number" }, { type: "null" }] }, { "9007199254740993": "valid", true: "anyOf" }],
  ["not", { not: { type: "integer" } }, { "9007199254740993": "not", "0.5": "valid" }],
])("%s judges integers beyond 2^53 as they are", async (_, schema, expected) => {
  expect(await judge(schema, Object.keys(expected))).toEqual(Object.values(expected));
});

test("a limit or value that JavaScript writes for a double is compared with its digits", async () => {
  // The double is 57433072863206488.
  const text = "57433072863206490";
  const near = "57433072863206491";
  const value = Number(text);
  expect(await judge({ maximum: value }, [text, near, "1", `-${near}`])).toEqual(["valid", "maximum", "valid", "valid"]);
  expect(await judge({ exclusiveMaximum: value }, ["57433072863206489", text])).toEqual(["valid", "exclusiveMaximum"]);
  expect(await judge({ minimum: -value }, [`-${text}`, `-${near}`, "1"])).toEqual(["valid", "minimum", "valid"]);
  expect(await judge({ minimum: value }, [text, "57433072863206489", "1"])).toEqual(["valid", "minimum", "minimum"]);
  expect(await judge({ enum: [value, 1] }, [text, near, "1"])).toEqual(["valid", "enum", "valid"]);
  expect(await judge({ enum: [value] }, [text, near])).toEqual(["valid", "enum"]);
});
