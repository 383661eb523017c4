import { dirname, relative } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { renderGithub } from "../diagnostics/render/github.ts";
import { renderJson } from "../diagnostics/render/json.ts";
import { renderSarif } from "../diagnostics/render/sarif.ts";
import { renderText } from "../diagnostics/render/text.ts";
import type { Checked } from "../index.ts";
import { packageVersion } from "../package-root.ts";
import { UsageError } from "./usage-error.ts";

export type Format = "text" | "json" | "sarif" | "github";

const renderers: Record<Format, typeof renderText> = {
  text: renderText,
  json: renderJson,
  sarif: renderSarif,
  github: renderGithub,
};

/** The value of `--format`, or a usage error that names the choices. */
export function formatOption<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`\`--format ${String(value)}\` is unknown; write one of ${choices.join(", ")}.`);
  return found;
}

/**
 * Prints diagnostics: text for people on standard error, so that standard output stays free for results; formats for
 * programs on standard output. Returns the exit code.
 *
 * @param entry path of the gateway file, to name files as seen from the current folder
 * @param quiet whether warnings are counted only; formats for programs have them all
 */
export function report(checked: Checked, format: Format, entry: string, quiet = false): number {
  const stream = format === "text" ? process.stderr : process.stdout;
  const text = renderers[format](checked.diagnostics, checked.sources.files, {
    colour: format === "text" && coloured(process.stderr),
    quiet,
    folder: relative("", dirname(entry)).replaceAll("\\", "/"),
    version: packageVersion(),
  });
  if (text !== "") stream.write(text.endsWith("\n") ? text : `${text}\n`);
  return hasErrors(checked.diagnostics) ? 1 : 0;
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === "error");

/** Colour for terminals, unless NO_COLOR (https://no-color.org) is set. */
export const coloured = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !process.env.NO_COLOR;
