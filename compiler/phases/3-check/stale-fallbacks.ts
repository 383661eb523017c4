import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import { list } from "../../text/words.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { staleFallback, staleFallbackUnused } from "./messages.gen.ts";

/** Methods whose answers can be kept. */
const kept: readonly string[] = ["GET", "HEAD", "*"];

/** A service whose fallback are stale answers needs something that keeps them, on each operation that could have some. */
export function checkStaleFallbacks(
  { file, positions }: LinkedGateway,
  operations: readonly OperationIr[],
  sink: DiagnosticSink,
): void {
  for (const [name, service] of Object.entries(file.services ?? {})) {
    if (service.fallback?.stale !== true) continue;
    const readers = operations.filter((operation) => kept.includes(operation.match.method) && reaches(operation, name));
    const at = positions.pointer(service, "/fallback/stale");
    if (readers.length === 0) sink.report(staleFallbackUnused(at, { service: name }));
    const without = readers.filter(
      ({ steps }) => !steps.some(({ answer, when }) => answer?.standsIn === true && when === undefined),
    );
    if (without.length === 0) continue;
    sink.report(
      staleFallback(
        at,
        { service: name, operations: list(without.map(({ operationId }) => operationId)) },
        { related: without.map(({ origin }) => ({ origin, text: "keeps no answer for it" })) },
      ),
    );
  }
}

const reaches = ({ forward, steps }: OperationIr, service: string): boolean =>
  forward.kind === "forward" &&
  (forward.service === service ||
    steps.some(
      ({ reroutes }) => reroutes?.service === service || reroutes?.arms?.some((arm) => arm.service === service) === true,
    ));
