import type { JsonKind, Violation } from "./violations.ts";

/** Keywords that a value of another kind would satisfy. */
const aboutKinds = ["type", "enum", "const"];

/** The violations with the kind of what is there, where that is what is wrong. */
export const withKinds = (violations: readonly Violation[], value: unknown): readonly Violation[] =>
  violations.map((violation) => {
    if (!aboutKinds.includes(violation.keyword)) return violation;
    const found = kindOf(partAt(value, violation.pointer));
    return found === undefined ? violation : { ...violation, found };
  });

/** What clients are told. */
export const withoutKinds = (violations: readonly Violation[]): readonly Violation[] =>
  violations.map(({ found: _, ...told }) => told);

function partAt(value: unknown, pointer: string): unknown {
  let part = value;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    // A name that was cut leads nowhere.
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as { readonly [key: string]: unknown })[key];
  }
  return part;
}

function kindOf(value: unknown): JsonKind | undefined {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
    case "string":
    case "number":
    case "object":
      return typeof value as JsonKind;
    case "bigint":
      return "number";
    default:
      return undefined;
  }
}
