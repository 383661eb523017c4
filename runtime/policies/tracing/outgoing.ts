import type { TraceFormat } from "./incoming.ts";

/** What a service is told of the trace. */
export interface Outgoing {
  readonly traceId: string;
  /** It came with 64 bits. */
  readonly isShort: boolean;
  readonly isRandom: boolean;
  readonly isDebug: boolean;
  /** What the service is told of the decision to sample. */
  readonly saysSampled: boolean;
  readonly traceState: string;
  /** Of the request. */
  readonly serverSpanId: string;
}

/** Field lines in every format, each with a CRLF in front; `spanId` is that of the attempt. */
export function traceLines(trace: Outgoing, spanId: string, formats: readonly TraceFormat[]): string {
  let lines = "";
  for (let index = 0; index < formats.length; index++) lines += linesOf(trace, spanId, formats[index]!);
  return lines;
}

/** The same by lower-case name. */
export function traceFields(trace: Outgoing, spanId: string, formats: readonly TraceFormat[]): Readonly<Record<string, string>> {
  const lines = traceLines(trace, spanId, formats).split("\r\n").slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    }),
  );
}

function linesOf(trace: Outgoing, spanId: string, format: TraceFormat): string {
  const { traceId, saysSampled, isDebug, serverSpanId } = trace;
  if (format === "traceparent") {
    const flags = trace.isRandom ? (saysSampled ? "03" : "02") : saysSampled ? "01" : "00";
    const parent = `\r\ntraceparent: 00-${traceId}-${spanId}-${flags}`;
    return trace.traceState === "" ? parent : `${parent}\r\ntracestate: ${trace.traceState}`;
  }
  const id = trace.isShort ? traceId.slice(16) : traceId;
  if (format === "b3") return `\r\nb3: ${id}-${spanId}-${isDebug ? "d" : saysSampled ? "1" : "0"}-${serverSpanId}`;
  // The parent is not told any more, for which Jaeger's clients write 0.
  if (format === "uber-trace-id") return `\r\nuber-trace-id: ${id}:${spanId}:0:${isDebug ? "3" : saysSampled ? "1" : "0"}`;
  const decision = isDebug ? "Flags: 1" : `Sampled: ${saysSampled ? "1" : "0"}`;
  return `\r\nX-B3-TraceId: ${id}\r\nX-B3-SpanId: ${spanId}\r\nX-B3-ParentSpanId: ${serverSpanId}\r\nX-B3-${decision}`;
}
