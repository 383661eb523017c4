import { isLowerHex, isZero } from "./hex.ts";
import { decided, type RemoteContext } from "./remote-context.ts";

/** Bits of `trace-flags` that are known (W3C Trace Context level 2 §3.2.2.5); others are not passed on. */
export const traceFlags = { sampled: 1, random: 2 } as const;

/** Characters of version `00`: `00-` trace id `-` parent id `-` flags. */
const length = 55;

/** `traceparent` (W3C Trace Context §3.2); undefined where it is invalid: a new trace is started then. */
export function readTraceparent(text: string): RemoteContext | undefined {
  if (text.length < length || text[2] !== "-" || text[35] !== "-" || text[52] !== "-") return undefined;
  if (!isLowerHex(text, 0, 2) || !isLowerHex(text, 3, 35) || !isLowerHex(text, 36, 52) || !isLowerHex(text, 53, length))
    return undefined;
  const version = text.slice(0, 2);
  if (version === "ff") return undefined;
  // Of a version to come the first four parts are read (§4.3); what follows them is a part of its own.
  if (text.length > length && (version === "00" || text[length] !== "-")) return undefined;
  const traceId = text.slice(3, 35);
  const spanId = text.slice(36, 52);
  if (isZero(traceId) || isZero(spanId)) return undefined;
  const flags = Number.parseInt(text.slice(53, length), 16);
  return {
    traceId,
    spanId,
    isShort: false,
    decision: decided((flags & traceFlags.sampled) !== 0),
    isRandom: (flags & traceFlags.random) !== 0,
  };
}
