import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { Origin } from "../../../compiler/ir/origin.ts";
import { lineStarts, Positions } from "../../../compiler/ir/positions.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import type { ParsedFile } from "../../../compiler/source/tree.ts";
import { project } from "./project.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Loads the small project with some of its files replaced or added. */
export async function loadProject(files: Files) {
  const sink = new DiagnosticSink();
  const all = new Map(Object.entries({ ...project, ...files }));
  const sources = await load("gateway.yaml", sink, memoryDisk(all));
  /** What the diagnostic underlines. */
  const shown = ({ file, start, end }: Origin): string => (all.get(file) ?? "").toString().slice(start, end);
  const found = sink.sorted().map(({ code, primary, message, help, related, edits }) => ({
    code,
    at: `${primary.origin.file}:${primary.origin.line}:${primary.origin.column}`,
    shown: shown(primary.origin),
    message,
    help,
    related: related.map(({ origin }) => `${origin.file}:${origin.line}:${origin.column}`),
    edits: edits.map((edit) => `${shown(edit.origin)} -> ${edit.text}`),
  }));
  return { sources, found, codes: found.map(({ code }) => code) };
}

export function parsedFile(text: string, path = "file"): { file: ParsedFile; sink: DiagnosticSink; positions: Positions } {
  const positions = new Positions();
  return {
    file: { path, text, number: positions.addFile(path, lineStarts(text)), positions },
    sink: new DiagnosticSink(),
    positions,
  };
}
