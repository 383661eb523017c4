import { expect, it } from "vitest";
import { fieldsOfHead, storedHead } from "../../../runtime/caching/stored-answer.ts";
import { deleteMatching } from "../../../runtime/fields/delete-matching.ts";
import type { HeaderList } from "../../../runtime/fields/header-list.ts";
import { fieldText } from "../../../runtime/http1/field-text.ts";

const lines = ["Content-Type", "text/plain", "X-Trace", "1", "Vary", "Accept", "X_Trace", "2"];
const kept = storedHead(lines);
const text = "Content-Type: text/plain\r\nX-Trace: 1\r\nVary: Accept\r\nX_Trace: 2\r\n";

it("are sent as they are", () => {
  expect(fieldText(fieldsOfHead(kept))).toBe(text);
});

it.each<[string, (list: HeaderList) => void]>([
  ["deletes a line", (list) => list.delete("x-trace")],
  ["sets one", (list) => list.set("X-Trace", "3")],
  ["deletes by a rule", (list) => deleteMatching(list, -1, (name) => name.startsWith("X"))],
  ["does so to a copy", (list) => list.copy().delete("x-trace")],
])("are the same for the next message where one %s", (_, change) => {
  const list = fieldsOfHead(kept);
  change(list);
  expect(fieldText(fieldsOfHead(kept))).toBe(text);
  expect(fieldsOfHead(kept).lines).toEqual(lines);
});

it("are gone from the one message that they were deleted from, in every spelling", () => {
  const list = fieldsOfHead(kept);
  list.delete("x-trace");
  list.add("X-Other", "4");
  expect(fieldText(list)).toBe("Content-Type: text/plain\r\nVary: Accept\r\nX-Other: 4\r\n");
  expect(list.get("x-trace")).toBeUndefined();
  expect(fieldText(list.copy())).toBe(fieldText(list));
});

it("are found by name, and names of no such length are not", () => {
  const list = fieldsOfHead(kept);
  expect([list.get("x-trace"), list.has("vary"), list.single("content-type")]).toEqual(["1", true, "text/plain"]);
  expect([list.get("x-tracer"), list.has("age"), list.all("etag")]).toEqual([undefined, false, []]);
  // Lengths that differ by 32 share a bit.
  expect(list.get("a".repeat("vary".length + 32))).toBeUndefined();
});
