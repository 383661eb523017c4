import { parse } from "yaml";

/** Entries of a list that are read in one step: some tenths of a millisecond, unless there is much in one. */
const entriesPerStep = 4;

/** A line of a list that is not indented and stands alone: one where an entry begins, what belongs to it, a comment, or nothing. */
const plainLine = /^(?:-(?:[ \t].*)?|[ #].*)?\r?$/;

/** What an entry may refer to others with, or be referred to. */
const references = /[&*]/;

/**
 * What a text of YAML 1.2 says, of which JSON is a part. Where it is a list, its entries are given to `take` instead, and it is
 * empty: those of a list that is not indented, without anchors and aliases, in steps, as a parser of YAML takes a hundred times as
 * long as one of JSON; an entry is never divided. Throws where it is none, or where aliases would make much of little.
 */
export function* yamlInSteps(text: string, take: (entry: unknown) => void): Generator<undefined, unknown> {
  const lines = linesOfList(text);
  if (lines === undefined) {
    const value = read(text);
    if (!Array.isArray(value)) return value;
    for (const entry of value as readonly unknown[]) take(entry);
    return [];
  }
  for (let from = 0; from < lines.length; ) {
    let end = from;
    for (let entries = 0; end < lines.length && (entries < entriesPerStep || !lines[end]!.startsWith("-")); end++)
      if (lines[end]!.startsWith("-")) entries++;
    // A list, as each of its entries begins with a dash; nothing where there are only comments.
    for (const entry of (part(lines, from, end) ?? []) as readonly unknown[]) take(entry);
    from = end;
    yield;
  }
  return [];
}

/** Undefined: only as a whole it can be read. */
function linesOfList(text: string): string[] | undefined {
  if (references.test(text)) return undefined;
  const lines = text.split("\n");
  if (/^---[ \t]*\r?$/.test(lines[0]!)) lines[0] = "";
  const first = lines.find((line) => /^[^#\r]/.test(line));
  return first?.startsWith("-") === true && lines.every((line) => plainLine.test(line)) ? lines : undefined;
}

function part(lines: readonly string[], from: number, end: number): unknown {
  const text = lines.slice(from, end).join("\n");
  try {
    return read(text);
  } catch {
    // Again, so that it says at which line of the whole.
    return read("\n".repeat(from) + text);
  }
}

const read = (text: string): unknown => parse(text, { maxAliasCount: 100, prettyErrors: true });
