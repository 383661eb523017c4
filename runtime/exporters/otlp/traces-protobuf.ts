import type { Span, SpanAttributes, SpanValue } from "../../telemetry/span.ts";
import type { Encode } from "./config.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { writeKeyValue, writeResource, writeScope } from "./source-protobuf.ts";

/** `ExportTraceServiceRequest` of opentelemetry-proto 1.x; numbers of fields as in its files. */
export function tracesProtobuf(source: OtlpSource): Encode<Span> {
  const writer = new ProtobufWriter();
  return (spans) => {
    // resource_spans
    const resourceSpans = writer.open(1, 2);
    writeResource(source, writer);
    // scope_spans
    const scopeSpans = writer.open(2, 2);
    writeScope(source, writer);
    for (const span of spans) writeSpan(span, writer);
    writer.text(3, schemaUrl);
    writer.close(scopeSpans, 2);
    writer.text(3, schemaUrl);
    writer.close(resourceSpans, 2);
    return writer.finish();
  };
}

function writeSpan(span: Span, writer: ProtobufWriter): void {
  const start = writer.open(2, 2);
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (span.traceState !== "") writer.text(3, span.traceState);
  writer.hex(4, span.parentSpanId);
  writer.text(5, span.name);
  writer.uint(6, span.kind);
  writer.nanoseconds(7, span.start);
  writer.nanoseconds(8, span.end);
  writeAttributes(9, span.attributes, writer);
  for (const { name, time, attributes } of span.events) {
    const event = writer.open(11, 1);
    writer.nanoseconds(1, time);
    writer.text(2, name);
    writeAttributes(3, attributes, writer);
    writer.close(event, 1);
  }
  for (const { traceId, spanId, traceState, attributes } of span.links) {
    const link = writer.open(13, 1);
    writer.hex(1, traceId);
    writer.hex(2, spanId);
    if (traceState !== "") writer.text(3, traceState);
    writeAttributes(4, attributes, writer);
    writer.close(link, 1);
  }
  if (span.status !== 0 || span.statusMessage !== "") {
    const status = writer.open(15, 1);
    if (span.statusMessage !== "") writer.text(2, span.statusMessage);
    if (span.status !== 0) writer.uint(3, span.status);
    writer.close(status, 1);
  }
  if (span.flags !== 0) writer.fixed32Above15(16, span.flags);
  writer.close(start, 2);
}

function writeAttributes(field: number, attributes: SpanAttributes, writer: ProtobufWriter): void {
  // Key, value, key, value: each key is a text.
  for (let index = 0; index + 1 < attributes.length; index += 2)
    writeKeyValue(field, attributes[index] as string, attributes[index + 1] as SpanValue, writer);
}
