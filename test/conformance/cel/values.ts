import { type Type, Type_PrimitiveType, Type_WellKnownType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import type { Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyUnpack, DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { ValueType } from "../../../compiler/expressions/index.ts";
import { type CelType, celTypes } from "../../../compiler/expressions/index.ts";
import { Duration, durationOf } from "../../../runtime/expressions/duration.ts";
import { Timestamp, timestampOf } from "../../../runtime/expressions/timestamp.ts";
import { TypeName, Uint } from "../../../runtime/expressions/value.ts";

/** A value of the suite that has no counterpart here. */
export class Unsupported extends Error {}

const { int, uint, double, bool, string, bytes, nullType, timestamp, duration, typeType, dyn, listOf, mapOf } = celTypes;

/** A declared type of the suite as a type of the checker. */
export function celType(type: Type | undefined): CelType {
  const kind = type?.typeKind;
  if (kind === undefined || kind.case === "dyn") return dyn;
  if (kind.case === "null") return nullType;
  if (kind.case === "primitive") {
    const found = {
      [Type_PrimitiveType.BOOL]: bool,
      [Type_PrimitiveType.INT64]: int,
      [Type_PrimitiveType.UINT64]: uint,
      [Type_PrimitiveType.DOUBLE]: double,
      [Type_PrimitiveType.STRING]: string,
      [Type_PrimitiveType.BYTES]: bytes,
    }[kind.value as number];
    if (found !== undefined) return found;
  }
  if (kind.case === "wellKnown")
    return kind.value === Type_WellKnownType.TIMESTAMP ? timestamp : kind.value === Type_WellKnownType.DURATION ? duration : dyn;
  if (kind.case === "listType") return listOf(celType(kind.value.elemType));
  if (kind.case === "mapType") return mapOf(celType(kind.value.keyType), celType(kind.value.valueType));
  if (kind.case === "type") return typeType;
  if (kind.case === "messageType" && kind.value === "google.protobuf.Timestamp") return timestamp;
  if (kind.case === "messageType" && kind.value === "google.protobuf.Duration") return duration;
  throw new Unsupported(`type ${kind.case ?? ""}`);
}

/** A value of the suite in the form that carries its type. */
export function boxedValue(value: Value): unknown {
  const { kind } = value;
  if (kind.case === "uint64Value") return new Uint(kind.value);
  if (kind.case === "nullValue") return null;
  if (kind.case === "listValue") return kind.value.values.map(boxedValue);
  if (kind.case === "mapValue")
    return new Map(kind.value.entries.map(({ key, value: entry }) => [boxedValue(key!), boxedValue(entry!)]));
  if (kind.case === "typeValue") return new TypeName(kind.value);
  if (kind.case === "objectValue") return object(kind.value);
  if (kind.case === undefined || kind.case === "enumValue") throw new Unsupported(`value ${kind.case ?? "without kind"}`);
  return kind.value;
}

function object(any: Any): unknown {
  const time = anyUnpack(any, TimestampSchema);
  if (time !== undefined) return timestampOf(Number(time.seconds), time.nanos);
  const span = anyUnpack(any, DurationSchema);
  if (span !== undefined) return durationOf(Number(span.seconds), span.nanos);
  throw new Unsupported(`message ${any.typeUrl}`);
}

/** A value of a static type in the form that carries its type. */
export function box(value: unknown, type: ValueType): unknown {
  if (type.kind === "int") return BigInt(value as number | bigint);
  if (type.kind === "uint") return new Uint(BigInt(value as number | bigint));
  if (type.kind === "list") return (value as unknown[]).map((item) => box(item, type.element));
  if (type.kind === "union" && typeof value === "number") {
    const numeric = type.members.find((member) => ["int", "uint", "double"].includes(member.kind));
    return numeric === undefined ? value : box(value, numeric);
  }
  // JSON from outside stays what it is as long as nobody reads it.
  if (type.kind === "map" && value instanceof Map)
    return new Map([...(value as Map<unknown, unknown>)].map(([key, entry]) => [box(key, type.key), box(entry, type.value)]));
  return value;
}

/** The same value in the plain form of a static type. */
export function unbox(value: unknown, type: CelType): unknown {
  if (type.kind === "int" || type.kind === "uint") {
    const whole = value instanceof Uint ? value.value : (value as bigint);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  if (type.kind === "list") return (value as unknown[]).map((item) => unbox(item, type.element));
  if (type.kind === "map")
    return new Map([...(value as Map<unknown, unknown>)].map(([key, entry]) => [unbox(key, type.key), unbox(entry, type.value)]));
  return value;
}

/** A text that is equal for values of the same type and value only; maps in any order. */
export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return Object.is(value, -0) ? "double -0" : `double ${value}`;
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `bytes ${[...value].join(" ")}`;
  if (value instanceof TypeName) return `type ${value.name}`;
  if (value instanceof Timestamp) return `timestamp ${value.seconds} ${value.nanos}`;
  if (value instanceof Duration) return `duration ${value.seconds} ${value.nanos}`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, entry]) => `${show(key)}: ${show(entry)}`)
      .sort()
      .join(", ")}}`;
  return JSON.stringify(value);
}
