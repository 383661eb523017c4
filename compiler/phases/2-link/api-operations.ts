import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { type PathTemplateError, parsePathTemplate, templateProblems, templateRemedies } from "../../routing/path-template.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { apiErrorLayers } from "./api-errors.ts";
import type { LinkedVersion } from "./api-versions.ts";
import type { LinkedOperation } from "./linked-gateway.ts";
import { withManySegments } from "./many-segments.ts";
import type { Merger } from "./merge.ts";
import { badPathTemplate, noOperations, pathNotRoutable } from "./messages.gen.ts";
import { parameterTexts } from "./parameter-texts.ts";
import { checkSelectors, layersOf } from "./selectors.ts";
import { ServicePaths } from "./service-path.ts";
import { specOperations } from "./spec-operations.ts";

/** The operations of one version of one API. */
export function linkApiOperations(
  version: LinkedVersion,
  gateway: GatewayFile,
  sources: SourceSet,
  merger: Merger,
  sink: DiagnosticSink,
): LinkedOperation[] {
  const { positions } = sources;
  const { ir, settings } = version;
  const spec = sources.specs.get(settings.spec);
  if (spec === undefined) return [];
  const policyFile = settings.policies === undefined ? undefined : sources.policyFiles.get(settings.policies);
  const operations = specOperations(spec, positions, sink);
  if (operations.length === 0) sink.report(noOperations(positions.value(settings, "spec"), { spec: settings.spec }));
  if (policyFile !== undefined) checkSelectors(policyFile, settings.spec, operations, positions, sink);

  const api = gateway.apis![ir.api]!;
  const service =
    settings.service !== undefined
      ? { name: settings.service, origin: positions.value(settings, "service") }
      : api.service !== undefined
        ? { name: api.service, origin: positions.value(api, "service") }
        : undefined;
  const apiLayers = apiErrorLayers(ir, sources);
  const { prefix } = ir.versioning;
  const servicePaths = new ServicePaths(spec, settings.servicePath ?? settings.basePath);

  const linked = operations.flatMap((operation): LinkedOperation[] => {
    const template = `${prefix}${operation.path}`;
    const parsed = parsePathTemplate(template, { wildcards: false, textsOf: parameterTexts(operation, spec) });
    if (parsed.error !== undefined) {
      reportTemplate(parsed.error, operation.path, operation.pathOrigin, sink);
      return [];
    }
    const policies = merger.merge(
      layersOf(operation, sources.gateway.policies, apiLayers, policyFile, positions),
      operation.operationId,
    );
    const isSentElsewhere = policies.some(({ name, off }) => name === "routeTo" && !off);
    if (!isSentElsewhere) servicePaths.note(operation);
    return [
      {
        id: `${ir.api}.${ir.version}.${operation.operationId}`,
        operationId: operation.operationId,
        api: ir.api,
        version: ir.version,
        tags: operation.tags,
        specPath: operation.path,
        match: {
          method: operation.method,
          path: { segments: withManySegments(parsed.segments, policies), template },
          hosts: version.hosts,
          headers: [],
          query: [],
          version: version.versionMatch,
          origin: operation.origin,
        },
        service,
        serviceAt: positions.key(gateway.apis!, ir.api),
        strip: prefix.length,
        prepend: servicePaths.of(operation),
        security: operation.security,
        policies,
        lifecycle: version.lifecycle,
        ...(ir.sunset === undefined ? {} : { sunset: ir.sunset }),
        spec: { source: spec, item: operation.item, operation: operation.operation },
        origin: operation.origin,
      },
    ];
  });
  if (service !== undefined) servicePaths.report(service.name, positions, sink);
  return linked;
}

/** Fragments and queries in paths are a known habit of real specs, so they have a message of their own. */
export function reportTemplate(error: PathTemplateError, path: string, at: Origin, sink: DiagnosticSink): void {
  const { reason } = error;
  if (reason === "query" || reason === "fragment")
    sink.report(pathNotRoutable(at, { path, character: reason === "query" ? "?" : "#" }));
  else sink.report(badPathTemplate(at, { path, reason: templateProblems[reason], help: templateRemedies[reason] }));
}
