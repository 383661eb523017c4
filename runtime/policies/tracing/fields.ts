import { type HeaderList, lineKind, placeSize } from "../../fields/header-list.ts";

/** Fields by which traces are told, as bits. */
export const traceField = {
  traceparent: 1,
  tracestate: 2,
  b3: 4,
  b3TraceId: 8,
  b3SpanId: 16,
  b3ParentSpanId: 32,
  b3Sampled: 64,
  b3Flags: 128,
  uberTraceId: 256,
  baggage: 512,
} as const;

/**
 * Which of the fields a request has; each of their lines is marked as one of its connection, so that none goes on to the
 * service as the client wrote it. Whoever looks for them finds them as before.
 */
export function withholdTraceFields(headers: HeaderList): number {
  const { text, places } = headers;
  let found = 0;
  for (let at = 0; at < places.length; at += placeSize) {
    const start = places[at]!;
    // Most names are told apart by their length or their first character.
    const bit = fieldOf(text, start, places[at + 1]! - start);
    if (bit === 0 || places[at + 4]! >= lineKind.deleted) continue;
    // Only now: what is as it came is sent on as one text, and without a copy of where its lines are.
    headers.ownPlaces()[at + 4] = lineKind.connection;
    found |= bit;
  }
  return found;
}

function fieldOf(text: string, start: number, length: number): number {
  const first = text.charCodeAt(start) | 0x20;
  switch (length) {
    case 2:
      return first === 0x62 ? ifNamed(text, start, "b3", traceField.b3) : 0;
    case 7:
      return first === 0x62 ? ifNamed(text, start, "baggage", traceField.baggage) : 0;
    case 10:
      if (first === 0x74) return ifNamed(text, start, "tracestate", traceField.tracestate);
      return first === 0x78 ? ifNamed(text, start, "x-b3-flags", traceField.b3Flags) : 0;
    case 11:
      if (first === 0x74) return ifNamed(text, start, "traceparent", traceField.traceparent);
      return first === 0x78 ? ifNamed(text, start, "x-b3-spanid", traceField.b3SpanId) : 0;
    case 12:
      if (first !== 0x78) return 0;
      return (
        ifNamed(text, start, "x-b3-traceid", traceField.b3TraceId) || ifNamed(text, start, "x-b3-sampled", traceField.b3Sampled)
      );
    case 13:
      return first === 0x75 ? ifNamed(text, start, "uber-trace-id", traceField.uberTraceId) : 0;
    case 17:
      return first === 0x78 ? ifNamed(text, start, "x-b3-parentspanid", traceField.b3ParentSpanId) : 0;
    default:
      return 0;
  }
}

/** In any case, and in the spellings that services which know fields as variables take for the same (RFC 3875 §4.1.18). */
function ifNamed(text: string, start: number, lower: string, bit: number): number {
  for (let index = 1; index < lower.length; index++) {
    const code = text.charCodeAt(start + index);
    const wanted = lower.charCodeAt(index);
    if (code === wanted || (code >= 0x41 && code <= 0x5a && (code | 0x20) === wanted)) continue;
    if (wanted !== 0x2d || isAlphanumeric(code)) return 0;
  }
  return bit;
}

const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
