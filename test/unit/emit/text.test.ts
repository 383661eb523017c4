import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { JsExpression, type JsValue, jsComment, jsNumber, jsValue } from "../../../compiler/text/js-value.ts";

const evaluate = (text: string): unknown => new Function(`return (${text});`)();

describe("text of generated code", () => {
  it("prints values that read back as they were", () => {
    const values: JsValue[] = [
      "plain",
      "\"'`${x}\\",
      "*/ // \u2028\u2029\u0000\r\n",
      "</script><!--",
      -0.5,
      1e21,
      123_456_789,
      -60_000,
      [],
      {},
      { "a b": 1, constructor: 2, "": 3, "0": 4 },
      [["x".repeat(200), { deep: ["y".repeat(200)] }]],
    ];
    for (const value of values) expect(evaluate(jsValue(value))).toEqual(value);
  });

  it("keeps a key __proto__ a key", () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as JsValue;
    const read = evaluate(jsValue(value)) as object;
    expect(Object.keys(read)).toEqual(["__proto__"]);
    expect("polluted" in read).toBe(false);
  });

  it("groups the digits of long integers and of nothing else", () => {
    expect([60_000, 9999, -10_000, 1234.5678, 0, -0].map(jsNumber)).toEqual(["60_000", "9999", "-10_000", "1234.5678", "0", "0"]);
    expect(() => jsNumber(Number.NaN)).toThrow();
  });

  it("breaks what does not fit and leaves out what is undefined", () => {
    const value = { name: new JsExpression("name"), gone: undefined, list: Array.from({ length: 4 }, () => "z".repeat(40)) };
    expect(jsValue(value)).toBe(`{\n  name,\n  list: [\n${`    "${"z".repeat(40)}",\n`.repeat(4)}  ],\n}`);
  });

  it("lets no comment end early or go over a line", async () => {
    const hostile = "a */ throw 1; /* b\n throw 2\r throw 3\u2028 throw 4\u2029 throw 5 **/";
    for (const comment of [`/** ${jsComment(hostile)} */`, `// ${jsComment(hostile)}`]) {
      expect(jsComment(hostile)).not.toMatch(/[\n\r\u2028\u2029]/);
      const { code } = await transform(comment, { minify: true, legalComments: "none" });
      expect(code.trim()).toBe("");
    }
  });
});
