import type { OperationIr } from "../../ir/gateway.ts";
import type { PathPattern } from "../../ir/route.ts";
import { commonText, matchesShape, splitShape } from "../segment.ts";
import type { Destination } from "./destinations.ts";
import { fillers, type PathValue } from "./path-values.ts";
import { publicPath, readBack, shapeOfSegment, type UpstreamPart, type UpstreamSegment } from "./upstream-pattern.ts";

/** One end of a comparison: an operation, where it leads, and what it takes for its parameters. */
export interface Side {
  readonly operation: OperationIr;
  readonly destination: Destination;
  readonly values: ReadonlyMap<string, PathValue>;
}

/** A path at the server that both reach, and how a client asks each of them for it. */
export interface CommonPath {
  readonly upstream: string;
  readonly first: string;
  readonly second: string;
}

/** How many segments stand for two `**`: a third route may take some of these lengths. */
const restLengths = [0, 1, 2, 3, 5, 8];

/**
 * Candidates, the shortest first. A parameter that takes none of the fillers, nor a value that its schema lists or
 * describes, is left alone. Segments are filled so that no literal or mixed segment of a third route is met by chance.
 */
export function* commonPaths(a: Side, b: Side): Generator<CommonPath> {
  const [left, right] = [a.destination.pattern, b.destination.pattern];
  const texts: string[] = [];
  for (let index = 0; index < Math.max(left.segments.length, right.segments.length); index++) {
    const one = left.segments[index];
    const other = right.segments[index];
    if ((one === undefined && left.rest === undefined) || (other === undefined && right.rest === undefined)) return;
    const text = commonSegment(a, one, b, other);
    if (text === undefined) return;
    texts.push(text);
  }
  const lengths = left.rest === undefined || right.rest === undefined ? [0] : restLengths;
  for (const length of lengths) {
    const all = [...texts, ...new Array<string>(length).fill(fillers[0]!)];
    const upstream = `/${all.join("/")}`;
    const first = pathFor(a, upstream, all);
    const second = pathFor(b, upstream, all);
    if (first !== undefined && second !== undefined) yield { upstream, first, second };
  }
}

function commonSegment(
  a: Side,
  one: UpstreamSegment | undefined,
  b: Side,
  other: UpstreamSegment | undefined,
): string | undefined {
  const shapes = [one, other].flatMap((segment) => (segment === undefined ? [] : [shapeOfSegment(segment)]));
  const literal = shapes.find((shape) => shape.length === 0 || (shape.length === 1 && shape[0] !== null));
  const samples = [...samplesFor(a, one), ...samplesFor(b, other)];
  const isMixed = shapes.some((shape) => shape.length > 1);
  const [shape, second = shape] = shapes;
  const candidates =
    literal !== undefined
      ? [literal[0] ?? ""]
      : isMixed
        ? [...fillers, ...samples].flatMap((filler) =>
            [0, 1].map((stretch) => commonText(shape!, second!, filler[0] ?? "x", stretch)).filter((text) => text !== undefined),
          )
        : [...fillers, ...samples];
  return candidates.find((text) => takes(a, one, text) && takes(b, other, text));
}

/** Whether a segment can be this text, with values that the operation takes. */
function takes({ operation, values }: Side, segment: UpstreamSegment | undefined, text: string): boolean {
  if (segment === undefined) return true;
  const shape = shapeOfSegment(segment);
  if (shape.length === 0) return text === "";
  if (!matchesShape(shape, text)) return false;
  const split = splitShape(shape, text)!;
  const parts = segment.filter((part) => typeof part !== "string");
  return parts.every((part, index) => {
    const value = split[index] === undefined ? undefined : valueFor(operation.match.path, part, values);
    return value === undefined || value.takes(split[index]!);
  });
}

const samplesFor = ({ operation, values }: Side, segment: UpstreamSegment | undefined): readonly string[] =>
  (segment ?? []).flatMap((part) =>
    typeof part === "string" ? [] : (valueFor(operation.match.path, part, values)?.samples ?? []),
  );

function valueFor(
  { segments }: PathPattern,
  part: Exclude<UpstreamPart, string>,
  values: ReadonlyMap<string, PathValue>,
): PathValue | undefined {
  const segment = segments["segment" in part ? part.segment : part.from];
  if (segment?.kind === "parameter") return values.get(segment.name);
  if (segment?.kind !== "mixed" || !("take" in part)) return undefined;
  const parameter = segment.parts.filter(({ kind }) => kind === "parameter")[part.take];
  return parameter?.kind === "parameter" ? values.get(parameter.name) : undefined;
}

/** The public path that leads to an upstream one; undefined where none does. */
function pathFor({ operation, destination, values }: Side, upstream: string, texts: readonly string[]): string | undefined {
  const { hasSlash, pattern, segments, expand } = destination;
  const parts = readBack(pattern, texts);
  if (parts === undefined) return undefined;
  const made = publicPath(segments, parts, (segment, take) => {
    const value = valueFor(operation.match.path, take === undefined ? { segment } : { from: segment, parts: [], take }, values);
    return [...fillers, ...(value?.samples ?? [])].find((text) => value === undefined || value.takes(text)) ?? fillers[0]!;
  });
  const path = hasSlash ? `${made}/` : made;
  return expand(path) === upstream ? path : undefined;
}
