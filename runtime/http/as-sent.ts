import type { RouteTarget } from "../gateway/operation.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { sentPath } from "../paths/sent-path.ts";
import { type ReadTarget, readTarget } from "./dispatch.ts";
import { escapedAlike } from "./path.ts";

export interface AsSentConfig {
  /** Operations whose service gets the path as it was sent: index, and characters of the public path that are dropped. */
  readonly operations: readonly { readonly index: number; readonly strip: number }[];
  /** By index of an operation: equal where the same requests are let in. */
  readonly guards: readonly number[];
}

type Match = (x: RouteTarget, method: string) => { readonly index: number } | null;

/** Reads a target again that has no single reading, for operations that take such a path. */
export type AsSentReader = (head: RequestHead, refused: ReadTarget) => ReadTarget;

/**
 * Paths with empty segments, dot segments, and separators or percent signs in escapes. Services disagree on what they
 * mean, so such a request is taken only where every reading leads to the same guards: as it stands, with dot segments
 * resolved, with empty segments dropped before, and all of these with escapes decoded. It is routed by its normal form.
 */
export function createAsSentReader(match: Match, { operations, guards }: AsSentConfig): AsSentReader {
  const strips = new Map(operations.map(({ index, strip }) => [index, strip]));

  const takes = (target: RouteTarget, method: string, raw: string, path: ReadPath): boolean | undefined => {
    const operation = match(target, method);
    if (operation === null) return undefined;
    const strip = strips.get(operation.index);
    if (strip === undefined || raw.slice(0, strip) !== target.path.slice(0, strip)) return false;
    // Behind a path that the gateway puts in front, the service must not be led out of it.
    if (climbs(path.text.slice(strip)) || climbs(path.decoded.slice(strip))) return false;
    const guard = guards[operation.index];
    const guardAt = (reading: string): number | undefined => {
      const found = match({ ...target, path: reading }, method);
      return found === null ? undefined : guards[found.index];
    };
    return (
      readings(path.text).every((reading) => guardAt(reading) === guard) &&
      // What nothing answers when it is decoded, nothing guards either.
      [...readings(withSlashes(path.text)), ...readings(path.decoded)].every((reading) => (guardAt(reading) ?? guard) === guard)
    );
  };

  return (head, refused) => {
    const target = readTarget(head, looseNormalForm);
    if (target.problem !== undefined) return refused;
    const raw = sentPath(head.target);
    const path = readPath(raw);
    if (path === undefined) return refused;
    const { headers } = head;
    const { host, query } = target;
    const asked = head.method === "OPTIONS" ? headers.single("access-control-request-method") : undefined;
    const methods = asked === undefined || asked === null ? [head.method] : [head.method, asked];
    const answers = methods.map((method) => takes({ path: target.path, host, query, headers }, method, raw, path));
    return answers.includes(true) && !answers.includes(false) ? target : refused;
  };
}

interface ReadPath {
  /** Unreserved characters decoded, nothing else. */
  readonly text: string;
  /** All layers of escapes decoded, separators among them. */
  readonly decoded: string;
}

/** Undefined where decoding brings dot segments to light, or what stands in no path. */
function readPath(raw: string): ReadPath | undefined {
  const text = escapedAlike(raw, nothing);
  if (text === undefined) return undefined;
  const plain = withoutLayers(text);
  if (plain === undefined) return undefined;
  const decoded = withSlashes(plain);
  const dots = dotSegments(text);
  return dots < 0 || dotSegments(decoded) !== dots ? undefined : { text, decoded };
}

/** Rounds of decoding after which a path that still changes is refused. */
const mostRounds = 4;

/** Each escape of an escape undone; undefined where that has no end, or gives what no path may hold. */
function withoutLayers(text: string): string | undefined {
  let path = text;
  for (let round = 0; round < mostRounds; round++) {
    const next = escapedAlike(path.replaceAll(/%(?:25)+(?=[0-9A-F]{2})/gi, "%"), nothing);
    if (next === undefined || next === path) return next;
    path = next;
  }
  return undefined;
}

const nothing = (): boolean => false;

const withSlashes = (path: string): string => path.replaceAll(/%(?:2F|5C)/g, "/");

/** Number of `.` and `..`; -1 where one has a path parameter, with which some servers resolve it and others do not. */
function dotSegments(path: string): number {
  let count = 0;
  for (const segment of path.split("/")) {
    if (/^\.{1,2};/.test(segment)) return -1;
    if (segment === "." || segment === "..") count++;
  }
  return count;
}

/** Whether `..` leads above where the path begins, for whoever drops empty segments or keeps them. */
function climbs(path: string): boolean {
  let depth = 0;
  for (const segment of path.split("/")) {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** The paths that services may take a path for. */
const readings = (path: string): readonly string[] => [path, resolved(path), resolved(path.replaceAll(/\/{2,}/g, "/"))];

/** The form by which such a path is routed: empty segments dropped, then dot segments resolved. */
function looseNormalForm(raw: string): string | undefined {
  const text = escapedAlike(raw, nothing);
  return text === undefined ? undefined : resolved(text.replaceAll(/\/{2,}/g, "/"));
}

/** RFC 3986 §5.2.4. `..` above the root stays at the root. */
function resolved(path: string): string {
  const segments = path.split("/").slice(1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  const last = segments.at(-1);
  return `/${kept.join("/")}${(last === "." || last === "..") && kept.length > 0 ? "/" : ""}`;
}
