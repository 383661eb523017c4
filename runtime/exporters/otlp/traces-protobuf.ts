import type { Span, SpanAttributes, SpanShape, SpanValue } from "../../telemetry/span.ts";
import type { Encoding } from "../encoded-queue.ts";
import { ProtobufWriter, varintSize } from "./protobuf-writer.ts";
import { type ShapeBytes, shapeBytes, spanField, writeValues } from "./shape-bytes.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { writeKeyValue, writeResource, writeScope } from "./source-protobuf.ts";

/** Bytes of a tag and a length, at most. */
const longestHead = 6;

/** `ExportTraceServiceRequest` of opentelemetry-proto 1.x; numbers of fields as in its files. */
export function tracesProtobuf(source: OtlpSource): Encoding<Span, ProtobufWriter> {
  const resource = written((writer) => writeResource(source, writer));
  const scope = written((writer) => writeScope(source, writer));
  const schema = written((writer) => writer.text(3, schemaUrl));
  const bytesOf = shapeEncoder();
  return {
    createBuffer: () => new ProtobufWriter(),
    write: (span, writer) => writeSpan(span, writer, bytesOf),
    front: resource.length + scope.length + 2 * longestHead,
    behind: schema.length * 2,
    // The lengths of what is around spans are known when the last one is.
    frame(bytes, from, to) {
      // scope_spans in resource_spans
      const inner = scope.length + (to - from) + schema.length;
      const outer = resource.length + 1 + varintSize(inner) + inner + schema.length;
      const start = from - scope.length - resource.length - 2 - varintSize(inner) - varintSize(outer);
      let at = headAt(bytes, start, 1, outer);
      bytes.set(resource, at);
      at = headAt(bytes, at + resource.length, 2, inner);
      bytes.set(scope, at);
      bytes.set(schema, to);
      bytes.set(schema, to + schema.length);
      return bytes.subarray(start, to + schema.length * 2);
    },
  };
}

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter();
  write(writer);
  return writer.finish();
}

/** The begin of a message in a field; where it ends. */
function headAt(bytes: Buffer, at: number, field: number, length: number): number {
  let next = at;
  bytes[next++] = (field << 3) | 2;
  let rest = length;
  for (; rest > 127; rest >>>= 7) bytes[next++] = (rest & 127) | 128;
  bytes[next++] = rest;
  return next;
}

/** Makes bytes of each shape once. */
function shapeEncoder(): (shape: SpanShape) => ShapeBytes {
  const known = new WeakMap<SpanShape, ShapeBytes>();
  return (shape) => {
    let bytes = known.get(shape);
    if (bytes === undefined) {
      bytes = shapeBytes(shape);
      known.set(shape, bytes);
    }
    return bytes;
  };
}

function writeSpan(span: Span, writer: ProtobufWriter, bytesOf: (shape: SpanShape) => ShapeBytes): void {
  const { traceState, shape, values, status, statusMessage, events, links } = span;
  const start = writer.open(2, 2);
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (traceState !== "") writer.text(3, traceState);
  writer.hex(4, span.parentSpanId);
  writer.nanoseconds(7, span.start);
  writer.nanoseconds(8, span.end);
  if (shape !== undefined && values !== undefined) {
    const { common, keys } = bytesOf(shape);
    writer.append(common);
    writeValues(keys, values, writer);
  } else {
    writer.text(spanField.name, span.name);
    writer.uint(spanField.kind, span.kind);
  }
  writeAttributes(spanField.attributes, span.attributes, writer);
  if (events.length > 0) writeEvents(span, writer);
  if (links.length > 0) writeLinks(span, writer);
  if (status !== 0 || statusMessage !== "") {
    const at = writer.open(15, 1);
    if (statusMessage !== "") writer.text(2, statusMessage);
    if (status !== 0) writer.uint(3, status);
    writer.close(at, 1);
  }
  if (span.flags !== 0) writer.fixed32Above15(16, span.flags);
  writer.close(start, 2);
}

function writeEvents({ events }: Span, writer: ProtobufWriter): void {
  for (const { name, time, attributes } of events) {
    const event = writer.open(11, 1);
    writer.nanoseconds(1, time);
    writer.text(2, name);
    writeAttributes(3, attributes, writer);
    writer.close(event, 1);
  }
}

function writeLinks({ links }: Span, writer: ProtobufWriter): void {
  for (const { traceId, spanId, traceState, attributes } of links) {
    const link = writer.open(13, 1);
    writer.hex(1, traceId);
    writer.hex(2, spanId);
    if (traceState !== "") writer.text(3, traceState);
    writeAttributes(4, attributes, writer);
    writer.close(link, 1);
  }
}

function writeAttributes(field: number, attributes: SpanAttributes, writer: ProtobufWriter): void {
  // Key, value, key, value: each key is a text.
  for (let index = 0; index + 1 < attributes.length; index += 2)
    writeKeyValue(field, attributes[index] as string, attributes[index + 1] as SpanValue, writer);
}
