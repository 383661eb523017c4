import { isLowerHex, isZero } from "./hex.ts";
import { decided, type RemoteContext } from "./remote-context.ts";

/** `b3: {TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, the last two optional, or a sampling state alone. */
export function readB3(text: string): RemoteContext | undefined {
  if (text.length === 1) return decisionOnly(text);
  const [traceId = "", spanId = "", state, parent, more] = text.length > 80 ? [] : text.split("-");
  const decision = state === undefined ? "open" : decisionOf(state);
  if (decision === undefined || more !== undefined) return undefined;
  if (parent !== undefined && (parent.length !== 16 || !isLowerHex(parent, 0, 16))) return undefined;
  return contextOf(traceId, spanId, decision);
}

/** The same in fields of their own; undefined for those that did not come. */
export interface B3Fields {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly sampled: string | undefined;
  readonly flags: string | undefined;
}

export function readB3Fields({ traceId, spanId, sampled, flags }: B3Fields): RemoteContext | undefined {
  // Debug implies that it is sampled.
  const decision = flags === "1" ? "debug" : sampled === undefined ? "open" : sampledOf(sampled);
  if (decision === undefined) return undefined;
  if (traceId === undefined && spanId === undefined) return decision === "open" ? undefined : alone(decision);
  return contextOf(traceId ?? "", spanId ?? "", decision);
}

function contextOf(traceId: string, spanId: string, decision: RemoteContext["decision"]): RemoteContext | undefined {
  const { length } = traceId;
  if ((length !== 16 && length !== 32) || !isLowerHex(traceId, 0, length) || isZero(traceId)) return undefined;
  if (spanId.length !== 16 || !isLowerHex(spanId, 0, 16) || isZero(spanId)) return undefined;
  return { traceId: traceId.padStart(32, "0"), spanId, isShort: length === 16, decision, isRandom: false };
}

const decisionOf = (state: string): RemoteContext["decision"] | undefined =>
  state === "d" ? "debug" : state === "1" || state === "0" ? decided(state === "1") : undefined;

/** Some that were there before the specification wrote `true` and `false`. */
const sampledOf = (text: string): RemoteContext["decision"] | undefined =>
  text === "1" || text === "true" ? "sampled" : text === "0" || text === "false" ? "unsampled" : undefined;

function decisionOnly(text: string): RemoteContext | undefined {
  const decision = decisionOf(text);
  return decision === undefined ? undefined : alone(decision);
}

const alone = (decision: RemoteContext["decision"]): RemoteContext => ({
  traceId: "",
  spanId: "",
  isShort: false,
  decision,
  isRandom: false,
});
