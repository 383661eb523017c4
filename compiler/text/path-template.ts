import type { PathParameterIr } from "../ir/expression.ts";
import type { PathPattern } from "../ir/route.ts";

/** A piece of a parsed template: text, or where the public path of the operation has the value. */
export type TemplatePiece =
  | string
  | { readonly segment: number }
  | { readonly from: number; readonly parts: readonly string[]; readonly take: number }
  | { readonly rest: number };

export type TemplateProblem =
  /** `{name}` is not a parameter of the path; `known` are those that are. */
  | { readonly kind: "unknown"; readonly name: string; readonly known: readonly string[] }
  /** `{**}` stands for slash and everything behind it, so it is a last segment of its own. */
  | { readonly kind: "rest" }
  /** A brace without its partner, or a character that a path cannot hold. */
  | { readonly kind: "character"; readonly character: string }
  /** A `.` or `..` segment. */
  | { readonly kind: "dots"; readonly segment: string };

export interface ParsedTemplate {
  readonly pieces: readonly TemplatePiece[];
  readonly problems: readonly TemplateProblem[];
  /** A segment is made of parts of public segments alone, so that a request could make it `..`. */
  readonly mayBeDots: boolean;
}

/** Reads `/internal/{orderId}` against the public path whose parameters it may use. */
export function parsePathTemplate(template: string, path: PathPattern): ParsedTemplate {
  const sources = parameterSources(path);
  const pieces: TemplatePiece[] = [];
  const problems: TemplateProblem[] = [];
  const pushText = (text: string): void => {
    const last = pieces.at(-1);
    if (typeof last === "string") pieces[pieces.length - 1] = last + text;
    else if (text !== "") pieces.push(text);
  };
  let mayBeDots = false;
  const segments = template.split("/");
  segments.forEach((segment, index) => {
    if (segment === "{**}" && index > 0) {
      const rest = sources.get("**");
      if (rest === undefined) problems.push({ kind: "unknown", name: "**", known: [...sources.keys()] });
      else if (index < segments.length - 1) problems.push({ kind: "rest" });
      else pieces.push(rest);
      return;
    }
    if (index > 0) pushText("/");
    if (/^(\.|%2e){1,2}$/i.test(segment)) problems.push({ kind: "dots", segment });
    let isSafe = false;
    let values = 0;
    for (const { text, name } of segmentPieces(segment)) {
      if (name === undefined) {
        const character = invalidCharacter(text);
        if (character !== undefined) problems.push({ kind: "character", character });
        if (/[^.]/.test(text)) isSafe = true;
        pushText(text);
        continue;
      }
      const source = sources.get(name);
      values++;
      // A whole public segment is no dot segment, as the public path is normalised, and no text around makes it one.
      if (source !== undefined && "segment" in source) isSafe = true;
      if (source === undefined) problems.push({ kind: "unknown", name, known: [...sources.keys()] });
      else if (name === "**") problems.push({ kind: "rest" });
      else pieces.push(source);
    }
    if (values > 0 && !isSafe) mayBeDots = true;
  });
  return { pieces, problems, mayBeDots };
}

/** Where each parameter of a public path is; `*` (or `*1`, `*2` where there are several) and `**` for wildcards. */
export function parameterSources(path: PathPattern): Map<string, Exclude<TemplatePiece, string>> {
  const sources = new Map<string, Exclude<TemplatePiece, string>>();
  const wildcards = path.segments.filter((segment) => segment.kind === "wildcard").length;
  let wildcard = 0;
  path.segments.forEach((segment, index) => {
    if (segment.kind === "parameter") sources.set(segment.name, { segment: index });
    else if (segment.kind === "wildcard") sources.set(wildcards === 1 ? "*" : `*${++wildcard}`, { segment: index });
    else if (segment.kind === "rest") sources.set("**", { rest: index });
    else if (segment.kind === "mixed") {
      const literals = [""];
      const names: string[] = [];
      for (const part of segment.parts) {
        if (part.kind === "literal") literals[literals.length - 1] += part.text;
        else {
          names.push(part.name);
          literals.push("");
        }
      }
      for (const [take, name] of names.entries()) sources.set(name, { from: index, parts: literals, take });
    }
  });
  return sources;
}

/** Where one parameter of a public path is, also one that takes several segments or touches another. */
export function parameterSource(path: PathPattern, name: string): Pick<PathParameterIr, "piece" | "part"> {
  const sources = parameterSources(path);
  for (const segment of path.segments) {
    if (segment.kind === "rest" && segment.name === name) return { piece: sources.get("**")!, part: "rest" };
    for (const part of segment.kind === "mixed" ? segment.parts : [segment]) {
      const split = part.kind === "parameter" ? part.split : undefined;
      const take = split?.names.indexOf(name) ?? -1;
      if (part.kind === "parameter" && split !== undefined && take >= 0)
        return { piece: sources.get(part.name)!, part: { take, known: split.known, texts: split.texts } };
    }
  }
  return { piece: sources.get(name)! };
}

/** Text and `{name}` in turn. A lone brace stays in the text, where it is found invalid. */
function segmentPieces(segment: string): { readonly text: string; readonly name?: string }[] {
  return segment
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== "")
    .map((text) => (/^\{[^{}]*\}$/.test(text) ? { text, name: text.slice(1, -1) } : { text }));
}

/** The first character that cannot stand in a path (RFC 3986 §3.3). */
function invalidCharacter(text: string): string | undefined {
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, "").match(/[^A-Za-z0-9\-._~!$&'()*+,;=:@]/u)?.[0];
}
