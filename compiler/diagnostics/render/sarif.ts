import type { Origin } from "../../ir/origin.ts";
import type { Diagnostic, Edit } from "../diagnostic.ts";
import type { DiagnosticPage } from "../diagnostic-page.ts";
import { pages } from "../pages.gen.ts";
import { pathFor, type Renderer, type RenderOptions, type Sources } from "./options.ts";
import { generalHelp, placeholdersShown } from "./page.ts";
import { endOf } from "./range.ts";

/** Diagnostics as SARIF 2.1.0 (OASIS), for code scanning. */
export const renderSarif: Renderer = (diagnostics, sources, options = {}) => {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "gatewright",
            ...(options.version === undefined ? {} : { semanticVersion: options.version }),
            rules: codes.map((code) => rule(code, pages[code])),
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((diagnostic) => result(diagnostic, codes.indexOf(diagnostic.code), sources, options)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

function rule(id: string, page: DiagnosticPage | undefined) {
  if (page === undefined) return { id };
  return {
    id,
    shortDescription: { text: escapeBraces(placeholdersShown(page.message)) },
    fullDescription: { text: escapeBraces(placeholdersShown(page.why)) },
    help: { text: escapeBraces([generalHelp(id, page), page.prose].filter((part) => part !== "").join("\n\n")) },
    defaultConfiguration: { level: page.severity },
  };
}

function result(diagnostic: Diagnostic, ruleIndex: number, sources: Sources, options: RenderOptions) {
  const { code, severity, message, primary, related, why, help, edits } = diagnostic;
  const location = (origin: Origin) => ({
    artifactLocation: { uri: uriOf(origin.file, options) },
    region: region(origin, sources),
  });
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: escapeBraces([message, why, help].join("\n")) },
    locations: [{ physicalLocation: location(primary.origin), message: { text: escapeBraces(primary.text) } }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map(({ origin, text }, id) => ({
            id,
            physicalLocation: location(origin),
            message: { text: escapeBraces(text) },
          })),
        }),
    ...(edits.length === 0 ? {} : { fixes: [fix(edits, help, options)] }),
  };
}

/** All edits of a diagnostic belong to one fix; a file may hold several of them. */
function fix(edits: readonly Edit[], help: string, options: RenderOptions) {
  const files = [...new Set(edits.map(({ origin }) => origin.file))];
  return {
    description: { text: escapeBraces(help) },
    artifactChanges: files.map((file) => ({
      artifactLocation: { uri: uriOf(file, options) },
      replacements: edits
        .filter(({ origin }) => origin.file === file)
        .map(({ origin, text }) => ({
          deletedRegion: { charOffset: origin.start, charLength: origin.end - origin.start },
          insertedContent: { text },
        })),
    })),
  };
}

function region(origin: Origin, sources: Sources) {
  const { endLine, endColumn } = endOf(origin, sources);
  return { startLine: origin.line, startColumn: origin.column, endLine, endColumn };
}

const uriOf = (file: string, options: RenderOptions): string =>
  pathFor(file, options).split("/").map(encodeURIComponent).join("/");

/** A single brace would begin a placeholder (SARIF 2.1.0 §3.11.5). */
const escapeBraces = (text: string): string => text.replaceAll("{", "{{").replaceAll("}", "}}");
