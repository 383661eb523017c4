import { isLowerHex, isZero } from "./hex.ts";
import { decided, type RemoteContext } from "./remote-context.ts";

/** Longer ones are none: two ids of 16 digits, one of 32, flags, and colons that may be escaped. */
const longest = 80;

/**
 * `uber-trace-id: {trace-id}:{span-id}:{parent-span-id}:{flags}` of Jaeger's clients. Colons may be escaped as in URLs, and ids
 * may come without their leading zeros.
 */
export function readUberTraceId(text: string): RemoteContext | undefined {
  if (text.length > longest) return undefined;
  const [traceId, spanId, parent, flags, more] = text.replaceAll(/%3a/gi, ":").toLowerCase().split(":");
  if (traceId === undefined || spanId === undefined || parent === undefined || flags === undefined || more !== undefined)
    return undefined;
  if (!isId(traceId, 32) || isZero(traceId) || !isId(spanId, 16) || isZero(spanId)) return undefined;
  // Nobody goes by the parent any more; some leave it out.
  if ((parent !== "" && !isId(parent, 16)) || !isId(flags, 2)) return undefined;
  const bits = Number.parseInt(flags, 16);
  return {
    traceId: traceId.padStart(32, "0"),
    spanId: spanId.padStart(16, "0"),
    isShort: traceId.length <= 16,
    // Debug counts only together with sampled.
    decision: (bits & 3) === 3 ? "debug" : decided((bits & 1) !== 0),
    isRandom: false,
  };
}

const isId = (text: string, most: number): boolean => text.length >= 1 && text.length <= most && isLowerHex(text, 0, text.length);
