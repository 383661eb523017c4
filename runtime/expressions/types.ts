import { Duration } from "./duration.ts";
import { Timestamp } from "./timestamp.ts";
import { type Dyn, TypeName, Uint } from "./value.ts";

/** The type of a value of unknown type. */
export function typeOf(value: Dyn): TypeName {
  return new TypeName(nameOfType(value));
}

export function nameOfType(value: Dyn): string {
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    case "boolean":
      return "bool";
  }
  if (value === null) return "null_type";
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  return value instanceof TypeName ? "type" : "map";
}
