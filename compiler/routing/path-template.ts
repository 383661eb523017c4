import { namesIn, type ParameterPart, type Segment, type SegmentPart } from "../ir/route.ts";

/** Why a path template cannot be routed. */
export type PathTemplateReason =
  | "no-leading-slash"
  /** A `?` or `#`: what follows is no part of a path, so operations that differ only there cannot be told apart. */
  | "query"
  | "fragment"
  | "unbalanced-brace"
  | "empty-name"
  | "duplicate-name"
  | "adjacent-parameters"
  | "bad-percent"
  | "bad-character"
  /** `.`, `..` and empty segments are normalised away before a request is routed. */
  | "dot-segment"
  | "empty-segment"
  | "misplaced-wildcard"
  | "rest-not-last";

/** The reasons in words, for messages. */
export const templateProblems: Record<PathTemplateReason, string> = {
  "no-leading-slash": "it does not start with a slash",
  query: "a question mark ends the path of a request",
  fragment: "a client never sends what follows `#`",
  "unbalanced-brace": "a brace has no partner",
  "empty-name": "a parameter has no name",
  "duplicate-name": "two parameters have the same name",
  "adjacent-parameters": "two parameters touch, so nothing says where one ends",
  "bad-percent": "`%` is not followed by two hexadecimal digits",
  "bad-character": "it has a character that no path can have",
  "dot-segment": "it has a segment `.` or `..`, and requests with one are refused",
  "empty-segment": "it has an empty segment, and requests with one are refused",
  "misplaced-wildcard": "`*` and `**` stand for whole segments",
  "rest-not-last": "`**` may only stand at the end",
};

/** What to write instead. */
export const templateRemedies: Record<PathTemplateReason, string> = {
  "no-leading-slash": "Begin the path with a slash.",
  query: "Remove the question mark and what follows.",
  fragment: "Remove the `#` and what follows.",
  "unbalanced-brace": "Write parameters as `{name}`; a brace that is literal text is `%7B` or `%7D`.",
  "empty-name": "Give the parameter a name: `{id}`.",
  "duplicate-name": "Give each parameter of the path a name of its own.",
  "adjacent-parameters": "Put text such as `-` between them, or list the texts of one as an `enum` in its schema.",
  "bad-percent": "Write a literal percent sign as `%25`.",
  "bad-character": "Write the whole character: half of one (a lone surrogate) stands there.",
  "dot-segment": "Write the path that is meant, without `.` and `..`.",
  "empty-segment": "Write one slash. Where a service tells `//` from `/`, use a route such as `/files/**` with `path: asSent`.",
  "misplaced-wildcard": "Write `*` for one segment, `**` for all that follow, or a parameter inside a segment: `{name}.json`.",
  "rest-not-last": "End the path at `**`, or write `*` for one segment.",
};

export interface PathTemplateError {
  readonly reason: PathTemplateReason;
  /** Offset in the template of the offending text. */
  readonly at: number;
  readonly length: number;
}

export type ParsedPathTemplate =
  | { readonly segments: readonly Segment[]; readonly error?: undefined }
  | { readonly segments?: undefined; readonly error: PathTemplateError };

export interface PathTemplateOptions {
  /** All texts that a parameter can have, where they are known: they tell it from one that it touches. */
  readonly textsOf?: (name: string) => readonly string[] | undefined;
  /** `*` and a final `**` are wildcards, as in routes without a spec; otherwise they are literal text. */
  readonly wildcards: boolean;
}

/** Splits an OpenAPI path template into segments; literal text comes out in the normal form of `PathPattern`. */
export function parsePathTemplate(template: string, options: PathTemplateOptions): ParsedPathTemplate {
  try {
    return { segments: parseSegments(template, options) };
  } catch (error) {
    if (error instanceof Unroutable) return { error: { reason: error.reason, at: error.at, length: error.length } };
    throw error;
  }
}

/** Names of the parameters of a template, in order. */
export const parameterNames = (segments: readonly Segment[]): string[] => segments.flatMap(namesIn);

class Unroutable extends Error {
  readonly reason: PathTemplateReason;
  readonly at: number;
  readonly length: number;

  constructor(reason: PathTemplateReason, at: number, length: number) {
    super(reason);
    this.reason = reason;
    this.at = at;
    this.length = length;
  }
}

