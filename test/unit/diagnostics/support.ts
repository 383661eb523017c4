import type { Diagnostic, Label } from "../../../compiler/diagnostics/diagnostic.ts";

/** A label on the first occurrence of `marked` in a file. */
export function label(file: string, source: string, marked: string, text: string): Label {
  const start = source.indexOf(marked);
  if (start < 0) throw new Error(`"${marked}" is not in ${file}`);
  const before = source.slice(0, start).split("\n");
  return { origin: { file, start, end: start + marked.length, line: before.length, column: before.at(-1)!.length + 1 }, text };
}

export const diagnostic = (primary: Label, changes: Partial<Diagnostic> = {}): Diagnostic => ({
  code: "rate-limit/zero-limit",
  severity: "error",
  message: "`0/m` lets nothing pass.",
  primary,
  related: [],
  why: "Every request would be refused.",
  help: "Write a positive number.",
  edits: [],
  ...changes,
});

export const sources = (files: Readonly<Record<string, string>>): ReadonlyMap<string, { readonly text: string }> =>
  new Map(Object.entries(files).map(([path, text]) => [path, { text }]));
