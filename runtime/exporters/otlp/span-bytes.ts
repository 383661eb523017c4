import type { Span, SpanAttributes } from "../../telemetry/span.ts";

/** Of the object, its ids and what holds its attributes. */
const bytesOfSpan = 480;
const bytesOfValue = 24;

/** How much memory a span takes, roughly and not too little: texts of clients are the only long ones. */
export function spanBytes(span: Span): number {
  const { name, traceState, statusMessage, events, links } = span;
  let bytes = bytesOfSpan + name.length + traceState.length + statusMessage.length + attributeBytes(span.attributes);
  for (const event of events) bytes += bytesOfSpan + event.name.length + attributeBytes(event.attributes);
  for (const link of links) bytes += bytesOfSpan + link.traceState.length + attributeBytes(link.attributes);
  return bytes;
}

function attributeBytes(attributes: SpanAttributes): number {
  let bytes = attributes.length * bytesOfValue;
  // Keys are constants of the gateway.
  for (let index = 1; index < attributes.length; index += 2) {
    const value = attributes[index]!;
    if (typeof value === "string") bytes += value.length;
    else if (typeof value === "object") for (const text of value) bytes += bytesOfValue + text.length;
  }
  return bytes;
}
