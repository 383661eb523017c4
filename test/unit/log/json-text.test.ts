import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonText } from "../../../runtime/log/json-text.ts";

const plain = /^[^\p{Cc}\u2028\u2029\p{Bidi_Control}\ufeff]*$/u;

it("is JSON.stringify, and says the same where that leaves what is not one plain line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
      const json = jsonText(text);
      expect(plain.test(json)).toBe(true);
      expect(JSON.parse(json)).toBe(text);
      if (plain.test(JSON.stringify(text))) expect(json).toBe(JSON.stringify(text));
    }),
  );
  for (const text of ["", '"', "\\", "\ud800", "a\ud83d\ude00", "\x1f", "x".repeat(65), "é".repeat(65)]) {
    expect(jsonText(text)).toBe(JSON.stringify(text));
  }
  expect(jsonText("\u007f\u2028")).toBe('"\\u007f\\u2028"');
});
