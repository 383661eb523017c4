import type { Segment } from "../../../ir/route.ts";
import { matchesPath, matchesSegment } from "../../../routing/brute-force.ts";
import { shapeKey, shapeOf } from "../../../routing/segment.ts";
import { commonSegment } from "../../../routing/witness.ts";

/** How much of what an operation takes a selector picks out. */
export type Share = "all" | "some" | "none";

export const lesser = (a: Share, b: Share): Share => (a === "none" || b === "none" ? "none" : a === "all" ? b : "some");

/**
 * By segments: `*` is any one, `**` whatever follows. A parameter in the selector stands for segments that are not
 * written out in the path of the operation: `/orders/{id}` means that path, and not `/orders/export` beside it.
 */
export function sharedPaths(wanted: readonly Segment[], own: readonly Segment[]): Share {
  let share: Share = "all";
  for (let index = 0; index < Math.max(wanted.length, own.length); index++) {
    const left = wanted[index];
    const right = own[index];
    if (left?.kind === "rest") return share;
    // What follows in the selector may be empty text where a path goes on after its last slash.
    if (right?.kind === "rest") return "some";
    share = lesser(share, left === undefined || right === undefined ? "none" : sharedSegments(left, right));
    if (share === "none") return "none";
  }
  return share;
}

function sharedSegments(wanted: Segment, own: Segment): Share {
  if (own.kind === "literal") {
    if (wanted.kind === "literal") return wanted.text === own.text ? "all" : "none";
    return wanted.kind === "wildcard" && own.text !== "" ? "all" : "none";
  }
  if (wanted.kind === "literal") return matchesSegment(own, wanted.text) ? "some" : "none";
  if (wanted.kind !== "mixed") return "all";
  if (own.kind === "mixed" && shapeKey(shapeOf(own)) === shapeKey(shapeOf(wanted))) return "all";
  return commonSegment(wanted, own, "x") === undefined ? "none" : "some";
}

/** Texts that stand for parameters; more than one, as another route may take the first. */
const fillers = ["x", "1", "z9"];

/** Paths that selector and operation share, of every length up to `longest` where both go on. */
export function* pathsInBoth(wanted: readonly Segment[], own: readonly Segment[], longest: number): Generator<string> {
  for (const filler of fillers) {
    for (const texts of textsInBoth(wanted, own, filler, longest)) {
      const path = `/${texts.join("/")}`;
      if (matchesPath(wanted, path) && matchesPath(own, path)) yield path;
    }
  }
}

function* textsInBoth(
  wanted: readonly Segment[],
  own: readonly Segment[],
  filler: string,
  longest: number,
): Generator<readonly string[]> {
  const texts: string[] = [];
  for (let index = 0; index < Math.max(wanted.length, own.length); index++) {
    const left = wanted[index];
    const right = own[index];
    if (left?.kind === "rest" || right?.kind === "rest") {
      const other = (left?.kind === "rest" ? own : wanted).slice(index);
      const fixed = other.filter(({ kind }) => kind !== "rest").map((segment) => commonSegment(segment, segment, filler)!);
      const begun = [...texts, ...fixed];
      yield begun;
      if (fixed.length === other.length) return;
      for (let length = begun.length + 1; length <= longest; length++)
        yield [...begun, ...Array.from({ length: length - begun.length }, () => filler)];
      yield [...begun, ""];
      return;
    }
    const text = left === undefined || right === undefined ? undefined : commonSegment(left, right, filler);
    if (text === undefined) return;
    texts.push(text);
  }
  yield texts;
}

/** Host patterns in lower case; no pattern is any host. */
export function sharedHosts(wanted: readonly string[], own: readonly string[]): Share {
  if (own.length === 0) return "some";
  if (own.every((host) => wanted.some((pattern) => isUnder(host, pattern)))) return "all";
  return hostsInBoth(wanted, own).length > 0 ? "some" : "none";
}

/** The narrower of each two patterns that meet. */
export const hostsInBoth = (wanted: readonly string[], own: readonly string[]): readonly string[] =>
  own.length === 0
    ? wanted
    : own.flatMap((host) =>
        wanted.flatMap((pattern) => (isUnder(host, pattern) ? [host] : isUnder(pattern, host) ? [pattern] : [])),
      );

const isUnder = (host: string, pattern: string): boolean =>
  host === pattern || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1);

/** `*` is any method; HEAD is answered by what answers GET. */
export function sharedMethods(wanted: readonly string[], own: string): Share {
  if (wanted.includes("*") || wanted.includes(own)) return "all";
  return own === "*" || (own === "GET" && wanted.includes("HEAD")) ? "some" : "none";
}
