import type { Exchange } from "../../exchange/exchange.ts";
import { jsonText } from "../../log/json-text.ts";
import { milliseconds } from "./figures.ts";

/**
 * Milliseconds in which a request was had, up to `now`. What goes on after its head by its nature (another protocol, a stream
 * of events) says nothing of how fast it was.
 */
export function tookMs({ answer, upstream, startedAt }: Exchange, now: number): number {
  const isLasting =
    upstream !== undefined &&
    upstream.headAt > 0 &&
    answer?.source === "service" &&
    (answer.status === 101 || /^text\/event-stream\s*(?:;|$)/i.test(answer.headers.get("content-type") ?? ""));
  return (isLasting ? upstream.headAt : now) - startedAt;
}

/**
 * Where the time went, as a member of a line: by policy what was waited for before the service was asked, then for the head of
 * its answer (`service`) and for the rest of it (`body`), in the order in which it was.
 */
export function partsText({ waits = [], upstream }: Exchange, now: number): string {
  const isForwarded = upstream !== undefined && upstream.startedAt > 0;
  const forwardedAt = isForwarded ? upstream.startedAt : now;
  const spent = new Map<string, number>();
  for (const { step, startedAt, endedAt } of waits) {
    const until = Math.min(endedAt, forwardedAt);
    spent.set(step, (spent.get(step) ?? 0) + Math.max(0, until - startedAt));
  }
  if (isForwarded) {
    const headAt = upstream.headAt > 0 ? upstream.headAt : now;
    spent.set("service", headAt - forwardedAt);
    if (upstream.headAt > 0) spent.set("body", now - headAt);
  }
  return `{${[...spent].map(([name, ms]) => `${jsonText(name)}:${milliseconds(ms)}`).join(",")}}`;
}
