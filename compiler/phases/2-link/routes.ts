import type { GatewayFile, Route } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { FieldMatch } from "../../ir/route.ts";
import { parsePathTemplate } from "../../routing/path-template.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { reportTemplate } from "./api-operations.ts";
import type { LinkedOperation } from "./linked-gateway.ts";
import type { Layer, Merger } from "./merge.ts";
import { gatewayLayer } from "./selectors.ts";

/** Traffic that has no spec: one operation for each method of each route. */
export function linkRoutes(gateway: GatewayFile, sources: SourceSet, merger: Merger, sink: DiagnosticSink): LinkedOperation[] {
  const { positions } = sources;
  return Object.entries(gateway.routes ?? {}).flatMap(([name, route]): LinkedOperation[] => {
    const { match } = route;
    const parsed = parsePathTemplate(match.path, { wildcards: true });
    if (parsed.error !== undefined) {
      reportTemplate(parsed.error, match.path, positions.value(match, "path"), sink);
      return [];
    }
    const origin = positions.key(gateway.routes!, name);
    const layers: Layer[] = sources.gateway.policies === undefined ? [] : [gatewayLayer(sources.gateway.policies)];
    if (route.path !== undefined) {
      // The short form of a policy.
      const block = { rewrite: { path: route.path } };
      positions.borrow(block, "rewrite", route, "path");
      positions.borrow(block.rewrite, "path", route, "path");
      layers.push({ scope: "route", rank: 1, label: `routes.${name}`, block });
    }
    const own = sources.gateway.routes?.[name]?.policies;
    if (own !== undefined)
      layers.push({ scope: "route", rank: 1, label: `routes.${name}.policies`, block: own as unknown as Layer["block"] });
    const policies = merger.merge(layers, `route ${name}`);
    const methods = match.methods ?? ["*"];
    return methods.map((method): LinkedOperation => {
      const operationId = methods.length === 1 ? name : `${name}.${method.toLowerCase()}`;
      return {
        id: `routes.${operationId}`,
        operationId,
        tags: [],
        specPath: match.path,
        match: {
          method,
          path: { segments: parsed.segments, template: match.path },
          hosts: (match.hosts ?? []).map((host) => host.toLowerCase()),
          headers: fields(match.headers, (header) => header.toLowerCase()),
          query: fields(match.query, (parameter) => parameter),
          origin: positions.value(match, "path"),
        },
        service: route.service === undefined ? undefined : { name: route.service, origin: positions.value(route, "service") },
        serviceAt: origin,
        strip: 0,
        prepend: "",
        policies,
        lifecycle: [],
        origin,
      };
    });
  });
}

function fields(written: Route["match"]["headers"], spell: (name: string) => string): FieldMatch[] {
  return Object.entries(written ?? {})
    .map(([name, value]) => (value === true ? { name: spell(name) } : { name: spell(name), value: String(value) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
