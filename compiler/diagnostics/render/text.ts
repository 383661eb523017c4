import type { Diagnostic, Label } from "../diagnostic.ts";
import { type Paint, painter } from "./colours.ts";
import { printable } from "./columns.ts";
import { frame } from "./frame.ts";
import { pathFor, type Renderer, type RenderOptions, type Sources, summary } from "./options.ts";
import { endOf } from "./range.ts";
import { wrap } from "./wrap.ts";

/** Diagnostics for people: sentence, code frames, why it matters, what to write instead; at the end how many there are. */
export const renderText: Renderer = (diagnostics, sources, options = {}) => {
  if (diagnostics.length === 0) return "";
  const paint = painter(options.colour === true);
  const shown = diagnostics.slice(0, options.limit ?? 50);
  const blocks = shown.map((diagnostic) => renderOne(diagnostic, sources, options, paint));
  const more = diagnostics.length - shown.length;
  if (more > 0) blocks.push(`… and ${more} more`);
  const isBroken = diagnostics.some(({ severity }) => severity === "error");
  return `${[...blocks, paint(["bold", isBroken ? "red" : "yellow"], summary(diagnostics))].join("\n\n")}\n`;
};

function renderOne(diagnostic: Diagnostic, sources: Sources, options: RenderOptions, paint: Paint): string {
  const { code, severity, message, primary, related, why, help } = diagnostic;
  const width = options.width ?? 120;
  const labels = [primary, ...related];
  const gutter = Math.max(...labels.map(({ origin }) => String(endOf(origin, sources).endLine).length)) + 2;
  const colour = severity === "error" ? "red" : "yellow";
  const draw = (label: Label, format: Parameters<Paint>[0]): string[] => {
    const { file, line, column } = label.origin;
    const place = `  ${paint("cyan", `${printable(pathFor(file, options))}:${line}:${column}`)}`;
    const text = sources.get(file)?.text;
    const source = text === undefined || label.isSecret !== true ? text : masked(text, label.origin);
    if (source === undefined) return [label.text === "" ? place : `${place} ${printable(label.text)}`];
    return [place, ...frame(label, source, { gutter, width, paint: (text) => paint(format, text), dim: paint })];
  };
  const advice = (name: string, text: string): string[] =>
    wrap(printable(text), width - 8).map((line, index) =>
      `  ${index === 0 ? paint("bold", name.padEnd(6)) : "      "}${line}`.trimEnd(),
    );
  return [
    `${paint(["bold", colour], `${severity}[${code}]`)} ${paint("bold", printable(message))}`,
    "",
    ...draw(primary, ["bold", colour]),
    ...related.flatMap((label) => draw(label, "blue")),
    "",
    ...advice("why", why),
    ...advice("help", help),
    ...advice("docs", `gatewright explain ${code}`),
  ].join("\n");
}

/** The source with the range made unreadable, in the same shape. */
const masked = (source: string, { start, end }: Label["origin"]): string =>
  `${source.slice(0, start)}${source.slice(start, end).replaceAll(/\S/g, "•")}${source.slice(end)}`;
