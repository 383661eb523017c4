import type { JsonSchema } from "../../../compiler/ir/schema.ts";
import { isOfType } from "./generate.ts";
import { GiveUp, type Merged, merge } from "./merged.ts";
import { type Oracle, regularExpression } from "./oracle.ts";

/** A value with one thing wrong in it. */
export interface Mutant {
  readonly value: unknown;
  /** JSON pointer to what is wrong, and the keyword that does not hold. */
  readonly pointer: string;
  readonly keyword: string;
  /** Pointers to values that may be of several kinds, on the way there: all that can be said of one may be that it is none. */
  readonly choices: readonly string[];
}

interface Walk {
  readonly root: unknown;
  readonly id: string;
  readonly oracle: Oracle;
  readonly isTextual: boolean;
  readonly found: Mutant[];
  left: number;
}

/** Variants of a valid value with one violation each, as ajv confirms. */
export function mutants(id: string, root: unknown, oracle: Oracle, isTextual: boolean): readonly Mutant[] {
  const walk: Walk = { root, id, oracle, isTextual, found: [], left: 400 };
  visit([{ $ref: `#/${id}` }], root, [], [], walk);
  return walk.found;
}

function visit(
  schemas: readonly JsonSchema[],
  value: unknown,
  path: readonly string[],
  choices: readonly string[],
  walk: Walk,
): void {
  if (path.length > 6 || --walk.left < 0) return;
  let parts = schemas;
  let merged: Merged;
  let isChosen = false;
  const taken = new Set<readonly JsonSchema[]>();
  try {
    for (;;) {
      merged = merge(parts, (target) => walk.oracle.get(target));
      const open = merged.choices.find((choice) => !taken.has(choice));
      if (open === undefined) break;
      const alternative = open.find((part) => walk.oracle.matches(part, value));
      if (alternative === undefined) return;
      isChosen = true;
      taken.add(open);
      parts = [...parts, alternative];
    }
  } catch (error) {
    if (error instanceof GiveUp) return;
    throw error;
  }
  const pointer = pointerOf(path);
  const within = isChosen ? [...choices, pointer] : choices;
  for (const { keyword, wrong } of wrongValues(merged, value, walk.isTextual))
    add(keyword, replaced(walk.root, path, wrong), pointer, within, walk);
  if (Array.isArray(value)) {
    const part = merged.prefixItems[0] ?? merged.items ?? true;
    if (value.length > 0 && part !== true) visit([part], value[0], [...path, "0"], within, walk);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const part = Object.hasOwn(merged.properties, name) ? merged.properties[name]! : merged.additional;
      if (part !== true) visit([part], member, [...path, name], within, walk);
    }
  }
}

function add(keyword: string, value: unknown, pointer: string, choices: readonly string[], walk: Walk): void {
  // What ajv says of a condition says nothing about a place.
  const faults = walk.oracle.faults(walk.id, value).filter((fault) => fault.keyword !== "if");
  const isSaid = faults.some(
    (fault) => fault.pointer === pointer && (fault.keyword === keyword || (keyword === "enum" && fault.keyword === "const")),
  );
  if (!isSaid || (choices.length === 0 && faults.some((fault) => fault.pointer !== pointer))) return;
  const said =
    keyword === "enum" && faults.some((fault) => fault.pointer === pointer && fault.keyword === "const") ? "const" : keyword;
  walk.found.push({ value, pointer, keyword: said, choices });
}

interface Wrong {
  readonly keyword: string;
  readonly wrong: unknown;
}

function wrongValues(merged: Merged, value: unknown, isTextual: boolean): Wrong[] {
  const found: Wrong[] = [];
  const list: Add = (keyword, ...wrongs) => {
    for (const wrong of wrongs) found.push({ keyword, wrong });
  };
  const { types } = merged;
  // Of listed values the type goes without saying, and is not said.
  if (types.length < 7 && merged.values === undefined) {
    const others: readonly unknown[] = isTextual ? ["x y"] : ["wrong", 7.5, true, { wrong: 1 }, [1], null];
    const isWritable = !isTextual || typeof value !== "object";
    const other = others.find((candidate) => !types.some((type) => isOfType(candidate, type)));
    if (other !== undefined && isWritable) list("type", other);
  }
  if (merged.values !== undefined)
    list("enum", ...(types.includes("string") ? ["gatewright-no-such-value"] : types.includes("integer") ? [987_654_321] : []));
  if (typeof value === "number") wrongNumbers(merged, value, list);
  else if (typeof value === "string") wrongTexts(merged, value, list);
  else if (Array.isArray(value)) wrongArrays(merged, value, list, isTextual);
  else if (typeof value === "object" && value !== null) wrongObjects(merged, value as { readonly [name: string]: unknown }, list);
  return found;
}

type Add = (keyword: string, ...wrongs: readonly unknown[]) => void;

function wrongNumbers(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multiples, formats }: Merged,
  value: number,
  list: Add,
): void {
  if (Number.isFinite(minimum)) list("minimum", minimum - 1);
  if (Number.isFinite(maximum)) list("maximum", maximum + 1);
  if (Number.isFinite(exclusiveMinimum)) list("exclusiveMinimum", exclusiveMinimum);
  if (Number.isFinite(exclusiveMaximum)) list("exclusiveMaximum", exclusiveMaximum);
  if (multiples[0] !== undefined) list("multipleOf", value + multiples[0] / 2, value + 1);
  if (formats.includes("int32")) list("format", 3_000_000_000, -3_000_000_000);
}

function wrongTexts({ minLength, maxLength, patterns, formats }: Merged, value: string, list: Add): void {
  const characters = [...value];
  if (minLength > 0) list("minLength", characters.slice(0, minLength - 1).join(""));
  if (maxLength <= 2000)
    list("maxLength", value + (characters.at(-1) ?? "a").repeat(Math.max(1, maxLength - characters.length + 1)));
  const others = [
    "~",
    `${value} `,
    "é ß",
    " ".repeat(characters.length),
    "x".repeat(characters.length),
    "~".repeat(Math.max(1, characters.length)),
    "!",
    "999",
  ];
  if (patterns.length > 0) list("pattern", ...others.filter((other) => !regularExpression(patterns[0]!).test(other)).slice(0, 3));
  if (formats.length > 0) list("format", "no such thing!", "~", "%%".repeat(18));
}

function wrongArrays(
  { minItems, maxItems, uniqueItems }: Merged,
  value: readonly unknown[],
  list: Add,
  isTextual: boolean,
): void {
  if (minItems > (isTextual ? 1 : 0)) list("minItems", value.slice(0, minItems - 1));
  if (maxItems <= 1000 && value.length > 0 && !uniqueItems)
    list(
      "maxItems",
      Array.from({ length: maxItems + 1 }, () => value[0]),
    );
  if (uniqueItems && value.length > 0) list("uniqueItems", [...value, value[0]]);
}

function wrongObjects({ required, additional }: Merged, value: { readonly [name: string]: unknown }, list: Add): void {
  for (const name of required.slice(0, 3)) {
    const { [name]: _, ...rest } = value;
    list("required", rest);
  }
  if (additional === false) {
    list("additionalProperties", { ...value, gatewrightUnknown: "x" });
    list("unevaluatedProperties", { ...value, gatewrightUnknown: "x" });
  }
}

function replaced(root: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root)) return root.map((item, index) => (String(index) === key ? replaced(item, rest, value) : item));
  const object = root as { readonly [name: string]: unknown };
  return { ...object, [key]: replaced(object[key], rest, value) };
}

const pointerOf = (path: readonly string[]): string =>
  path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
