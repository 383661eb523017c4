import type { RouteMatch } from "../ir/route.ts";

/** What a header, query parameter or media type parameter may be: missing, and which of its values. */
export interface FieldSet {
  readonly absent: boolean;
  readonly value: { readonly only: string } | "any" | "none";
}

/** By `header name`, `query name` or `accept name`; fields that are not named may be anything. */
export type Conditions = ReadonlyMap<string, FieldSet>;

/** The conditions of a route beside method, host and path; undefined where no request meets all of them. */
export function conditionsOf(match: RouteMatch): Conditions | undefined {
  const conditions = new Map<string, FieldSet>();
  const add = (key: string, set: FieldSet): boolean => {
    const both = meet(conditions.get(key) ?? anything, set);
    conditions.set(key, both);
    return both.absent || both.value !== "none";
  };
  const required = (value: string | undefined): FieldSet => ({
    absent: false,
    value: value === undefined ? "any" : { only: value },
  });
  let isPossible = true;
  for (const field of match.headers) isPossible = add(`header ${field.name.toLowerCase()}`, required(field.value)) && isPossible;
  for (const field of match.query) isPossible = add(`query ${field.name}`, required(field.value)) && isPossible;
  if (match.version !== undefined) {
    const { by, name, value, isDefault } = match.version;
    const key = by === "query" ? `query ${name}` : `${by === "header" ? "header" : "accept"} ${name.toLowerCase()}`;
    isPossible = add(key, { absent: isDefault, value: { only: value } }) && isPossible;
  }
  return isPossible ? conditions : undefined;
}

/** Conditions of requests that meet both; undefined where there are none. */
export function bothConditions(a: Conditions, b: Conditions): Conditions | undefined {
  const both = new Map(a);
  for (const [key, set] of b) {
    const met = meet(both.get(key) ?? anything, set);
    if (!met.absent && met.value === "none") return undefined;
    both.set(key, met);
  }
  return both;
}

/** Whether every request that meets `b` meets `a`. */
export function includesConditions(a: Conditions, b: Conditions): boolean {
  for (const [key, set] of a) {
    const other = b.get(key) ?? anything;
    const met = meet(set, other);
    if (met.absent !== other.absent || !isSameValue(met.value, other.value)) return false;
  }
  return true;
}

const anything: FieldSet = { absent: true, value: "any" };

function meet(a: FieldSet, b: FieldSet): FieldSet {
  const value = a.value === "any" ? b.value : b.value === "any" || isSameValue(a.value, b.value) ? a.value : "none";
  return { absent: a.absent && b.absent, value };
}

const isSameValue = (a: FieldSet["value"], b: FieldSet["value"]): boolean =>
  typeof a === "object" && typeof b === "object" ? a.only === b.only : a === b;
