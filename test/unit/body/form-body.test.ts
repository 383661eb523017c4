import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFormBody } from "../../../runtime/body/form-body.ts";
import type { FormField } from "../../../runtime/body/form-fields.ts";
import { parseMediaType } from "../../../runtime/body/media-type.ts";

const media = parseMediaType("application/x-www-form-urlencoded")!;
const form = (fields: { readonly [name: string]: FormField } = {}) => createFormBody({ fields, maxFields: 100, maxDepth: 10 });
const read = (text: string, fields?: { readonly [name: string]: FormField }) => form(fields).read(Buffer.from(text), media);
const list = { scalar: 0, items: { scalar: 4 } };
const object = { scalar: 0, properties: { r: { scalar: 4 }, g: { scalar: 4 } } };

describe("fields", () => {
  it.each<[string, string, { readonly [name: string]: FormField }, unknown]>([
    ["texts", "a=1&b=x+y&c=%C3%A4&d&=e", {}, { a: "1", b: "x y", c: "ä", d: "", "": "e" }],
    [
      "scalars",
      "n=1&b=true&z=null",
      {
        n: { as: "text", shape: { scalar: 4 } },
        b: { as: "text", shape: { scalar: 2 } },
        z: { as: "text", shape: { scalar: 3 } },
      },
      { n: 1, b: true, z: null },
    ],
    ["scalars of the wrong type stay text", "n=x", { n: { as: "text", shape: { scalar: 4 } } }, { n: "x" }],
    ["lists", "l=1&l=2", { l: { as: "text", shape: list } }, { l: [1, 2] }],
    ["lists of one", "l=1", { l: { as: "text", shape: list } }, { l: [1] }],
    ["repeated fields where the schema has no list", "a=1&a=2", { a: { as: "text", shape: { scalar: 4 } } }, { a: [1, 2] }],
    [
      "comma lists, escaped as serialisers of forms do (URL standard §5.2)",
      "l=1,2&t=a%2Cb,c",
      { l: { as: "comma", shape: list }, t: { as: "comma", shape: { scalar: 0, items: { scalar: 16 } } } },
      { l: [1, 2], t: ["a", "b", "c"] },
    ],
    [
      "space and pipe lists",
      "s=1+2%203&p=1|2%7C3",
      { s: { as: "space", shape: list }, p: { as: "pipe", shape: list } },
      { s: [1, 2, 3], p: [1, 2, 3] },
    ],
    ["comma objects", "o=r,1,g,2", { o: { as: "comma", shape: object } }, { o: { r: 1, g: 2 } }],
    ["deep objects", "o[r]=1&o%5Bg%5D=2", { o: { as: "deep", shape: object } }, { o: { r: 1, g: 2 } }],
    ["deep objects of the wrong type", "o[r]=x", { o: { as: "deep", shape: object } }, { o: { r: "x" } }],
    ["spread objects", "r=1&g=2&a=3", { o: { as: "spread", shape: object } }, { o: { r: 1, g: 2 }, a: "3" }],
    ["JSON", "j=%7B%22a%22%3A1%7D", { j: { as: "json", shape: { scalar: 0 } } }, { j: { a: 1 } }],
    [
      "lists of JSON",
      "j={%22a%22:1}&j=2",
      { j: { as: "json", shape: { scalar: 0, items: { scalar: 0 } } } },
      { j: [{ a: 1 }, 2] },
    ],
    ["a JSON list", "j=[1,2]", { j: { as: "json", shape: { scalar: 0, items: { scalar: 4 } } } }, { j: [1, 2] }],
    ["nothing", "", {}, {}],
  ])("%s", (_, text, fields, value) => expect(read(text, fields)).toEqual({ value, problem: undefined, violations: undefined }));

  it("written by URLSearchParams come out as they went in", () => {
    const name = fc.string({ unit: "binary" }).filter((each) => isWellFormed(each) && each !== "__proto__");
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, name), { selector: ([key]) => key }), (pairs) => {
        expect(Object.entries(read(new URLSearchParams(pairs).toString()).value as object).sort()).toEqual(
          Object.entries(Object.fromEntries(pairs)).sort(),
        );
      }),
    );
  });

  it("are read or refused, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void form({ o: { as: "deep", shape: object } }).read(bytes, media)));
  });
});

it.each([
  ["a=%zz", "Field 1 of the form has an escape that is no percent-encoded UTF-8."],
  ["a=1&b=%FF", "Field 2 of the form has an escape that is no percent-encoded UTF-8."],
  ["a=ä", "Field 1 of the form has characters that must be percent-encoded."],
  ["__proto__=1", 'The field "__proto__" is not accepted.'],
  ["a&".repeat(101), "The form has more than 100 fields."],
  ["j=%7B", 'The field "j" must be JSON: Expected a key in double quotes at line 1, column 2.'],
  ["o=1", 'The field "o" must be written as o[property]=value.'],
])("%s is refused", (text, detail) => {
  const fields: { readonly [name: string]: FormField } = {
    j: { as: "json", shape: { scalar: 0 } },
    o: { as: "deep", shape: object },
  };
  expect(read(text, fields).problem?.detail).toBe(detail);
});

it("a form in another charset than UTF-8 is refused", () => {
  expect(
    form().read(Buffer.from("a=1"), parseMediaType("application/x-www-form-urlencoded; charset=utf-16")!).problem,
  ).toBeDefined();
});

/** No surrogate without its other half, which UTF-8 does not have. */
const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text;

describe("an object that is spread over pairs", () => {
  const fields: { readonly [name: string]: FormField } = { filter: { as: "spread", shape: object } };

  it.each(["filter=x&r=1", "r=1&filter=x", "r=1&filter=x&g=2"])(
    "beside a pair of its own name, whatever the order: %s",
    (text) => {
      expect(read(text, fields).problem?.detail).toBe('The field "filter" must not be there beside properties of its own.');
    },
  );

  it("is what its pairs say, and a pair of its name alone is for the schema to refuse", () => {
    expect(read("r=1&g=2", fields).value).toEqual({ filter: { r: 1, g: 2 } });
    expect(read("filter=x", fields).value).toEqual({ filter: "x" });
  });
});
