import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileReaders, type ReaderCase } from "../../unit/parameters/readers.ts";

/**
 * The expansions of RFC 6570 (github.com/uri-templates/uritemplate-test) that OpenAPI's styles stand for, read back to
 * the values that they were made from. `GATEWRIGHT_URI_TEMPLATES` names the folder with the data.
 */
const folder =
  process.env.GATEWRIGHT_URI_TEMPLATES ?? new URL("../../../../shared/corpus/uri-template", import.meta.url).pathname;

interface Group {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly testcases: readonly (readonly [template: string, expansion: string | readonly string[] | false])[];
}

interface Expansion {
  readonly label: string;
  readonly reader: ReaderCase;
  readonly where: "path" | "query";
  readonly text: string;
  readonly expected: Readonly<Record<string, unknown>>;
}

const styles: Readonly<Record<string, readonly ["path" | "query", string]>> = {
  "": ["path", "simple"],
  ".": ["path", "label"],
  ";": ["path", "matrix"],
  "?": ["query", "form"],
  "&": ["query", "form"],
};

/** One expression and nothing around it; `?` and `&` may have several names, as they stand for several parameters. */
function expansionOf(template: string, expansions: readonly string[], variables: Group["variables"]): Expansion[] {
  const match = /^\{([.;?&]?)([A-Za-z_]+\*?(?:,[A-Za-z_]+\*?)*)\}$/.exec(template);
  if (match === null) return [];
  const [, operator = "", list = ""] = match;
  const names = list.split(",").map((name) => ({ name: name.replace("*", ""), explode: name.endsWith("*") }));
  const [where, style] = styles[operator]!;
  if (where === "path" && names.length > 1) return [];
  const values = names.map(({ name }) => variables[name]);
  // Undefined values and empty lists are not written at all, and a path needs a segment.
  const isWritten = values.every(
    (value) => value !== undefined && value !== null && !(typeof value === "object" && Object.keys(value).length === 0),
  );
  if (!isWritten || (where === "path" && expansions.some((text) => text === "" || text === "." || text.includes("/")))) return [];
  const parameters = names.map(({ name, explode }, index) => ({
    name,
    in: where,
    required: where === "path",
    style,
    explode,
    schema: schemaOf(values[index]),
  }));
  const expected = Object.fromEntries(names.map(({ name }, index) => [name, textsOf(values[index])]));
  return expansions.map((text) => ({
    label: `${template} → ${text}`,
    reader: { parameters },
    where,
    text: operator === "?" || operator === "&" ? text.slice(1) : text,
    expected,
  }));
}

const text = { type: "string" };
const schemaOf = (value: unknown): object =>
  Array.isArray(value)
    ? { type: "array", items: text }
    : typeof value === "object"
      ? { type: "object", properties: Object.fromEntries(Object.keys(value!).map((key) => [key, text])) }
      : text;

/** RFC 6570 knows text only. */
const textsOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(String)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
      : String(value);

describe.skipIf(!existsSync(folder))("RFC 6570", () => {
  it("expansions are read back", async () => {
    const expansions: Expansion[] = [];
    for (const file of ["spec-examples.json", "spec-examples-by-section.json", "extended-tests.json"]) {
      for (const group of Object.values(JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Record<string, Group>)) {
        for (const [template, found] of group.testcases) {
          if (found !== false)
            expansions.push(...expansionOf(template, typeof found === "string" ? [found] : found, group.variables));
        }
      }
    }
    expect(expansions.length).toBeGreaterThan(60);
    const { readers } = await compileReaders(expansions.map(({ reader }) => reader));
    const failed: string[] = [];
    for (const [index, { label, where, text: sent, expected }] of expansions.entries()) {
      const { values, violations } = readers[index]!.read(where === "path" ? { path: `/${sent}` } : { query: sent });
      const isRead = violations.length === 0 && JSON.stringify(sorted(values![where])) === JSON.stringify(sorted(expected));
      if (!isRead) failed.push(`${label}: ${JSON.stringify(values?.[where] ?? violations)}`);
    }
    expect(failed).toEqual([]);
  });
});

/** Several orders of keys are listed for objects. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