function parseSegments(template: string, options: PathTemplateOptions): Segment[] {
  if (!template.startsWith("/")) throw new Unroutable("no-leading-slash", 0, Math.min(1, template.length));
  const delimiter = template.search(/[?#]/);
  if (delimiter >= 0) {
    throw new Unroutable(template[delimiter] === "?" ? "query" : "fragment", delimiter, template.length - delimiter);
  }
  const texts = template.slice(1).split("/");
  const names = new Set<string>();
  const segments: Segment[] = [];
  let at = 1;
  for (const [index, text] of texts.entries()) {
    const isLast = index === texts.length - 1;
    segments.push(parseSegment(text, at, { ...options, isLast, names }));
    at += text.length + 1;
  }
  return segments;
}

interface Context extends PathTemplateOptions {
  readonly isLast: boolean;
  readonly names: Set<string>;
}

function parseSegment(text: string, at: number, context: Context): Segment {
  if (text === "" && !context.isLast) throw new Unroutable("empty-segment", at - 1, 2);
  if (context.wildcards && text.includes("*")) {
    if (text === "*") return { kind: "wildcard" };
    if (text !== "**") throw new Unroutable("misplaced-wildcard", at + text.indexOf("*"), 1);
    if (!context.isLast) throw new Unroutable("rest-not-last", at, 2);
    return { kind: "rest" };
  }
  const parts = parseParts(text, at, context);
  const [first] = parts;
  if (first === undefined) return { kind: "literal", text: "" };
  if (parts.length > 1) return { kind: "mixed", parts };
  if (first.kind === "literal" && (first.text === "." || first.text === ".."))
    throw new Unroutable("dot-segment", at, text.length);
  return first;
}

function parseParts(text: string, at: number, { names, textsOf }: Context): SegmentPart[] {
  const parts: SegmentPart[] = [];
  let index = 0;
  while (index < text.length) {
    const open = text.indexOf("{", index);
    const literalEnd = open < 0 ? text.length : open;
    if (literalEnd > index) {
      const stray = text.slice(index, literalEnd).indexOf("}");
      if (stray >= 0) throw new Unroutable("unbalanced-brace", at + index + stray, 1);
      parts.push({ kind: "literal", text: normalLiteral(text.slice(index, literalEnd), at + index) });
    }
    if (open < 0) break;
    const close = text.indexOf("}", open);
    const name = text.slice(open + 1, close < 0 ? text.length : close);
    if (close < 0 || name.includes("{")) throw new Unroutable("unbalanced-brace", at + open, 1);
    if (name.trim() === "") throw new Unroutable("empty-name", at + open, close + 1 - open);
    if (names.has(name)) throw new Unroutable("duplicate-name", at + open, close + 1 - open);
    const before = parts.at(-1);
    names.add(name);
    if (before?.kind === "parameter") {
      const both = touching(before, name, textsOf);
      if (both === undefined) throw new Unroutable("adjacent-parameters", at + open, close + 1 - open);
      parts[parts.length - 1] = both;
    } else parts.push({ kind: "parameter", name });
    index = close + 1;
  }
  return parts;
}

/** Two parameters that touch, as one; undefined where nothing says where the first ends. */
function touching(first: ParameterPart, second: string, textsOf: PathTemplateOptions["textsOf"]): ParameterPart | undefined {
  if (first.split !== undefined) return undefined;
  for (const known of [1, 0] as const) {
    const texts = textsOf?.(known === 1 ? second : first.name);
    if (texts === undefined || texts.length === 0 || texts.some((text) => text === "" || text.includes("/"))) continue;
    const normal = texts.map((text) => normalLiteral(text.replaceAll("%", "%25"), 0)).sort((a, b) => b.length - a.length);
    return {
      kind: "parameter",
      name: `{${first.name}}{${second}}`,
      split: { names: [first.name, second], known, texts: normal },
    };
  }
  return undefined;
}

/** RFC 3986 §6.2.2: unreserved characters decoded, what a path cannot hold encoded as UTF-8, hex digits upper case. */
function normalLiteral(text: string, at: number): string {
  let normal = "";
  for (let index = 0; index < text.length; ) {
    if (text[index] === "%") {
      const digits = text.slice(index + 1, index + 3);
      if (!/^[0-9a-f]{2}$/i.test(digits)) throw new Unroutable("bad-percent", at + index, 1);
      const character = String.fromCharCode(Number.parseInt(digits, 16));
      normal += /[A-Za-z0-9._~-]/.test(character) ? character : `%${digits.toUpperCase()}`;
      index += 3;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index)!);
    if (/^[\ud800-\udfff]$/.test(character)) throw new Unroutable("bad-character", at + index, 1);
    normal += /[A-Za-z0-9._~!$&'()*+,;=:@-]/.test(character) ? character : encodeURIComponent(character);
    index += character.length;
  }
  return normal;
}
