import type { Diagnostic, Label } from "../diagnostic.ts";
import { type Paint, painter } from "./colours.ts";
import { displayWidth, printable, slice } from "./columns.ts";
import { frame } from "./frame.ts";
import { type Group, groupByCode, type Sentence } from "./groups.ts";
import { pathFor, type Renderer, type RenderOptions, type Sources, summary } from "./options.ts";
import { endOf } from "./range.ts";
import { wrap } from "./wrap.ts";

/** Lines for further findings of one code. */
const mostOthers = 8;

/** Lines for the sentences of one code of which there are many. */
const mostSentences = 5;

/**
 * Diagnostics for people: sentence, code frames, why it matters, what to write instead; at the end how many there are.
 * Of a code that comes up often, the first is shown in full and a few others by place and sentence; warnings that come up
 * very often are a line with their number.
 */
export const renderText: Renderer = (diagnostics, sources, options = {}) => {
  if (diagnostics.length === 0) return "";
  const paint = painter(options.colour === true);
  const groups = groupByCode(diagnostics);
  const wanted = options.quiet === true ? groups.filter(({ first }) => first.severity === "error") : groups;
  const shown = wanted.slice(0, options.limit ?? 50);
  const blocks = shown.map(({ first, others, sentences }) =>
    sentences === undefined
      ? [renderOne(first, sources, options, paint), ...renderOthers(first, others, options, paint)].join("\n")
      : renderSentences(sentences, options, paint),
  );
  const more = wanted.slice(shown.length).reduce((sum, { others }) => sum + 1 + others.length, 0);
  if (more > 0) blocks.push(`… and ${more} more; \`--format json\` has all of them`);
  const isBroken = diagnostics.some(({ severity }) => severity === "error");
  const sum = paint(["bold", isBroken ? "red" : "yellow"], summary(diagnostics));
  return `${[...blocks, [sum, ...tally(groups, options.quiet === true)].join("\n")].join("\n\n")}\n`;
};

const placeOf = ({ primary: { origin } }: Diagnostic, options: RenderOptions): string =>
  printable(`${pathFor(origin.file, options)}:${origin.line}:${origin.column}`);

/** A line for each sentence, with the number of findings that say it and the place of the first. */
function renderSentences(sentences: readonly Sentence[], options: RenderOptions, paint: Paint): string {
  const lines = sentences.slice(0, mostSentences).map(({ first, count }) => {
    const times = count === 1 ? "" : `${count} times: `;
    const text = printable(first.message).replaceAll("\n", " ");
    const place = paint("cyan", placeOf(first, options));
    return `${paint(["bold", "yellow"], `warning[${first.code}]`)} ${times}${text} ${count === 1 ? "At" : "First at"} ${place}`;
  });
  const more = sentences.slice(mostSentences).reduce((sum, { count }) => sum + count, 0);
  const { code } = sentences[0]!.first;
  const rest = more > 0 ? `${more} more of ${code}. ` : "";
  return [...lines, `  ${rest}\`gatewright explain ${code}\` says why and what to do; \`--format json\` has all places.`].join(
    "\n",
  );
}

/** A few others: those that say something else by place and sentence, those that say the same by their places. */
function renderOthers(first: Diagnostic, others: readonly Diagnostic[], options: RenderOptions, paint: Paint): string[] {
  if (others.length === 0) return [];
  const width = options.width ?? 120;
  const different = others.filter(({ message }) => message !== first.message).slice(0, mostOthers);
  const same = others.filter(({ message }) => message === first.message).slice(0, mostOthers - different.length);
  const lines = different.map((diagnostic) => {
    const place = placeOf(diagnostic, options);
    const text = printable(diagnostic.message).replaceAll("\n", " ");
    const room = Math.max(40, width - displayWidth(place) - 6);
    return `    ${paint("cyan", place)}  ${displayWidth(text) <= room ? text : `${slice(text, 0, room - 1)}…`}`;
  });
  if (same.length > 0)
    lines.push(
      ...wrap(`the same at ${same.map((diagnostic) => placeOf(diagnostic, options)).join(", ")}`, width - 4).map(
        (line) => `    ${line}`,
      ),
    );
  const more = others.length - different.length - same.length;
  const rest = more > 0 ? [`    … and ${more} more; \`--format json\` has all of them`] : [];
  return ["", `  ${paint("bold", `${others.length} more of ${first.code}`)}`, ...lines, ...rest];
}

/** How often each code came up, where that is not to be seen above. */
function tally(groups: readonly Group[], isQuiet: boolean): string[] {
  const many = groups.filter(({ others, sentences }) => sentences === undefined && others.length > mostOthers);
  const isHidden = isQuiet && groups.some(({ first }) => first.severity === "warning");
  if (many.length === 0 && !isHidden) return [];
  const counts = new Map<string, number>();
  for (const { first, others } of groups) counts.set(first.code, (counts.get(first.code) ?? 0) + 1 + others.length);
  const columns = Math.max(...[...counts.values()].map((count) => String(count).length));
  return [...counts].map(([code, count]) => `  ${String(count).padStart(columns)} × ${code}`);
}

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
