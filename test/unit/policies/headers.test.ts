import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import { createHeaders, type HeaderEditsConfig } from "../../../runtime/policies/headers/index.ts";
import { fakeAnswer, fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";

const none: HeaderEditsConfig = { rename: [], remove: [], set: [], add: [] };
const field = (name: string, value: string) => ({ name, value: value as StartValue });

function edited(edits: Partial<HeaderEditsConfig>, ...lines: string[]): readonly string[] {
  const x = fakeExchange();
  x.answer = fakeAnswer({ headers: lines });
  createHeaders({ request: null, response: { ...none, ...edits } }).response(x);
  return x.answer.headers.lines;
}

/** Only lines of one field have an order that means something (RFC 9110 §5.3). */
function byName(lines: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (let index = 0; index < lines.length; index += 2)
    (fields[lines[index]!.toLowerCase()] ??= []).push(`${lines[index]!}: ${lines[index + 1]!}`);
  return fields;
}

describe("headers", () => {
  it("renames, removes, sets and adds in this order", () => {
    const edits = {
      rename: [{ from: "X-Old", to: "X-New" }],
      remove: ["X-Drop"],
      set: [field("X-Set", "1")],
      add: [field("X-Add", "a"), field("X-Add", "b")],
    };
    expect(edited(edits, "x-old", "1", "X-DROP", "2", "x-set", "0", "X-Set", "00", "X-Keep", "3")).toEqual([
      "X-Keep",
      "3",
      "X-New",
      "1",
      "X-Set",
      "1",
      "X-Add",
      "a",
      "X-Add",
      "b",
    ]);
  });

  it("renames every line, over a field that has the new name", () => {
    expect(edited({ rename: [{ from: "A", to: "B" }] }, "b", "0", "a", "1", "A", "2")).toEqual(["B", "1", "B", "2"]);
    expect(edited({ rename: [{ from: "A", to: "B" }] }, "b", "0")).toEqual(["b", "0"]);
  });

  it("can change the spelling of a name", () => {
    expect(edited({ rename: [{ from: "X-ID", to: "x-id" }] }, "X-Id", "1")).toEqual(["x-id", "1"]);
  });

  it("changes the forwarded request and never the client's", () => {
    const x = fakeExchange({ headers: ["X-A", "1"] });
    const upstream = fakeUpstreamRequest(x);
    createHeaders({ request: { ...none, remove: ["x-a"], set: [field("X-B", "2")] }, response: null }).upstreamRequest(
      x,
      upstream,
    );
    expect(upstream.headers.lines).toEqual(["X-B", "2"]);
    expect(x.headers.lines).toEqual(["X-A", "1"]);
  });

  describe("computed values", () => {
    const computed = (name: string, value: string | undefined) => ({
      name,
      value: Object.assign(() => value ?? fail("absent"), { __emitted: "expression" as const }),
    });

    it("are put in like others, without white space around them", () => {
      const edits = { set: [computed("X-A", " caf\u00e9 ")], add: [computed("X-B", "")] };
      expect(edited(edits, "x-a", "forged", "X-A", "twice")).toEqual(["X-A", "caf\u00e9", "X-B", ""]);
    });

    it.each([undefined, "a\r\nX-Admin: 1", "a\nb", "a\rb", "a\0b", "a\x7fb", "\u560a", "\u{1F600}", "\ud800"])(
      "are left out where they are %j, and what the client sent with them",
      (value) => {
        expect(edited({ set: [computed("X-A", value)], add: [computed("X-B", value)] }, "x-a", "forged", "X-C", "1")).toEqual([
          "X-C",
          "1",
        ]);
      },
    );

    it("do not hide our own bugs", () => {
      const broken = Object.assign(() => String((null as unknown as object).constructor), { __emitted: "expression" as const });
      expect(() => edited({ set: [{ name: "X-A", value: broken }] })).toThrow(TypeError);
    });
  });

  it.each(["a\nb", "a\rb", "a\0b", "\u{1F600}", " a", "a\t"])("refuses the value %j when the gateway starts", (value) => {
    expect(() => createHeaders({ request: null, response: { ...none, set: [field("X-A", value)] } })).toThrow("X-A");
  });

  it("agrees with a plain reading of the rules on any field lines", () => {
    const name = fc.constantFrom("A", "a", "B", "b", "Cc", "cC", "D");
    const lines = fc.array(fc.tuple(name, fc.constantFrom("1", "2", "3")), { maxLength: 8 });
    const edits = fc.record({ from: name, to: name, remove: fc.uniqueArray(name, { maxLength: 2 }), set: name, add: name });
    fc.assert(
      fc.property(lines, edits, (before, { from, to, remove, set, add }) => {
        const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
        let expected: [string, string][] = before;
        if (expected.some(([key]) => same(key, from))) {
          expected = expected
            .filter(([key]) => same(to, from) || !same(key, to))
            .map(([key, value]) => [same(key, from) ? to : key, value]);
        }
        expected = expected.filter(([key]) => !remove.some((one) => same(one, key)));
        const at = expected.findIndex(([key]) => same(key, set));
        expected =
          at < 0
            ? [...expected, [set, "S"]]
            : expected.flatMap(([key, value], index) => (index === at ? [[set, "S"]] : same(key, set) ? [] : [[key, value]]));
        expected = [...expected, [add, "+"]];
        const actual = edited(
          { rename: [{ from, to }], remove, set: [field(set, "S")], add: [field(add, "+")] },
          ...before.flat(),
        );
        expect(byName(actual)).toEqual(byName(expected.flat()));
      }),
    );
  });
});
