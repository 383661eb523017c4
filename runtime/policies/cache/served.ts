import type { ServedAnswer } from "../../caching/answer-cache.ts";
import { isNotModified, partAsked } from "../../caching/preconditions.ts";
import { ageAt, type StoredAnswer } from "../../caching/stored-answer.ts";
import type { Answer, Exchange } from "../../exchange/exchange.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";

/** What a client gets of a stored answer: all of it, a part, or that it has it already. `isAltered`: others decide that. */
export function servedAnswer(x: Exchange, stored: StoredAnswer, now: number, isAltered: boolean): ServedAnswer {
  const headers = new HeaderList(stored.lines.slice());
  headers.add("Age", String(Math.floor(ageAt(stored, now) / 1_000)));
  const answer: Answer = { status: stored.status, headers, body: undefined, source: "service" };
  if (stored.status !== 200 || isAltered) return { answer, bytes: stored.body };
  const wall = clock.wall();
  if (isNotModified(x.headers, headers, wall)) return { answer: notModified(answer), bytes: Buffer.alloc(0) };
  // Only of GET is it known what a part means (RFC 9110 §14.2).
  const part = x.method === "GET" ? partAsked(x.headers, headers, stored.body.length, wall) : undefined;
  if (part === undefined) return { answer, bytes: stored.body };
  const { length } = stored.body;
  if (part === "none") {
    const unsatisfied = new HeaderList(["Content-Range", `bytes */${length}`]);
    return { answer: { status: 416, headers: unsatisfied, body: undefined, source: "cache" }, bytes: Buffer.alloc(0) };
  }
  headers.set("Content-Range", `bytes ${part.start}-${part.end - 1}/${length}`);
  return { answer: { ...answer, status: 206 }, bytes: stored.body.subarray(part.start, part.end) };
}

/** Fields about the content, which a 304 does not have (RFC 9110 §15.4.5). */
const ofContent = ["content-length", "content-type", "content-encoding", "content-language", "content-range", "accept-ranges"];

export function notModified({ headers, source }: Answer): Answer {
  const left = headers.copy();
  for (const name of ofContent) left.delete(name);
  if (left.has("etag")) left.delete("last-modified");
  return { status: 304, headers: left, body: undefined, source };
}
