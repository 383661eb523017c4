import vm from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { jsIdentifier, jsProperty, jsString } from "../../../compiler/text/js.ts";

const evaluate = (code: string): unknown => vm.runInNewContext(code);

test("a printed string means exactly what it was made from", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("</script>", "<!--", "\u2028\u2029", '"\\`${1}', "\ud800")),
      (text) => {
        expect(evaluate(jsString(text))).toBe(text);
        expect(jsString(text)).not.toMatch(/[\u2028\u2029]|<[/!]/);
      },
    ),
  );
});

test("a printed property is an own property of that name", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "class", "a-b", "1")), (name) => {
      expect(evaluate(`Object.keys({ ${jsProperty(name)}: 1 })`)).toEqual([name]);
    }),
  );
});

test("an identifier can be declared and is given once", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom("class", "a b", "a-b", "1x", "", "eval", "é"))), (names) => {
      const taken = new Set<string>();
      const made = names.map((name) => jsIdentifier(name, taken));
      expect(new Set(made).size).toBe(names.length);
      for (const name of made) expect(() => new vm.Script(`"use strict"; const ${name} = 1;`)).not.toThrow();
    }),
  );
});
