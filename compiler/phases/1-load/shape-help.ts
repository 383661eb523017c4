import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { type JsonKind, words } from "../../source/json-kind.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { repaired } from "../../text/format-repairs.ts";
import { type Format, formats } from "../../text/formats.ts";
import { own } from "../../text/own.ts";
import { patternWords } from "../../text/pattern-words.ts";
import type { CutText } from "./cut-text.ts";
import { followSchemaRef, type LocatedSchema } from "./schema-kinds.ts";
import { inYaml, meantValue, sampleValue } from "./shape-example.ts";
import { gluedKey } from "./yaml-mistake.ts";

/** What to write instead of a value of another type: what was meant if that can be told, else an example, else the kind. */
export function typeHelp(
  value: JsonValue,
  written: LocatedSchema,
  expected: string,
  isRight: (candidate: JsonValue) => boolean,
): string {
  const located = followSchemaRef(written);
  const meant = meantValue(value, located, isRight);
  const { format, description } = located.schema;
  const noun = typeof meant === "string" && format !== undefined ? formats[format] : undefined;
  if (meant !== undefined)
    return noun === undefined || noun.asKind !== undefined
      ? `Write \`${inYaml(meant)}\`.`
      : `Write ${noun.noun} such as \`${inYaml(meant)}\`.`;
  const sample = sampleValue(located);
  if (sample !== undefined && isRight(sample)) return `Write ${expected}, such as \`${inYaml(sample)}\`.`;
  const about = written.schema.description ?? description;
  return about === undefined ? `Write ${expected}.` : `Write ${expected}. ${about}`;
}

export function formatHelp(text: string, name: string, format: Format, isRight: (candidate: JsonValue) => boolean): string {
  const meant = repaired(text, name);
  return meant === undefined || !isRight(meant)
    ? `Write it like ${format.example}.`
    : `Did you mean \`${format.noun === "a port" ? meant : inYaml(meant)}\`? It is written like ${format.example}.`;
}

export function patternHelp(pattern: string, { maxLength, examples, default: usual, format }: JsonSchema): string {
  const meaning = own(patternWords, pattern) ?? `text that matches the regular expression \`${pattern}\``;
  // One of the default is right for sure, one of the format where nothing but the format and the pattern bounds the value.
  const sample = examples?.[0] ?? usual;
  const shown = sample === undefined ? own(formats, format ?? "")?.example : `\`${inYaml(sample as JsonValue)}\``;
  const example = shown === undefined || meaning.includes("as in") ? "" : `, as in ${shown}`;
  return `Write ${meaning}${example}${maxLength === undefined ? "" : `; at most ${maxLength} characters`}.`;
}

/** The nearest number that fits, and which others do. */
export function rangeHelp(
  value: number,
  limits: string,
  { minimum, maximum }: { readonly minimum?: number; readonly maximum?: number },
): string {
  const near =
    minimum !== undefined && value < minimum ? minimum : maximum !== undefined && value > maximum ? maximum : undefined;
  return near === undefined ? `Write a number that is ${limits}.` : `Write \`${near}\`, or another number that is ${limits}.`;
}

/** A value of a right size where one can be shown. */
export function sizeHelp(name: string | undefined, expected: string, sample: JsonValue | undefined): string {
  const without = name === undefined ? "" : `, or leave \`${name}\` out`;
  return `Give it ${expected}${sample === undefined ? "" : `, such as \`${inYaml(sample)}\``}${without}.`;
}

/** A key that is needed, with a value where one can be shown. */
export function missingKeyHelp(
  key: string,
  located: LocatedSchema | undefined,
  isRight: (candidate: JsonValue) => boolean,
): string {
  const description = located?.schema.description;
  const sample = located === undefined ? undefined : sampleValue(located);
  const example = sample !== undefined && isRight(sample) ? ` For example \`${key}: ${inYaml(sample)}\`.` : "";
  return `Add \`${key}\`${description === undefined ? "." : `: ${description}`}${example}`;
}

/** What a key was to be that nobody knows. */
export function keyHelp(key: string, near: string | undefined, known: readonly string[]): string {
  const glued = gluedKey(key);
  if (glued !== undefined && near !== undefined) return `Write a space behind the colon: \`${near}: ${glued.value}\`.`;
  if (key.startsWith("\u00a0"))
    return "It begins with a no-break space (U+00A0), which is text and no indentation: replace it by an ordinary space.";
  return near === undefined ? suggestion(key, known) : `Did you mean \`${near}\`?`;
}

/** It was the end of a value. */
export const cutHelp = ({ quoted }: CutText): string =>
  `Inside of \`{ }\` a comma ends text without quotes. Write the whole of it in quotes: \`${quoted}\`.`;

/** The value itself where it is short, so that `yes` is not called text without showing why. */
export function foundWords(value: JsonValue, kind: JsonKind): string {
  if (kind === "string") return (value as string).length <= 40 ? `the text \`${value as string}\`` : "text";
  return kind === "number" ? `the number \`${String(value)}\`` : kind === "boolean" ? `\`${String(value)}\`` : words[kind];
}
