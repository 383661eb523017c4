import type { SpanValue } from "../../telemetry/span.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";
import type { OtlpSource } from "./source.ts";

/** `resource` of any signal, in its field 1. */
export function writeResource({ attributes }: OtlpSource, writer: ProtobufWriter): void {
  const resource = writer.open(1, 2);
  for (const { key, value } of attributes) writeKeyValue(1, key, value, writer);
  writer.close(resource, 2);
}

/** `scope` of any signal, in its field 1. */
export function writeScope({ scope: { name, version } }: OtlpSource, writer: ProtobufWriter): void {
  const scope = writer.open(1, 1);
  writer.text(1, name);
  writer.text(2, version);
  writer.close(scope, 1);
}

/** `KeyValue` with its `AnyValue`. */
export function writeKeyValue(field: number, key: string, value: SpanValue, writer: ProtobufWriter): void {
  if (typeof value === "string" && writer.shortPair(field, key, value)) return;
  const pair = writer.open(field, 1);
  writer.text(1, key);
  const any = writer.open(2, 1);
  writeValue(value, writer);
  writer.close(any, 1);
  writer.close(pair, 1);
}

function writeValue(value: SpanValue, writer: ProtobufWriter): void {
  if (typeof value === "string") writer.text(1, value);
  else if (typeof value === "boolean") writer.bool(2, value);
  else if (typeof value !== "number") {
    const list = writer.open(5, 1);
    for (const text of value) {
      const item = writer.open(1, 1);
      writer.text(1, text);
      writer.close(item, 1);
    }
    writer.close(list, 1);
  } else if (Number.isSafeInteger(value)) writer.int64(3, value);
  else writer.double(4, value);
}
