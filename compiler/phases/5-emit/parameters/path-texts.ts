import type { Origin } from "../../../ir/origin.ts";
import { namesIn, type ParameterPart, type PathPattern, type SegmentPart } from "../../../ir/route.ts";
import { jsString } from "../../../text/js.ts";
import { jsValue } from "../../../text/js-value.ts";
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
  const last = path.segments.findLastIndex((segment) => namesIn(segment).some((name) => wanted.has(name)));
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
      writeText(segment, `path.slice(${start}, ${end})`, wanted, origin, writer);
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
    if (isLast) {
      const tail = next?.kind === "literal" ? ` - ${next.text.length}` : "";
      writeText(part, `path.slice(${begin}, ${end}${tail})`, wanted, origin, writer);
      return;
    }
    const stop = writer.local(`stop${index}`);
    writer.line(
      `const ${stop} = path.indexOf(${jsString(next?.kind === "literal" ? next.text : "")}, ${offset(from, known + 1)});`,
      origin,
    );
    writeText(part, `path.slice(${begin}, ${stop})`, wanted, origin, writer);
    from = stop;
    known = 0;
  }
}

/** Of two parameters that touch, the known texts of one say where the other is. */
function writeText(
  { name, split }: ParameterPart,
  text: string,
  wanted: ReadonlyMap<string, string>,
  origin: Origin | undefined,
  writer: ParameterWriter,
): void {
  const [first, second] = (split?.names ?? [name]).map((each) => wanted.get(each));
  if (split === undefined || (first === undefined && second === undefined)) {
    if (first !== undefined) writer.line(`const ${first} = ${text};`, origin);
    return;
  }
  const [both, cut] = [writer.local("both"), writer.local("cut")];
  const find = writer.own("styles", split.known === 1 ? "beginOfEnd" : "endOfBegin");
  const texts = writer.constant(`${split.names[split.known]} texts`, jsValue([...split.texts]));
  writer.line(`const ${both} = ${text};`, origin);
  writer.line(`const ${cut} = ${find}(${both}, ${texts});`, origin);
  if (first !== undefined) writer.line(`const ${first} = ${both}.slice(0, ${cut});`, origin);
  if (second !== undefined) writer.line(`const ${second} = ${both}.slice(${cut});`, origin);
}

const offset = (from: string, known: number): string => (from === "" ? String(known) : known === 0 ? from : `${from} + ${known}`);
