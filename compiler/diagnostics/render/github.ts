import { pathFor, type Renderer } from "./options.ts";
import { endOf } from "./range.ts";

/** Diagnostics as workflow commands, which GitHub and compatible CI systems turn into annotations of the changed lines. */
export const renderGithub: Renderer = (diagnostics, sources, options = {}) =>
  diagnostics
    .map(({ code, severity, message, primary, related, why, help }) => {
      const { file, line, column } = primary.origin;
      const { endLine, endColumn } = endOf(primary.origin, sources);
      const properties = {
        file: pathFor(file, options),
        line: String(line),
        endLine: String(endLine),
        col: String(column),
        // Columns of an annotation are shown only where it begins and ends on one line.
        ...(endLine === line ? { endColumn: String(endColumn) } : {}),
        title: code,
      };
      const places = related.map((label) => `${pathFor(label.origin.file, options)}:${label.origin.line}: ${label.text}`);
      const text = [message, ...places, why, help].join("\n");
      const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
      return `::${severity} ${written.join(",")}::${escapeData(text)}\n`;
    })
    .join("");

const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
