import type { Diagnostic } from "../../compiler/index.ts";

type Files = Readonly<Record<string, string>>;

/** What comes of doing literally what the help of a diagnostic says; undefined where its words leave the doing to a person. */
export function followed(files: Files, { help, primary, code }: Diagnostic): Files | undefined {
  const { file, start, end } = primary.origin;
  const text = files[file] ?? "";
  const added = /^Add .* For example `([^`]+: [^`]+)`/.exec(help)?.[1];
  if (code === "load/missing-key" && added !== undefined) return { ...files, [file]: withKey(text, start, added) };
  const value = patterns.map((pattern) => pattern.exec(help)?.[1]).find((found) => found !== undefined);
  // A setting that is named goes somewhere beside what is underlined.
  if (value === undefined || (/^[\w$-]+: /.test(value) && !code.endsWith("-syntax"))) return undefined;
  return { ...files, [file]: text.slice(0, start) + value + text.slice(end) };
}

/** Every way in which a help line shows what to write in place of what is underlined. */
const patterns = [
  /^Did you mean `([^`]+)`/,
  /^Write `([^`]+)`(?! instead of| in its place)/,
  /^Write it in quotes: `([^`]+)`/,
  /^Write it like `([^`]+)`/,
  /^Write [^.]*? (?:such as|as in|like) `([^`]+)`/,
  /^Give it [^.]*? such as `([^`]+)`/,
] as const;

/** The key goes into the flow mapping behind the underlined key, or that the underlined value is. */
function withKey(text: string, start: number, added: string): string {
  const open = text.indexOf("{", start) + 1;
  return `${text.slice(0, open)} ${added}${/^\s*\}/.test(text.slice(open)) ? "" : ","} ${text.slice(open)}`;
}
