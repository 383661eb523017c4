import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { latestCompatibility } from "../../ir/compatibility.ts";
import { freeze } from "../../ir/freeze.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { linkApiErrors } from "./api-errors.ts";
import { linkApiOperations } from "./api-operations.ts";
import { linkVersions } from "./api-versions.ts";
import { declaredSchemes } from "./declared-schemes.ts";
import { fillGatewayDefaults } from "./defaults.ts";
import type { LinkedGateway } from "./linked-gateway.ts";
import { Merger } from "./merge.ts";
import { compatibilityUnknown } from "./messages.gen.ts";
import { linkProtectedResources } from "./protected-resources.ts";
import { linkRoutes } from "./routes.ts";
import { gatewayLayer } from "./selectors.ts";

/**
 * Second phase: brings specs and policy files together. Gives every operation its public path, its service and its
 * effective policies, each option with the place it came from.
 */
export function link(sources: SourceSet, sink: DiagnosticSink): LinkedGateway {
  const { positions } = sources;
  const file = fillGatewayDefaults(sources.gateway, positions);
  const versions = linkVersions(file, positions, sink);
  const gatewayPolicies = sources.gateway.policies;
  const merger = new Merger(positions, sink, file.compatibility);
  const operations = [
    ...versions.flatMap((version) => linkApiOperations(version, file, sources, merger, sink)),
    ...linkRoutes(file, sources, merger, sink),
  ];
  const declared = declaredSchemes(sources);
  operations.push(...linkProtectedResources(file, operations, declared, sources, merger, sink));
  const unmatched =
    gatewayPolicies === undefined ? [] : merger.merge([gatewayLayer(gatewayPolicies)], "requests that match no operation");
  const apiErrors = linkApiErrors(
    versions.map((version) => version.ir),
    sources,
    merger,
  );
  merger.reportIdleOffs();
  if (file.compatibility > latestCompatibility)
    sink.report(
      compatibilityUnknown(positions.value(file, "compatibility"), { date: file.compatibility, latest: latestCompatibility }),
    );
  return {
    file,
    written: sources.gateway,
    positions,
    textOf: (path) => sources.files.get(path)?.text,
    sources: [...sources.files.values()].map(({ path, sha256 }) => ({ file: path, sha256 })),
    apis: freeze(versions.map((version) => version.ir)),
    operations: operations.toSorted(bySpec),
    gatewayPolicies: freeze(unmatched),
    apiErrors: freeze(apiErrors),
    declaredSchemes: declared,
  };
}

type Sortable = LinkedGateway["operations"][number];

/** The order of files and of keys never decides anything, so it must not show either. */
function bySpec(a: Sortable, b: Sortable): number {
  return (
    compare(a.api ?? "~", b.api ?? "~") ||
    compare(a.version ?? "", b.version ?? "") ||
    compare(a.specPath, b.specPath) ||
    compare(a.match.method, b.match.method) ||
    compare(a.id, b.id)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
