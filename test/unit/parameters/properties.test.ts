import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readParameter, type SentParameters } from "../../reference/parameters.ts";
import { compileReaders, type Reader, type ReaderCase } from "./readers.ts";

type Where = "path" | "query" | "header" | "cookie";
interface Form {
  readonly in: Where;
  readonly style: string;
  readonly explode: boolean;
}

const forms: readonly Form[] = [
  ...(["matrix", "label", "simple"] as const).flatMap((style) =>
    [true, false].map((explode) => ({ in: "path" as const, style, explode })),
  ),
  ...[true, false].flatMap((explode) => [
    { in: "query" as const, style: "form", explode },
    { in: "header" as const, style: "simple", explode },
    { in: "cookie" as const, style: "cookie", explode },
  ]),
  { in: "cookie", style: "form", explode: false },
  { in: "cookie", style: "form", explode: true },
  { in: "query", style: "spaceDelimited", explode: false },
  { in: "query", style: "pipeDelimited", explode: false },
  { in: "query", style: "deepObject", explode: true },
];

const text = { type: "string" };
const schemas = {
  text,
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  nullable: { type: ["integer", "null"] },
  mixed: { type: ["boolean", "number", "string"] },
  texts: { type: "array", items: text },
  integers: { type: "array", items: { type: "integer" } },
  object: { type: "object", properties: { a: text, "b-c": { type: "integer" }, größe: { type: "boolean" } } },
  map: { type: "object", additionalProperties: text },
  either: { anyOf: [{ type: "integer" }, { type: "array", items: { type: "integer" } }] },
  any: {},
  created: { anyOf: [{ type: "integer" }, { type: "object", properties: { a: { type: "integer" } } }] },
} as const;
type Kind = keyof typeof schemas;

const cases = forms.flatMap((form) => (Object.keys(schemas) as Kind[]).map((kind) => ({ form, kind })));
const caseOf = ({ form, kind }: (typeof cases)[number]): ReaderCase => ({
  parameters: [
    { name: "color", in: form.in, style: form.style, explode: form.explode, required: form.in === "path", schema: schemas[kind] },
  ],
});

/** Texts as clients that mean no good may send them. */
const pieces = fc.constantFrom(
  "color",
  "a",
  "b-c",
  "gr%C3%B6%C3%9Fe",
  "=",
  "=",
  "&",
  ",",
  ";",
  ".",
  "[",
  "]",
  "[a]",
  "[]",
  "[0]",
  "%20",
  "+",
  "|",
  "%7C",
  "1",
  "-2",
  "1.5",
  "true",
  "null",
  "x",
  "%2C",
  "%",
  "%C3",
  "__proto__",
  "%25",
  " ",
  "color=",
  "color[a]=",
  "; ",
);
const soup = fc.oneof(
  fc.array(pieces, { maxLength: 8 }).map((list) => list.join("")),
  fc.array(pieces, { maxLength: 5 }).map((list) => `color=${list.join("")}`),
  fc.array(pieces, { maxLength: 5 }).map((list) => `;color=${list.join("")}`),
  fc.array(pieces, { maxLength: 5 }).map((list) => `.${list.join("")}`),
);

function sentAs(
  where: Where,
  sent: string,
): { readonly request: { path?: string; query?: string; headers?: string[] }; readonly reference: SentParameters } | undefined {
  const nothing = { path: {}, query: "", headers: [] };
  if (where === "path") {
    // What the transport lets through: not empty, well-formed, no white space.
    if (sent === "" || sent.includes(" ") || /%(?![2-9A-F][0-9A-F])|%C3(?!%[89AB])|\//.test(sent)) return undefined;
    return { request: { path: `/${sent}` }, reference: { ...nothing, path: { color: sent } } };
  }
  if (where === "query")
    return sent.includes(" ") ? undefined : { request: { query: sent }, reference: { ...nothing, query: sent } };
  const name = where === "header" ? "Color" : "Cookie";
  return { request: { headers: [name, sent] }, reference: { ...nothing, headers: [[name, sent]] } };
}

describe("emitted readers and the reference", () => {
  it("read the same out of any text", async () => {
    const { readers } = await compileReaders(cases.map(caseOf));
    fc.assert(
      fc.property(fc.nat(cases.length - 1), soup, (index, written) => {
        const { form, kind } = cases[index]!;
        const sent = sentAs(form.in, written);
        if (sent === undefined) return;
        const reader = readers[index]!;
        const [parameter] = reader.parameters;
        const expected = readParameter(parameter!, sent.reference, acceptsOf(kind));
        const found = reader.read(sent.request);
        const shown = `${form.in} ${form.style} ${form.explode} ${kind}: ${written}`;
        if (expected.kind === "refused") expect(found.violations.length, shown).toBeGreaterThan(0);
        else {
          expect(found.violations, shown).toEqual([]);
          expect((found.values as NonNullable<typeof found.values>)[form.in].color, shown).toEqual(
            expected.kind === "absent" ? undefined : expected.value,
          );
        }
      }),
      { numRuns: 30_000 },
    );
  });
});

/** The schemas above say little more than types. */
function acceptsOf(kind: Kind): (value: unknown) => boolean {
  const isInteger = (value: unknown): boolean => Number.isInteger(value);
  const isText = (value: unknown): boolean => typeof value === "string";
  const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
  const checks: Readonly<Record<Kind, (value: unknown) => boolean>> = {
    text: isText,
    integer: isInteger,
    number: (value) => typeof value === "number",
    boolean: (value) => typeof value === "boolean",
    nullable: (value) => value === null || isInteger(value),
    mixed: (value) => ["boolean", "number", "string"].includes(typeof value),
    texts: (value) => Array.isArray(value) && value.every(isText),
    integers: (value) => Array.isArray(value) && value.every(isInteger),
    object: isRecord,
    map: (value) => isRecord(value) && Object.values(value).every(isText),
    either: (value) => isInteger(value) || (Array.isArray(value) && value.every(isInteger)),
    any: () => true,
    created: (value) => isInteger(value) || isRecord(value),
  };
  return checks[kind];
}

/** Texts without what the style itself cannot carry: see `serialise`. */
const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const values: Readonly<Partial<Record<Kind, fc.Arbitrary<unknown>>>> = {
  text: anyText,
  integer: fc.maxSafeInteger(),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  boolean: fc.boolean(),
  texts: fc.array(anyText, { minLength: 1, maxLength: 5 }),
  integers: fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 5 }),
  object: fc.record({ a: anyText, "b-c": fc.maxSafeInteger(), größe: fc.boolean() }, { requiredKeys: ["a"] }),
};

