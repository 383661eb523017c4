import { type HeaderList, placeSize } from "../fields/header-list.ts";
import { members } from "./directives.ts";
import { httpDate } from "./http-date.ts";

/**
 * Whether it has no field that a cache heeds beside those in `Vary`: no `Cache-Control`, `Pragma`, `Range` and `If-…`. So it is
 * with most requests, and one look at the lines tells: by the lengths and first letters of their names, so that false says nothing.
 */
export function asksPlainly({ text, places, added }: HeaderList): boolean {
  for (let at = 0; at < places.length; at += placeSize) {
    const start = places[at]!;
    const first = text.charCodeAt(start) | 0x20;
    switch (places[at + 1]! - start) {
      case "range".length:
        if (first === letter.r) return false;
        break;
      case "pragma".length:
        if (first === letter.p) return false;
        break;
      case "if-match".length:
      case "cache-control".length:
      case "if-modified-since".length:
      case "if-unmodified-since".length:
        if (first === letter.c || first === letter.i) return false;
    }
  }
  return added.length === 0;
}

const letter = { c: 0x63, i: 0x69, p: 0x70, r: 0x72 } as const;

/** Whether a client that asks with these fields has the answer already (RFC 9110 §13.2.2, RFC 9111 §4.3.2). */
export function isNotModified(request: HeaderList, answer: HeaderList, now: number): boolean {
  const known = request.get("if-none-match");
  if (known !== undefined) {
    const tag = answer.get("etag");
    if (known.trim() === "*") return true;
    return tag !== undefined && members(known).some((one) => opaque(one) === opaque(tag));
  }
  const since = httpDate(request.single("if-modified-since") ?? undefined, now);
  if (since === undefined) return false;
  const modified = httpDate(answer.single("last-modified") ?? answer.single("date") ?? undefined, now);
  return modified !== undefined && modified <= since;
}

/** Of an entity tag, what is compared weakly (RFC 9110 §8.8.3.2). */
export const opaque = (tag: string): string => (tag.startsWith("W/") ? tag.slice(2) : tag);

/** A part of some bytes: `end` is behind the last. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a `Range` asks for (RFC 9110 §14.1.2). Undefined: all of it, as the field is not there, does not hold for this
 * answer, asks for several parts, or cannot be read. `none`: there is no such part.
 */
export function partAsked(request: HeaderList, answer: HeaderList, length: number, now: number): Part | "none" | undefined {
  const field = request.single("range");
  if (field === undefined || field === null || field.length > 100) return undefined;
  const written = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(field);
  if (written === null || !ifRangeHolds(request, answer, now)) return undefined;
  const [first, last] = [written[1]!, written[2]!];
  if (first === "") {
    if (last === "") return undefined;
    const count = Math.min(Number(last), length);
    return count === 0 ? "none" : { start: length - count, end: length };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= length ? "none" : { start, end: last === "" ? length : Math.min(Number(last) + 1, length) };
}

/** RFC 9110 §13.1.5: compared strongly. */
function ifRangeHolds(request: HeaderList, answer: HeaderList, now: number): boolean {
  const condition = request.get("if-range")?.trim();
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === answer.get("etag");
  const asked = httpDate(condition, now);
  const modified = httpDate(answer.single("last-modified") ?? undefined, now);
  if (asked === undefined || modified !== asked) return false;
  // What was modified in the second in which it was sent may have been once more (RFC 9110 §8.8.2.2).
  const sent = httpDate(answer.single("date") ?? undefined, now);
  return sent !== undefined && modified < sent;
}
