import type { TextPattern } from "./linear-pattern.ts";
import { type Key, shortened, type Validator, type Violation, type Violations } from "./violations.ts";

/**
 * What emitted validators call where a keyword does not hold. Each returns whether the validator shall stop: at once on
 * the hot path (`found === null`), else when the collector is full. `key` and `index` lead from the validator's own
 * value to the one that is wrong. One function a keyword, so that a bundle has the sentences it needs.
 */

export function wrongType(found: Violations | null, type: string, key?: Key, index?: Key): boolean {
  return found === null || found.add("type", `must be ${typeWords(type)}`, key, index);
}

function typeWords(type: string): string {
  const words = type.split(" ").map((name) => (name === "null" ? "null" : `${/^[aio]/.test(name) ? "an" : "a"} ${name}`));
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A `false` schema. */
export function neverAllowed(found: Violations | null, key?: Key, index?: Key): boolean {
  return found === null || found.add("false schema", "must not be there", key, index);
}

/** In a request (OpenAPI 3.0.3 §4.7.24.1; JSON Schema 2020-12 §9.4). */
export function isReadOnly(found: Violations | null, key?: Key, index?: Key): boolean {
  return found === null || found.add("readOnly", "must not be sent, as it is read-only", key, index);
}

/** In an answer. */
export function isWriteOnly(found: Violations | null, key?: Key, index?: Key): boolean {
  return found === null || found.add("writeOnly", "must not be there, as it is write-only", key, index);
}

export function notOneOf(found: Violations | null, values: Iterable<unknown>, key?: Key, index?: Key): boolean {
  if (found === null) return true;
  // A bigint stands beside the double of the same digits.
  const list = [...values].filter((value) => typeof value !== "bigint").map((value) => JSON.stringify(value));
  if (list.length === 1) return found.add("enum", `must be ${list[0]}`, key, index);
  const shown = list.length > 20 ? [...list.slice(0, 20), `and ${list.length - 20} more`] : list;
  return found.add("enum", `must be one of ${shown.join(", ")}`, key, index);
}

export function notConstant(found: Violations | null, value: unknown, key?: Key, index?: Key): boolean {
  return found === null || found.add("const", `must be ${JSON.stringify(value)}`, key, index);
}

export function tooSmall(found: Violations | null, limit: number | bigint, key?: Key, index?: Key): boolean {
  return found === null || found.add("minimum", `must be at least ${limit}`, key, index);
}

export function tooLarge(found: Violations | null, limit: number | bigint, key?: Key, index?: Key): boolean {
  return found === null || found.add("maximum", `must be at most ${limit}`, key, index);
}

export function notAbove(found: Violations | null, limit: number | bigint, key?: Key, index?: Key): boolean {
  return found === null || found.add("exclusiveMinimum", `must be more than ${limit}`, key, index);
}

export function notBelow(found: Violations | null, limit: number | bigint, key?: Key, index?: Key): boolean {
  return found === null || found.add("exclusiveMaximum", `must be less than ${limit}`, key, index);
}

export function notMultiple(found: Violations | null, of: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("multipleOf", `must be a multiple of ${of}`, key, index);
}

export function tooShort(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  if (found === null) return true;
  return found.add("minLength", limit === 1 ? "must not be empty" : `must have at least ${limit} characters`, key, index);
}

export function tooLong(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("maxLength", `must have at most ${counted(limit, "character")}`, key, index);
}

export function noMatch(found: Violations | null, pattern: TextPattern, key?: Key, index?: Key): boolean {
  return found === null || found.add("pattern", `must match the pattern ${pattern.source}`, key, index);
}

/** For patterns that are tried on short text only, as they may take for ever on long. */
export function tooLongToMatch(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return (
    found === null ||
    found.add("pattern", `must have at most ${counted(limit, "character")} to be held against its pattern`, key, index)
  );
}

export function wrongFormat(found: Violations | null, format: string, key?: Key, index?: Key): boolean {
  return found === null || found.add("format", `must be of the format ${format}`, key, index);
}

/** Of a format that ends with an offset; `isWithOffset`: what was sent would be of it with one. */
export function wrongTime(found: Violations | null, format: string, isWithOffset: boolean, key?: Key, index?: Key): boolean {
  if (found === null) return true;
  const missing = isWithOffset ? ": the offset (`Z` or `+01:00`) is missing" : "";
  return found.add("format", `must be of the format ${format}${missing}`, key, index);
}

export function tooFewItems(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("minItems", `must have at least ${counted(limit, "item")}`, key, index);
}

export function tooManyItems(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("maxItems", `must have at most ${counted(limit, "item")}`, key, index);
}

export function repeatedItems(found: Violations | null, key?: Key, index?: Key): boolean {
  return found === null || found.add("uniqueItems", "must not have equal items", key, index);
}

export function tooFewOfKind(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("contains", `must have at least ${counted(limit, "item")} of the required kind`, key, index);
}

export function tooManyOfKind(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return (
    found === null || found.add("maxContains", `must have at most ${counted(limit, "item")} of the counted kind`, key, index)
  );
}

/** `name` is the property that is missing from the object at `key`. */
export function missing(found: Violations | null, name: string, key?: Key, index?: Key): boolean {
  return found === null || found.add("required", `must have the property ${JSON.stringify(name)}`, key, index);
}

export function missingDependent(found: Violations | null, name: string, other: string, key?: Key, index?: Key): boolean {
  if (found === null) return true;
  return found.add(
    "dependentRequired",
    `must have the property ${JSON.stringify(other)}, as it has ${JSON.stringify(name)}`,
    key,
    index,
  );
}

export function tooFewProperties(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return (
    found === null || found.add("minProperties", `must have at least ${counted(limit, "property", "properties")}`, key, index)
  );
}

export function tooManyProperties(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return (
    found === null || found.add("maxProperties", `must have at most ${counted(limit, "property", "properties")}`, key, index)
  );
}

/** A property that the schema does not know; `name` comes from the client. */
export function unknownProperty(found: Violations | null, name: string, key?: Key, index?: Key): boolean {
  return (
    found === null ||
    found.add("additionalProperties", `must not have the property ${JSON.stringify(shortened(name))}`, key, index)
  );
}

export function unevaluatedProperty(found: Violations | null, name: string, key?: Key, index?: Key): boolean {
  return (
    found === null ||
    found.add("unevaluatedProperties", `must not have the property ${JSON.stringify(shortened(name))}`, key, index)
  );
}

export function wrongName(found: Violations | null, name: string, key?: Key, index?: Key): boolean {
  return (
    found === null ||
    found.add("propertyNames", `must not have a property with the name ${JSON.stringify(shortened(name))}`, key, index)
  );
}

export function unevaluatedItem(found: Violations | null, limit: number, key?: Key, index?: Key): boolean {
  return found === null || found.add("unevaluatedItems", `must not have an item at position ${limit}`, key, index);
}

export function forbidden(found: Violations | null, key?: Key, index?: Key): boolean {
  return found === null || found.add("not", "must not be of the forbidden kind", key, index);
}

/** A discriminator's property has a value that no schema stands for, or is missing. */
export function unknownKind(
  found: Violations | null,
  property: string,
  values: readonly string[],
  key?: Key,
  index?: Key,
): boolean {
  if (found === null) return true;
  const shown = values.length > 20 ? [...values.slice(0, 20), `and ${values.length - 20} more`] : values;
  return found.add(
    "discriminator",
    `must have a property ${JSON.stringify(property)} that is one of ${shown.join(", ")}`,
    key,
    index,
  );
}

/** More than one alternative of a `oneOf` holds; `kinds`: what the spec calls those, and false for others; none: it is not known which. */
export function severalKinds(found: Violations, kinds: readonly (string | false)[], key?: Key, index?: Key): boolean {
  const fitting = kinds.filter((kind) => kind !== false);
  const named = fitting.length > 1 ? `${fitting.slice(0, -1).join(", ")} and ${fitting.at(-1)}` : "several";
  return found.add("oneOf", `must be of exactly one of the possible kinds, and is of ${named}`, key, index);
}

/** Collects what is wrong inside of a part of the value, which is known not to be valid. */
export function invalid(found: Violations | null, validator: Validator, value: unknown, key?: Key, index?: Key): boolean {
  return found === null || found.inside(validator, value, key, index);
}

/** Which keyword lists the alternatives. */
export type AlternativesKeyword = "anyOf" | "oneOf";

/** No alternative holds. `false`: one that only asks for a type, which the value is not of. */
export function noneOf(
  found: Violations | null,
  keyword: AlternativesKeyword,
  alternatives: readonly (Validator | false)[],
  value: unknown,
  key?: Key,
  index?: Key,
): boolean {
  if (found === null) return true;
  const attempts: Violations[] = [];
  for (const alternative of alternatives) {
    if (alternative === false) continue;
    const attempt = found.attempt();
    attempt.inside(alternative, value, key, index);
    attempts.push(attempt);
  }
  return nearest(found, keyword, attempts, alternatives.length === 1, key, index);
}

/**
 * Tells what is wrong with the alternative that was most likely meant; `isOnly`: there is just one that could be. Where the value is outright of another type than
 * all others, that alone; otherwise that none holds, and what is wrong with the one that fits best.
 */
export function nearest(
  found: Violations,
  keyword: AlternativesKeyword,
  attempts: readonly Violations[],
  isOnly: boolean,
  key?: Key,
  index?: Key,
): boolean {
  const own = found.at(key, index);
  const near = isOnly
    ? attempts
    : attempts.filter(({ list }) => !list.some(({ pointer, keyword: broken }) => pointer === own && outright.includes(broken)));
  if (near.length === 1) return found.take(near[0]!);
  const isFull = found.add(keyword, "must be of one of the possible kinds", key, index);
  const best = isFull ? undefined : bestOf(near, own);
  return best === undefined ? isFull : found.take(best);
}

/** The attempt that is least wrong; undefined where several are. */
function bestOf(attempts: readonly Violations[], own: string): Violations | undefined {
  let best: Violations | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const attempt of attempts) {
    const wrong = attempt.list.reduce((sum, violation) => sum + weightOf(violation, own), 0);
    if (wrong === least) best = undefined;
    if (wrong >= least) continue;
    least = wrong;
    best = attempt;
  }
  return best;
}

/** A property of another constant, or the lack of one, tells more of a kind than a value that is not valid. */
function weightOf({ pointer, keyword }: Violation, own: string): number {
  const isOwn = pointer === own;
  if (isOwn && (keyword === "required" || keyword.endsWith("Properties"))) return 3;
  return (keyword === "const" || keyword === "enum") && pointer.lastIndexOf("/") === own.length ? 4 : 1;
}

const outright = ["type", "const", "enum"];

const counted = (number: number, noun: string, plural = `${noun}s`): string => `${number} ${number === 1 ? noun : plural}`;

/** Which property `missing`, `unknownProperty` or `unevaluatedProperty` told of, as they write it; undefined for others. */
export function propertyOf({ keyword, message }: Pick<Violation, "keyword" | "message">): string | undefined {
  if (!["required", "additionalProperties", "unevaluatedProperties"].includes(keyword)) return undefined;
  const [, quoted] = /^must (?:not )?have the property (".*")$/s.exec(message) ?? [];
  return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
}
