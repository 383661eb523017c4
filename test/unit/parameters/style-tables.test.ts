import { beforeAll, describe, expect, it } from "vitest";
import type { FakeRequest } from "../../harness/fake-exchange.ts";
import { compileReaders, type Reader, type Values } from "./readers.ts";

type Place = "path" | "query" | "header" | "cookie";

/** Where OpenAPI's "Style Examples" show a style, and what is to be sent for the value of each column. */
interface Row {
  readonly in: Place;
  readonly style: string;
  readonly explode: boolean;
  readonly empty?: string;
  readonly string?: string;
  readonly array?: string;
  readonly object?: string;
}

const array = ["blue", "black", "brown"];
const object = { R: 100, G: 200, B: 150 };
const schemas = {
  empty: { type: "string" },
  string: { type: "string" },
  array: { type: "array", items: { type: "string" }, minItems: 3 },
  object: {
    type: "object",
    properties: { R: { type: "integer" }, G: { type: "integer" }, B: { type: "integer" } },
    required: ["R", "G", "B"],
    additionalProperties: false,
  },
} as const;
const values = { empty: "", string: "blue", array, object };

/** Cells that all versions have in common. */
const common: readonly Row[] = [
  {
    in: "path",
    style: "matrix",
    explode: false,
    empty: ";color",
    string: ";color=blue",
    array: ";color=blue,black,brown",
    object: ";color=R,100,G,200,B,150",
  },
  {
    in: "path",
    style: "matrix",
    explode: true,
    empty: ";color",
    string: ";color=blue",
    array: ";color=blue;color=black;color=brown",
    object: ";R=100;G=200;B=150",
  },
  { in: "path", style: "label", explode: true, string: ".blue", array: ".blue.black.brown", object: ".R=100.G=200.B=150" },
  { in: "path", style: "simple", explode: false, string: "blue", array: "blue,black,brown", object: "R,100,G,200,B,150" },
  { in: "path", style: "simple", explode: true, string: "blue", array: "blue,black,brown", object: "R=100,G=200,B=150" },
  {
    in: "header",
    style: "simple",
    explode: false,
    empty: "",
    string: "blue",
    array: "blue,black,brown",
    object: "R,100,G,200,B,150",
  },
  {
    in: "header",
    style: "simple",
    explode: true,
    empty: "",
    string: "blue",
    array: "blue,black,brown",
    object: "R=100,G=200,B=150",
  },
  {
    in: "query",
    style: "form",
    explode: false,
    empty: "color=",
    string: "color=blue",
    array: "color=blue,black,brown",
    object: "color=R,100,G,200,B,150",
  },
  {
    in: "query",
    style: "form",
    explode: true,
    empty: "color=",
    string: "color=blue",
    array: "color=blue&color=black&color=brown",
    object: "R=100&G=200&B=150",
  },
  {
    in: "cookie",
    style: "form",
    explode: false,
    empty: "color=",
    string: "color=blue",
    array: "color=blue,black,brown",
    object: "color=R,100,G,200,B,150",
  },
  { in: "cookie", style: "form", explode: true, empty: "color=", string: "color=blue" },
];

const old: readonly Row[] = [
  { in: "path", style: "label", explode: false, string: ".blue", array: ".blue.black.brown", object: ".R.100.G.200.B.150" },
  {
    in: "query",
    style: "spaceDelimited",
    explode: false,
    array: "color=blue%20black%20brown",
    object: "color=R%20100%20G%20200%20B%20150",
  },
  { in: "query", style: "pipeDelimited", explode: false, array: "color=blue|black|brown", object: "color=R|100|G|200|B|150" },
  { in: "query", style: "deepObject", explode: true, object: "color[R]=100&color[G]=200&color[B]=150" },
];

const now: readonly Row[] = [
  { in: "path", style: "label", explode: false, string: ".blue", array: ".blue,black,brown", object: ".R,100,G,200,B,150" },
  {
    in: "query",
    style: "spaceDelimited",
    explode: false,
    array: "color=blue%20black%20brown",
    object: "color=R%20100%20G%20200%20B%20150",
  },
  {
    in: "query",
    style: "pipeDelimited",
    explode: false,
    array: "color=blue%7Cblack%7Cbrown",
    object: "color=R%7C100%7CG%7C200%7CB%7C150",
  },
  { in: "query", style: "deepObject", explode: true, object: "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150" },
];

const cookie: readonly Row[] = [
  {
    in: "cookie",
    style: "cookie",
    explode: false,
    empty: "color=",
    string: "color=blue",
    array: "color=blue,black,brown",
    object: "color=R,100,G,200,B,150",
  },
  {
    in: "cookie",
    style: "cookie",
    explode: true,
    empty: "color=",
    string: "color=blue",
    array: "color=blue; color=black; color=brown",
    object: "R=100; G=200; B=150",
  },
];

const tables = {
  "3.0.3": [...common, ...old],
  "3.0.4": [...common, ...now],
  "3.1.0": [...common, ...old],
  "3.1.1": [...common, ...now],
  "3.2.0": [...common, ...now, ...cookie],
};

function requestFor(where: Place, text: string): FakeRequest {
  if (where === "path") return { path: `/${text}` };
  if (where === "query") return { query: text };
  return { headers: [where === "header" ? "Color" : "Cookie", text] };
}

const columns = ["empty", "string", "array", "object"] as const;

describe.each(Object.entries(tables))("style examples of OpenAPI %s", (openapi, rows) => {
  const cells = rows.flatMap((row) =>
    columns.flatMap((column) => (row[column] === undefined ? [] : [{ ...row, column, text: row[column] }])),
  );
  let readers: readonly Reader[];
  let codes: readonly string[];

  beforeAll(async () => {
    const cases = cells.map(({ in: where, style, explode, column }) => ({
      parameters: [{ name: "color", in: where, required: true, style, explode, schema: schemas[column] }],
    }));
    ({ readers, codes } = await compileReaders(cases, { openapi }));
  });

  it.each(
    cells.map(
      (cell, index) =>
        [
          `${cell.in} ${cell.style} ${cell.explode ? "exploded" : "not exploded"} ${cell.column}: ${cell.text}`,
          cell,
          index,
        ] as const,
    ),
  )("%s", (_, cell, index) => {
    const { values: found, violations } = readers[index]!.read(requestFor(cell.in, cell.text));
    expect(violations).toEqual([]);
    expect((found as Values)[cell.in]).toEqual({ color: values[cell.column] });
  });

  it("has nothing to warn of", () => {
    expect(codes.filter((code) => code.startsWith("parameters/"))).toEqual([]);
  });

  it("refuses each cell in the place of one of another form", () => {
    const kinds = { array: "R=1", object: "blue", string: undefined, empty: undefined };
    for (const [index, { in: where, style, column }] of cells.entries()) {
      if (kinds[column] === undefined || style === "deepObject") continue;
      const wrong = where === "path" ? "nothing" : where === "header" ? "odd" : "color=odd";
      expect(readers[index]!.read(requestFor(where, wrong)).violations.length, `${where} ${style} ${column}`).toBeGreaterThan(0);
    }
  });
});
