import type { ServedAnswer } from "../../caching/answer-cache.ts";
import { asksPlainly, isNotModified, partAsked } from "../../caching/preconditions.ts";
import { fieldsOfHead, type StoredAnswer, type Told } from "../../caching/stored-answer.ts";
import type { Answer, Exchange } from "../../exchange/exchange.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";

/** What a client gets of a stored answer: all of it, a part, or that it has it already. `isAltered`: others decide that. */
export function servedAnswer(x: Exchange, kept: StoredAnswer, { head }: Told, isAltered: boolean): ServedAnswer {
  const { status, body } = kept;
  const whole: ServedAnswer = { status, headers: fieldsOfHead(head), body, source: "service", kept };
  return status !== 200 || isAltered || asksPlainly(x.headers) ? whole : asAsked(x, whole);
}

function asAsked(x: Exchange, whole: ServedAnswer): ServedAnswer {
  const { headers, body } = whole;
  const wall = clock.wall();
  if (isNotModified(x.headers, headers, wall)) return notModified(whole);
  // Only of GET is it known what a part means (RFC 9110 §14.2).
  const part = x.method === "GET" ? partAsked(x.headers, headers, body.length, wall) : undefined;
  if (part === undefined) return whole;
  if (part === "none") {
    const unsatisfied = new HeaderList(["Content-Range", `bytes */${body.length}`]);
    return { status: 416, headers: unsatisfied, body: Buffer.alloc(0), source: "cache", kept: undefined };
  }
  for (const name of digests) headers.delete(name);
  headers.set("Content-Range", `bytes ${part.start}-${part.end - 1}/${body.length}`);
  return { ...whole, status: 206, body: body.subarray(part.start, part.end) };
}

/** Of the bytes that are sent, and not of the representation that they are of (RFC 9530 §2): those of another content. */
const digests = ["content-digest", "content-md5"];

/** Fields about the content, which a 304 does not have (RFC 9110 §15.4.5). */
const ofContent = [
  "content-length",
  "content-type",
  "content-encoding",
  "content-language",
  "content-range",
  "accept-ranges",
  "content-digest",
  "content-md5",
];

export function notModified({ headers, source }: Answer): ServedAnswer {
  const left = headers.copy();
  for (const name of ofContent) left.delete(name);
  if (left.has("etag")) left.delete("last-modified");
  return { status: 304, headers: left, body: Buffer.alloc(0), source, kept: undefined };
}
