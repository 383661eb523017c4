import type { HeaderList } from "../../fields/header-list.ts";
import { traceField } from "./fields.ts";
import { readB3, readB3Fields } from "./propagation/b3.ts";
import type { RemoteContext } from "./propagation/remote-context.ts";
import { readTraceparent } from "./propagation/traceparent.ts";
import { combineTracestate } from "./propagation/tracestate.ts";
import { readUberTraceId } from "./propagation/uber-trace-id.ts";

/** Ways to tell a service of a trace. `b3` is read in its single field and in its many; the single one counts first. */
export type TraceFormat = "traceparent" | "b3" | "b3-multi" | "uber-trace-id";

/** What came of the trace, and the `tracestate` that belongs to it. */
export interface Incoming {
  readonly context: RemoteContext;
  readonly traceState: string;
}

/** What the first of the formats says that is there and valid. `found`: bits of `traceField`. */
export function readIncoming(headers: HeaderList, found: number, formats: readonly TraceFormat[]): Incoming | undefined {
  for (const format of formats) {
    const context = readers[format](headers, found);
    if (context === undefined) continue;
    // Without a `traceparent` it says nothing (W3C Trace Context §4.3).
    const hasState = format === "traceparent" && (found & traceField.tracestate) !== 0;
    return { context, traceState: hasState ? combineTracestate(headers.all("tracestate")) : "" };
  }
  return undefined;
}

type Reader = (headers: HeaderList, found: number) => RemoteContext | undefined;

const readTraceparentField: Reader = (headers, found) =>
  once(headers, found, traceField.traceparent, "traceparent", readTraceparent);

const readB3Field: Reader = (headers, found) => once(headers, found, traceField.b3, "b3", readB3) ?? readB3Many(headers, found);

const readUberField: Reader = (headers, found) => once(headers, found, traceField.uberTraceId, "uber-trace-id", readUberTraceId);

const readers: Readonly<Record<TraceFormat, Reader>> = {
  traceparent: readTraceparentField,
  b3: readB3Field,
  "b3-multi": readB3Many,
  "uber-trace-id": readUberField,
};

function readB3Many(headers: HeaderList, found: number): RemoteContext | undefined {
  const { b3TraceId, b3SpanId, b3Sampled, b3Flags } = traceField;
  if ((found & (b3TraceId | b3SpanId | b3Sampled | b3Flags)) === 0) return undefined;
  const value = (name: string): string | undefined => headers.single(name) ?? undefined;
  return readB3Fields({
    traceId: value("x-b3-traceid"),
    spanId: value("x-b3-spanid"),
    sampled: value("x-b3-sampled"),
    flags: value("x-b3-flags"),
  });
}

/** Of a field that comes twice nobody knows which one is meant. */
function once(
  headers: HeaderList,
  found: number,
  bit: number,
  name: string,
  read: (text: string) => RemoteContext | undefined,
): RemoteContext | undefined {
  if ((found & bit) === 0) return undefined;
  const text = headers.single(name);
  return typeof text === "string" ? read(text) : undefined;
}
