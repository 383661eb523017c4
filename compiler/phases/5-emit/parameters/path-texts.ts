import type { Origin } from "../../../ir/origin.ts";
import type { PathPattern, SegmentPart } from "../../../ir/route.ts";
import { jsString } from "../../../text/js.ts";
import type { ParameterWriter } from "./parameter-writer.ts";

/**
 * Statements that take the wanted parameters out of `x.path`, by the offsets that its literals give. The route has
 * matched, so nothing is compared again. `wanted`: variable by name of the parameter.
 */
export function writePathTexts(
  path: PathPattern,
  wanted: ReadonlyMap<string, string>,
  origin: Origin | undefined,
  writer: ParameterWriter,
): void {
  const last = path.segments.findLastIndex((segment) => names(segment).some((name) => wanted.has(name)));
  if (last < 0) return;
  writer.line("const path = x.path;", origin);
  // Where the next segment begins: behind `from` by a number of characters that is known.
  let from = "";
  let known = 1;
  for (const [index, segment] of path.segments.entries()) {
    if (index > last) break;
    if (segment.kind === "literal") {
      known += segment.text.length + 1;
      continue;
    }
    const start = offset(from, known);
    if (segment.kind === "rest") {
      const variable = segment.name === undefined ? undefined : wanted.get(segment.name);
      if (variable !== undefined) writer.line(`const ${variable} = path.slice(${start});`, origin);
      break;
    }
    const end = writer.local(`end${index}`);
    writer.line(`const ${end} = ${writer.own("styles", "segmentEnd")}(path, ${start});`, origin);
    if (segment.kind === "parameter") {
      const variable = wanted.get(segment.name);
      if (variable !== undefined) writer.line(`const ${variable} = path.slice(${start}, ${end});`, origin);
    } else if (segment.kind === "mixed") writeParts(segment.parts, start, end, wanted, origin, writer);
    from = end;
    known = 1;
  }
}

/** As the route matcher reads them: earlier parameters take the shortest run that is not empty. */
function writeParts(
  parts: readonly SegmentPart[],
  start: string,
  end: string,
  wanted: ReadonlyMap<string, string>,
  origin: Origin | undefined,
  writer: ParameterWriter,
): void {
  let from = start;
  let known = 0;
  for (const [index, part] of parts.entries()) {
    if (part.kind === "literal") {
      known += part.text.length;
      continue;
    }
    const begin = offset(from, known);
    const next = parts[index + 1];
    const isLast = !parts.slice(index + 1).some(({ kind }) => kind === "parameter");
    const variable = wanted.get(part.name);
    if (isLast) {
      const tail = next?.kind === "literal" ? ` - ${next.text.length}` : "";
      if (variable !== undefined) writer.line(`const ${variable} = path.slice(${begin}, ${end}${tail});`, origin);
      return;
    }
    const stop = writer.local(`stop${index}`);
    writer.line(
      `const ${stop} = path.indexOf(${jsString(next?.kind === "literal" ? next.text : "")}, ${offset(from, known + 1)});`,
      origin,
    );
    if (variable !== undefined) writer.line(`const ${variable} = path.slice(${begin}, ${stop});`, origin);
    from = stop;
    known = 0;
  }
}

const offset = (from: string, known: number): string => (from === "" ? String(known) : known === 0 ? from : `${from} + ${known}`);

const names = (segment: PathPattern["segments"][number]): readonly string[] =>
  segment.kind === "parameter"
    ? [segment.name]
    : segment.kind === "mixed"
      ? segment.parts.flatMap((part) => (part.kind === "parameter" ? [part.name] : []))
      : segment.kind === "rest" && segment.name !== undefined
        ? [segment.name]
        : [];
