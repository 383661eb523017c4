import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { otherDocument } from "./messages.gen.ts";

const kinds = {
  spec: { noun: "an OpenAPI document", keys: ["openapi", "swagger"], place: "Name it as `spec` of an API version." },
  gateway: { noun: "a gateway file", keys: ["gateway"], place: "Name it on the command line." },
  policies: { noun: "a policy file", keys: ["all", "operations"], place: "Name it as `policies` of an API version or route." },
} as const;

export type DocumentKind = keyof typeof kinds;

/**
 * Reports a document that is plainly of another kind than the one wanted: to hold it against the wrong shape would
 * find fault with every one of its keys.
 *
 * @param at its first character
 * @returns whether it was reported
 */
export function isOtherDocument(value: JsonValue, wanted: DocumentKind, file: string, at: Origin, sink: DiagnosticSink): boolean {
  if (!isObject(value) || kinds[wanted].keys.some((key) => Object.hasOwn(value, key))) return false;
  const found = (Object.keys(kinds) as DocumentKind[]).find((kind) => kinds[kind].keys.some((key) => Object.hasOwn(value, key)));
  if (found === undefined) return false;
  const help = `${kinds[found].place} Here stands ${kinds[wanted].noun}.`;
  sink.report(otherDocument(at, { file, found: kinds[found].noun, wanted: kinds[wanted].noun, help }));
  return true;
}
