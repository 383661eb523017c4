import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { Origin } from "../../../compiler/ir/origin.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";

/** Loads a gateway of one spec with overlays, all of them given as text. */
export async function loadWith(spec: string, overlays: readonly string[]) {
  const files = new Map([["spec.yaml", spec], ...overlays.map((text, index) => [`overlay-${index + 1}.yaml`, text] as const)]);
  const names = [...files.keys()].slice(1);
  files.set(
    "gateway.yaml",
    `gateway: overlays
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { api: { service: origin, versions: { v1: { spec: spec.yaml, overlays: [${names.join(", ")}] } } } }
services: { origin: { endpoints: ["http://127.0.0.1:9001"] } }
`,
  );
  const sink = new DiagnosticSink();
  const sources = await load("gateway.yaml", sink, memoryDisk(files));
  const shown = ({ file, start, end }: Origin): string => (files.get(file) ?? "").slice(start, end);
  const spec31 = sources?.specs.get(`spec.yaml with ${names.join(" and ")}`);
  const found = sink
    .sorted()
    .map(({ severity, code, message, help, primary }) => ({ severity, code, message, help, shown: shown(primary.origin) }));
  const bySeverity = (wanted: string) => found.flatMap(({ severity, ...rest }) => (severity === wanted ? [rest] : []));
  return {
    document: spec31?.document,
    spec: spec31,
    positions: sources?.positions,
    shown,
    codes: found.map(({ code }) => code),
    errors: bySeverity("error"),
    warnings: bySeverity("warning"),
  };
}
