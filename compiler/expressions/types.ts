import type { Constant } from "../ir/schema.ts";
/** Type of a value as the checker sees it: plain data. */
export type CelType =
  | { readonly kind: ScalarKind }
  /** A value of the `type` type: what `type(1)` gives. */
  | { readonly kind: "type" }
  /** Known at run time only. Numbers of JSON are doubles there, as in CEL's mapping of JSON. */
  | { readonly kind: "dyn" }
  /** `values`, of lists and maps: all that their elements may be, where the schema lists them. */
  | { readonly kind: "list"; readonly element: CelType; readonly values?: readonly Constant[] }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType; readonly values?: readonly Constant[] }
  | ObjectType
  /** One of several; values as JSON gives them. */
  | { readonly kind: "union"; readonly members: readonly CelType[] }
  /** A schema that is looked up when needed, so that recursive schemas are finite. */
  | { readonly kind: "reference"; readonly name: string };

export type ScalarKind = "int" | "uint" | "double" | "bool" | "string" | "bytes" | "null" | "timestamp" | "duration";

/** A JSON object with known fields. */
export interface ObjectType {
  readonly kind: "object";
  readonly fields: { readonly [name: string]: FieldType };
  /** Type of fields that are not listed; undefined where there are none. */
  readonly rest: CelType | undefined;
  /** For messages: `the body of createOrder`. */
  readonly title?: string;
}

export interface FieldType {
  readonly type: CelType;
  readonly required: boolean;
  /** All that the schema lets it be; undefined where it lists none. */
  readonly values?: readonly Constant[];
}

const scalar = <Kind extends ScalarKind | "type" | "dyn">(kind: Kind): { readonly kind: Kind } => ({ kind });

export const int = scalar("int");
export const uint = scalar("uint");
export const double = scalar("double");
export const bool = scalar("bool");
export const string = scalar("string");
export const bytes = scalar("bytes");
export const nullType = scalar("null");
export const timestamp = scalar("timestamp");
export const duration = scalar("duration");
export const typeType = scalar("type");
export const dyn = scalar("dyn");
export const listOf = (element: CelType): CelType => ({ kind: "list", element });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: "map", key, value });

/** A union without duplicates and nested unions; `dyn` swallows the others. */
export function unionOf(members: readonly CelType[]): CelType {
  const flat = members.flatMap((member) => (member.kind === "union" ? member.members : [member]));
  if (flat.some(({ kind }) => kind === "dyn")) return dyn;
  const distinct: CelType[] = [];
  for (const member of flat) {
    const index = distinct.findIndex((other) => sameType(other, member));
    if (index < 0) distinct.push(member);
    else distinct[index] = withValuesOf(distinct[index]!, member);
  }
  return distinct.length === 1 ? distinct[0]! : { kind: "union", members: distinct };
}

/** Of two types that are the same, with what the elements of either may be. */
function withValuesOf(a: CelType, b: CelType): CelType {
  if ((a.kind !== "list" && a.kind !== "map") || a.values === undefined) return a;
  const others = b.kind === "list" || b.kind === "map" ? b.values : undefined;
  const { values, ...rest } = a;
  return others === undefined ? rest : { ...rest, values: [...values, ...others] };
}

const same: { readonly [Kind in CelType["kind"]]: (a: CelType & { kind: Kind }, b: CelType & { kind: Kind }) => boolean } = {
  int: always,
  uint: always,
  double: always,
  bool: always,
  string: always,
  bytes: always,
  null: always,
  timestamp: always,
  duration: always,
  type: always,
  dyn: always,
  list: (a, b) => sameType(a.element, b.element),
  map: (a, b) => sameType(a.key, b.key) && sameType(a.value, b.value),
  object: (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b),
  union: (a, b) =>
    a.members.length === b.members.length && a.members.every((member, index) => sameType(member, b.members[index]!)),
  reference: (a, b) => a.name === b.name,
};

function always(): boolean {
  return true;
}

export function sameType(a: CelType, b: CelType): boolean {
  // The kinds are equal, so the entry takes both; TypeScript cannot see that through the index.
  return a.kind === b.kind && (same[a.kind] as (a: CelType, b: CelType) => boolean)(a, b);
}

const words: { readonly [Kind in CelType["kind"]]: (type: CelType & { kind: Kind }) => string } = {
  int: () => "int",
  uint: () => "uint",
  double: () => "double",
  bool: () => "bool",
  string: () => "string",
  bytes: () => "bytes",
  null: () => "null",
  timestamp: () => "timestamp",
  duration: () => "duration",
  type: () => "type",
  dyn: () => "dyn",
  list: ({ element }) => `list(${formatType(element)})`,
  map: ({ key, value }) => `map(${formatType(key)}, ${formatType(value)})`,
  object: ({ title }) => title ?? "object",
  union: ({ members }) => (members.length === 0 ? "dyn" : members.map(formatType).join(" or ")),
  reference: ({ name }) => name.slice(name.lastIndexOf("/") + 1),
};

/** The type as messages name it: `list(string)`. */
export const formatType = (type: CelType): string => (words[type.kind] as (type: CelType) => string)(type);

export const isNumeric = (type: CelType): boolean => type.kind === "int" || type.kind === "uint" || type.kind === "double";
