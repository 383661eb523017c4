import { expect, it } from "vitest";
import type { ConfigIr } from "../../../compiler/ir/config.ts";
import type { ConfigPart } from "../../../compiler/ir/config-nodes.ts";
import { ModuleWriter } from "../../../compiler/phases/5-emit/module-writer.ts";
import { SharedParts } from "../../../compiler/phases/5-emit/shared-parts.ts";

const text = "long enough to be worth a constant of its own, as answers of large specs are";
const nameOf = (shared: SharedParts, part: ConfigIr): string | undefined =>
  shared.name(part as ConfigPart, "responses", () => "{}", new ModuleWriter("operations/a.js", []));

it("shares parts that mean the same, and names them by what tells them apart", () => {
  const shared = new SharedParts([{ responses: [{ status: "4XX", text }] }, { responses: [{ status: "4XX", text }, 1] }]);
  expect(nameOf(shared, { status: "4XX", text })).toBe("response4XX");
  expect(nameOf(shared, { status: "5XX", text })).toBeUndefined();
});

it("takes no list for an object", () => {
  const shared = new SharedParts([{ a: ["text", text] }, { a: { text } }]);
  expect(nameOf(shared, ["text", text])).toBeUndefined();
  expect(nameOf(shared, { text })).toBeUndefined();
});

it("shares nothing that belongs to one instance", () => {
  const part = { slot: { kind: "slot" }, text } as const;
  expect(nameOf(new SharedParts([{ a: part }, { b: { ...part } }]), part)).toBeUndefined();
});
