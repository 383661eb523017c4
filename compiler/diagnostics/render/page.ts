import type { DiagnosticPage } from "../diagnostic-page.ts";
import { pages } from "../pages.gen.ts";
import { suggestion } from "../suggest.ts";
import { painter } from "./colours.ts";
import { printable } from "./columns.ts";
import type { RenderOptions } from "./options.ts";
import { wrap } from "./wrap.ts";

export const isDiagnosticCode = (code: string): boolean => Object.hasOwn(pages, code);

/** The page of a diagnostic for the terminal; for an unknown code a sentence that names the nearest one. */
export function explainCode(code: string, options: RenderOptions = {}): string {
  if (!isDiagnosticCode(code))
    return `There is no diagnostic \`${printable(code)}\`. ${suggestion(printable(code), Object.keys(pages))}`;
  return renderPage(code, pages[code]!, options);
}

export function renderPage(code: string, page: DiagnosticPage, options: RenderOptions = {}): string {
  const paint = painter(options.colour === true);
  const width = options.width ?? 100;
  const example = (title: string, files: Readonly<Record<string, string>>): string[] =>
    Object.entries(files).flatMap(([file, text]) => ["", paint("bold", `${title} (${file})`), "", ...indented(text)]);
  const advice = (name: string, text: string): string[] =>
    wrap(placeholdersShown(text), width - 6).map(
      (line, index) => `${index === 0 ? paint("bold", name.padEnd(6)) : "      "}${line}`,
    );
  return [
    ...wrap(`${page.severity}[${code}] ${placeholdersShown(page.message)}`, width).map((line) =>
      paint(["bold", page.severity === "error" ? "red" : "yellow"], line),
    ),
    "",
    ...advice("why", page.why),
    ...advice("help", page.help),
    ...(page.prose === "" ? [] : ["", page.prose]),
    ...example("Wrong", page.bad),
    ...example("Right", page.good),
  ].join("\n");
}

/** A template as a reader should see it: `{spec}` as `<spec>`, `{{name}}` as `{name}`. */
export const placeholdersShown = (template: string): string =>
  template.replaceAll(
    /\{\{([a-z][A-Za-z0-9]*)\}\}|\{([a-z][A-Za-z0-9]*)\}/g,
    (_, literal: string | undefined, name: string | undefined) => (literal === undefined ? `<${name}>` : `{${literal}}`),
  );

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd());
