import type { SpanShape, SpanValue } from "../../telemetry/span.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { writeKeyValue } from "./source-protobuf.ts";

/** Numbers of fields of `Span`. */
export const spanField = { name: 5, kind: 6, attributes: 9 } as const;

/** With it, the lengths of what is around it are one byte, and leave room for a value. */
const longestKey = 63;

/** What an encoder makes of a shape, once. */
export interface ShapeBytes {
  /** Name, kind and the attributes that all spans of it have. */
  readonly common: Uint8Array;
  readonly keys: readonly KeyBytes[];
}

/** An attribute up to its value, with zeros where lengths are. */
interface KeyBytes {
  readonly key: string;
  /** Of `KeyValue` and of `AnyValue`, the tag of the latter last. */
  readonly length: number;
  /** In words of four bytes, the first one in the lowest: V8 writes a word as quickly as a byte. */
  readonly words: Int32Array;
}

export function shapeBytes({ name, kind, attributes, keys }: SpanShape): ShapeBytes {
  const writer = new ProtobufWriter();
  writer.text(spanField.name, name);
  writer.uint(spanField.kind, kind);
  for (let index = 0; index + 1 < attributes.length; index += 2)
    // Key, value, key, value: each key is a text.
    writeKeyValue(spanField.attributes, attributes[index] as string, attributes[index + 1] as SpanValue, writer);
  return { common: writer.finish(), keys: keys.map(keyBytes) };
}

function keyBytes(key: string): KeyBytes {
  const text = Buffer.from(key);
  const bytes = Buffer.from([(spanField.attributes << 3) | 2, 0, 0x0a, text.length, ...text, 0x12, 0, 0]);
  // One that is longer is written as keys without a shape are.
  const length = text.length <= longestKey ? bytes.length : Number.POSITIVE_INFINITY;
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  for (const [index, byte] of bytes.entries()) words[index >> 2]! |= byte << ((index & 3) * 8);
  return { key, length, words };
}

/** Values of a shape, in the order of its keys; undefined: not this one. */
export function writeValues(keys: readonly KeyBytes[], values: readonly (SpanValue | undefined)[], writer: ProtobufWriter): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value === undefined) continue;
    const key = keys[index]!;
    const isWritten =
      typeof value === "string"
        ? writer.keyAndText(key.words, key.length, value)
        : typeof value === "number" && writer.keyAndNumber(key.words, key.length, value);
    if (!isWritten) writeKeyValue(spanField.attributes, key.key, value, writer);
  }
}
