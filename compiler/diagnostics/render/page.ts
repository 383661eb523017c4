import type { Diagnostic } from "../diagnostic.ts";
import type { DiagnosticPage } from "../diagnostic-page.ts";
import { pages } from "../pages.gen.ts";
import { suggestion } from "../suggest.ts";
import { painter } from "./colours.ts";
import { printable } from "./columns.ts";
import type { RenderOptions } from "./options.ts";
import { wrap } from "./wrap.ts";

export const isDiagnosticCode = (code: string): boolean => Object.hasOwn(pages, code);

/** A sentence for a code that no diagnostic has, which names the nearest one. */
export const unknownDiagnostic = (code: string): string =>
  `There is no diagnostic \`${printable(code)}\`. ${suggestion(printable(code), Object.keys(pages))}`;

/**
 * The page of a diagnostic for the terminal.
 *
 * @param found what its example gives: a template alone says too little where all of it depends on the place
 */
export function renderPage(
  code: string,
  page: DiagnosticPage,
  found: Diagnostic | undefined,
  options: RenderOptions = {},
): string {
  const paint = painter(options.colour === true);
  const width = options.width ?? 100;
  const example = (title: string, files: Readonly<Record<string, string>>): string[] =>
    Object.entries(files).flatMap(([file, text]) => ["", paint("bold", `${title} (${file})`), "", ...indented(text)]);
  const advice = (name: string, text: string): string[] =>
    wrap(text, width - 6).map((line, index) => `${index === 0 ? paint("bold", name.padEnd(6)) : "      "}${line}`);
  const why = found?.why ?? placeholdersShown(page.why);
  const ofExample =
    found === undefined || !hasPlaceholder(page.message + page.help)
      ? []
      : [
          "",
          `Of the example below it says, at ${found.primary.origin.file}:${found.primary.origin.line}:`,
          "",
          ...advice("", printable(found.message)),
          ...advice("help", printable(found.help)),
        ];
  return [
    ...wrap(`${page.severity}[${code}] ${placeholdersShown(page.message)}`, width).map((line) =>
      paint(["bold", page.severity === "error" ? "red" : "yellow"], line),
    ),
    "",
    ...advice("why", why),
    ...(hasPlaceholder(page.help) && found !== undefined ? [] : advice("help", placeholdersShown(page.help))),
    ...ofExample,
    ...(page.prose === "" ? [] : ["", page.prose]),
    ...example("Wrong", page.bad),
    ...example("Right", page.good),
  ].join("\n");
}

const hasPlaceholder = (template: string): boolean => placeholdersShown(template) !== template.replaceAll(/\{\{|\}\}/g, "");

/** The help of a page for those who have no example before them. */
export const generalHelp = (code: string, { help }: DiagnosticPage): string =>
  /^\{\w+\}$/.test(help) ? `\`gatewright explain ${code}\` shows an example of it, wrong and right.` : placeholdersShown(help);

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