/** RFC 6570 as OpenAPI uses it. `inner`: what must be escaped besides, as the style cannot tell it from a delimiter. */
function serialise({ in: where, style, explode }: Form, value: unknown): string {
  const raw = where === "header" || style === "cookie";
  const encode = (part: unknown): string =>
    raw
      ? String(part)
      : encodeURIComponent(String(part)).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const isNamed =
    style === "form" || style === "matrix" || style === "cookie" || style.endsWith("Delimited") || style === "deepObject";
  const prefix = style === "matrix" ? ";" : style === "label" ? "." : "";
  const separator = !explode
    ? ({ spaceDelimited: "%20", pipeDelimited: "|" }[style] ?? ",")
    : style === "matrix"
      ? ";"
      : style === "label"
        ? "."
        : where === "query"
          ? "&"
          : where === "cookie"
            ? "; "
            : ",";
  const name = isNamed ? "color=" : "";
  if (typeof value !== "object" || value === null) return `${prefix}${name}${encode(value)}`;
  if (Array.isArray(value))
    return explode && isNamed
      ? `${prefix}${value.map((item) => `color=${encode(item)}`).join(separator)}`
      : `${prefix}${name}${value.map(encode).join(separator)}`;
  const entries = Object.entries(value);
  if (style === "deepObject")
    return entries
      .map(([key, item]) => `color${encodeURIComponent("[")}${encode(key)}${encodeURIComponent("]")}=${encode(item)}`)
      .join("&");
  if (explode) return `${prefix}${entries.map(([key, item]) => `${encode(key)}=${encode(item)}`).join(separator)}`;
  return `${prefix}${name}${entries.flatMap(([key, item]) => [encode(key), encode(item)]).join(separator)}`;
}

/** What a form cannot carry: a delimiter that is not escaped, white space at the ends of fields, what no URI transports. */
function isWritable({ in: where, style, explode }: Form, value: unknown): boolean {
  const texts = (typeof value === "object" && value !== null ? Object.values(value) : [value]).map(String);
  if (style === "deepObject" && (typeof value !== "object" || Array.isArray(value))) return false;
  if (style.endsWith("Delimited") && typeof value !== "object") return false;
  if (where === "header")
    return (
      texts.every((each) => !each.includes(",") && each.trim() === each && /^[\t\u0020-\u007e\u0080-\uffff]*$/.test(each)) &&
      !(explode && typeof value === "object" && !Array.isArray(value) && Object.hasOwn(value!, "größe"))
    );
  if (style === "cookie")
    return (
      texts.every((each) => !/[;,]/.test(each) && each.trim() === each && each !== "") &&
      !(typeof value === "object" && value !== null && Object.hasOwn(value, "größe"))
    );
  if (style === "spaceDelimited") return texts.every((each) => !each.includes(" "));
  if (style === "pipeDelimited") return texts.every((each) => !each.includes("|"));
  // Clients escape the commas that separate, so that one inside of a value cannot be told from these.
  if (typeof value === "object" && (style === "simple" || !explode) && texts.some((each) => each.includes(","))) return false;
  // A dot is unreserved: it is never escaped, and a normalised path would lose the escape.
  if (style === "label") return explode && typeof value === "object" ? texts.every((each) => !each.includes(".")) : true;
  return true;
}

describe("serialised values", () => {
  it("are read back as they were", async () => {
    const kinds = Object.keys(values) as Kind[];
    const chosen = forms.flatMap((form) =>
      kinds
        .filter((kind) => isWritable(form, kind.endsWith("s") ? ["x"] : kind === "object" ? { a: "x" } : "x"))
        .map((kind) => ({ form, kind })),
    );
    const { readers } = await compileReaders(chosen.map(caseOf));
    const some = fc.nat(chosen.length - 1).chain((index) => values[chosen[index]!.kind]!.map((value) => ({ index, value })));
    let count = 0;
    fc.assert(
      fc.property(some, ({ index, value }) => {
        const { form } = chosen[index]!;
        if (!isWritable(form, value)) return;
        count++;
        const written = serialise(form, value);
        const sent =
          form.in === "path"
            ? { path: `/${written}` }
            : form.in === "query"
              ? { query: written }
              : { headers: [form.in === "header" ? "Color" : "Cookie", written] };
        const { values: found, violations } = (readers[index] as Reader).read(sent);
        expect(violations, written).toEqual([]);
        expect(rounded(found![form.in].color), written).toEqual(value);
      }),
      { numRuns: 10_000 },
    );
    expect(count).toBeGreaterThan(5_000);
  });
});

/** Digits that JavaScript writes for a double beyond 2^53 need not be those of its value, so they are read as a bigint. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}
