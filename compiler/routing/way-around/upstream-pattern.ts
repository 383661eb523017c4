import type { PathPiece } from "../../../runtime/paths/path-template.ts";
import type { Segment } from "../../ir/route.ts";
import { type MixedShape, splitShape } from "../segment.ts";

/** A part of the path that reaches a service: text, or a part of the public path. `rest` stands apart, as the last one. */
export type UpstreamPart = Exclude<PathPiece, { readonly rest: number }>;

/** One segment between two slashes. */
export type UpstreamSegment = readonly UpstreamPart[];

/** The paths that a service may get from an operation, and where each part comes from. */
export interface UpstreamPattern {
  readonly segments: readonly UpstreamSegment[];
  /** The public segment from which on everything follows; undefined where the path ends. */
  readonly rest: number | undefined;
}

/** Splits the pieces of an upstream path at the slashes of its text. */
export function patternOf(pieces: readonly PathPiece[]): UpstreamPattern {
  const segments: UpstreamPart[][] = [];
  let rest: number | undefined;
  for (const piece of pieces) {
    if (typeof piece === "string") {
      for (const [index, text] of piece.split("/").entries()) {
        if (index > 0) segments.push([]);
        if (text !== "") (segments.at(-1) ?? begin(segments)).push(text);
      }
    } else if ("rest" in piece) rest = piece.rest;
    else (segments.at(-1) ?? begin(segments)).push(piece);
  }
  return { segments, rest };
}

function begin(segments: UpstreamPart[][]): UpstreamPart[] {
  const first: UpstreamPart[] = [];
  segments.push(first);
  return first;
}

/** The pieces of a public path. */
export function piecesOf(segments: readonly Segment[]): PathPiece[] {
  return segments.flatMap((segment, index): PathPiece[] => {
    if (segment.kind === "literal") return [`/${segment.text}`];
    if (segment.kind === "rest") return [{ rest: index }];
    if (segment.kind !== "mixed") return ["/", { segment: index }];
    const literals = [""];
    for (const part of segment.parts) {
      if (part.kind === "literal") literals[literals.length - 1] += part.text;
      else literals.push("");
    }
    const values = literals.slice(1).map((_, take): PathPiece => ({ from: index, parts: literals, take }));
    return ["/", ...values.flatMap((value, take) => [literals[take]!, value]), literals.at(-1)!];
  });
}

/** Without the first characters, which are text. */
export function withoutStart(pieces: readonly PathPiece[], characters: number): PathPiece[] {
  let left = characters;
  return pieces.flatMap((piece) => {
    if (left === 0 || typeof piece !== "string") return [piece];
    const dropped = Math.min(left, piece.length);
    left -= dropped;
    return [piece.slice(dropped)];
  });
}

/** What a segment matches: literal text and `null` for values. */
export function shapeOfSegment(segment: UpstreamSegment): MixedShape {
  const shape: (string | null)[] = [];
  for (const part of segment) {
    const last = shape.at(-1);
    if (typeof part !== "string") {
      // Values side by side are one run of text, of which nobody can say where one ends.
      if (last !== null) shape.push(null);
    } else if (typeof last === "string") shape[shape.length - 1] = last + part;
    else shape.push(part);
  }
  return shape;
}

/** As a path pattern, for a tree of them. */
export const asSegments = ({ segments, rest }: UpstreamPattern): Segment[] => [
  ...segments.map((segment): Segment => {
    const shape = shapeOfSegment(segment);
    if (shape.length === 0) return { kind: "literal", text: "" };
    if (shape.length > 1)
      return {
        kind: "mixed",
        parts: shape.map((part) => (part === null ? { kind: "parameter", name: "" } : { kind: "literal", text: part })),
      };
    return shape[0] === null ? { kind: "wildcard" } : { kind: "literal", text: shape[0]! };
  }),
  ...(rest === undefined ? [] : [{ kind: "rest" as const }]),
];

/** What an upstream path says of the public one: texts of segments, of parameters inside of them, and of the rest. */
export interface PublicParts {
  readonly segments: Map<number, string>;
  /** By segment, then by parameter. */
  readonly inside: Map<number, Map<number, string>>;
  readonly rest: readonly string[];
}

/** Reads an upstream path back; undefined where a segment cannot come about. */
export function readBack({ segments, rest }: UpstreamPattern, texts: readonly string[]): PublicParts | undefined {
  if (texts.length < segments.length || (rest === undefined && texts.length > segments.length)) return undefined;
  const parts: PublicParts = { segments: new Map(), inside: new Map(), rest: texts.slice(segments.length) };
  for (const [index, segment] of segments.entries()) {
    const values = segment.filter((part) => typeof part !== "string");
    const split = splitShape(shapeOfSegment(segment), texts[index]!);
    if (split === undefined) return undefined;
    for (const [position, value] of values.entries()) {
      const text = split[position];
      if (text === undefined) return undefined;
      if ("segment" in value) parts.segments.set(value.segment, text);
      else {
        let inside = parts.inside.get(value.from);
        if (inside === undefined) parts.inside.set(value.from, (inside = new Map()));
        inside.set(value.take, text);
      }
    }
  }
  return parts;
}

/** The public path that has these parts, with `filler` for what the upstream path does not say. */
export function publicPath(
  segments: readonly Segment[],
  parts: PublicParts,
  filler: (segment: number, parameter?: number) => string,
): string {
  const texts = segments.flatMap((segment, index): readonly string[] => {
    if (segment.kind === "literal") return [segment.text];
    if (segment.kind === "rest") return parts.rest;
    if (segment.kind !== "mixed") return [parts.segments.get(index) ?? filler(index)];
    const whole = parts.segments.get(index);
    if (whole !== undefined) return [whole];
    let take = 0;
    const made = segment.parts.map((part) => {
      if (part.kind === "literal") return part.text;
      const parameter = take++;
      return parts.inside.get(index)?.get(parameter) ?? filler(index, parameter);
    });
    return [made.join("")];
  });
  return `/${texts.join("/")}`;
}
