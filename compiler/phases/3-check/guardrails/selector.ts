import type { Guardrail } from "../../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import { suggestion } from "../../../diagnostics/suggest.ts";
import { parsePathTemplate, templateProblems } from "../../../routing/path-template.ts";
import type { LinkedGateway } from "../../2-link/linked-gateway.ts";
import { guardrailBadPath, guardrailUnknownPart } from "../messages.gen.ts";
import type { Candidate, Selection } from "./selection.ts";

type Part = "apis" | "services" | "tags" | "paths" | "hosts";

/** What one part of a selector may name. */
interface Names {
  readonly word: string;
  readonly isKnown: (name: string) => boolean;
  readonly known: readonly string[];
  /** Declared in gateway.yaml itself: no operation to come makes such a name right. */
  readonly isClosed: boolean;
}

/**
 * Each name in a selector has to mean something, as a misspelt one would silently leave out what it was meant for. True
 * where one does not, or where a path cannot be read, which is reported. `mayBeEmpty` allows for names to come.
 */
export function checkSelector(
  guardrail: Guardrail,
  candidates: readonly Candidate[],
  selection: Selection,
  { file, positions }: LinkedGateway,
  selectsSome: boolean,
  sink: DiagnosticSink,
): boolean {
  const { select, mayBeEmpty = false } = guardrail;
  let isWrong = false;
  for (const [part, { word, isKnown, known, isClosed }] of Object.entries(namesOf(candidates, selection, file))) {
    const written = select[part as Part] ?? [];
    // One name that means nothing is a guardrail that selects nothing, which is reported as such.
    const matters = isClosed || (!mayBeEmpty && (selectsSome || written.length > 1));
    for (const [index, name] of written.entries()) {
      const at = positions.value(written, index);
      const { error } = part === "paths" ? parsePathTemplate(name, { wildcards: true }) : { error: undefined };
      if (error !== undefined) sink.report(guardrailBadPath(at, { path: name, reason: templateProblems[error.reason] }));
      else if (matters && !isKnown(name)) {
        const wait = isClosed ? "" : " Where the guardrail waits for operations to come, write `mayBeEmpty: true`.";
        sink.report(guardrailUnknownPart(at, { word, name, suggestion: suggestion(name, known) + wait }));
      } else continue;
      isWrong = true;
    }
  }
  return isWrong;
}

function namesOf(candidates: readonly Candidate[], selection: Selection, file: LinkedGateway["file"]): Record<Part, Names> {
  const oneOf = (word: string, known: readonly string[], isClosed: boolean): Names => {
    const all = new Set(known);
    return { word, known: [...all], isKnown: (name) => all.has(name), isClosed };
  };
  const templates = candidates.flatMap(({ operation, ir }) => [operation.specPath, ir.match.path.template]);
  const hosts = candidates.flatMap(({ ir }) => ir.match.hosts);
  return {
    apis: oneOf("API", Object.keys(file.apis ?? {}), true),
    services: oneOf("service", Object.keys(file.services ?? {}), true),
    tags: oneOf(
      "tag",
      candidates.flatMap(({ operation }) => operation.tags),
      false,
    ),
    paths: { ...oneOf("path", templates, false), isKnown: selection.isKnownPath },
    hosts: { ...oneOf("host", hosts, false), isKnown: selection.isKnownHost },
  };
}
