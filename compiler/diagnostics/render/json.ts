import type { Label } from "../diagnostic.ts";
import { countBySeverity, pathFor, type Renderer } from "./options.ts";
import { endOf } from "./range.ts";

/**
 * Diagnostics for programs. The shape is stable: members are added, never renamed or taken away. Offsets, lines and
 * columns count UTF-16 code units; lines and columns from 1.
 */
export const renderJson: Renderer = (diagnostics, sources, options = {}) => {
  const place = ({ file, start, end, line, column }: Label["origin"]) => ({
    file: pathFor(file, options),
    start,
    end,
    line,
    column,
    ...endOf({ file, start, end, line, column }, sources),
  });
  const label = ({ origin, text }: Label) => ({ ...place(origin), text });
  const report = {
    version: 1,
    diagnostics: diagnostics.map(({ code, severity, message, primary, related, why, help, edits }) => ({
      code,
      severity,
      message,
      primary: label(primary),
      related: related.map(label),
      why,
      help,
      edits: edits.map(label),
    })),
    summary: countBySeverity(diagnostics),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
};
