import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonText } from "../../../runtime/log/json-text.ts";

it("is JSON.stringify", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => jsonText(text) === JSON.stringify(text)));
  for (const text of ["", '"', "\\", "\u007f", "\u2028", "\ud800", "a\ud83d\ude00", "\x1f", "x".repeat(65)]) {
    expect(jsonText(text)).toBe(JSON.stringify(text));
  }
});
