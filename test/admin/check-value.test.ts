import { expect, test } from "vitest";
import { type AdminSchema, checkValue } from "../../runtime/admin/check-value.ts";
import { Violations } from "../../runtime/validation/violations.ts";

function problems(schema: AdminSchema, value: unknown): readonly string[] {
  const found = new Violations({ in: "body" }, 10);
  checkValue(schema, value, found);
  return found.list.map(({ message }) => message);
}

const shares: AdminSchema = {
  type: "object",
  minProperties: 1,
  properties: { next: { type: "string", maxLength: 8, pattern: "^[0-9]+%$" } },
};

test.each([
  [{ next: "5%" }, []],
  [{ next: "5" }, ["must match the pattern ^[0-9]+%$"]],
  [{ next: "5555555555" }, ["must have at most 8 characters"]],
  [{}, ["must have at least 1 property"]],
])("%j is validated by its pattern and the number of its members: %j", (value, expected) => {
  expect(problems(shares, value)).toEqual(expected);
});

test("a keyword that nothing validates is a mistake of ours, and lets nothing pass", () => {
  // As a route might say it, of which the type knows nothing.
  const schema = { type: "object", properties: { share: { type: "string", format: "percentage" } } } as AdminSchema;
  expect(() => problems(schema, { share: "5%" })).toThrow("`format`");
});
