import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { parsePathTemplate } from "../../routing/path-template.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { resourcePath, wellKnownResource } from "../../text/protected-resource.ts";
import type { DeclaredScheme, LinkedOperation } from "./linked-gateway.ts";
import type { Layer, Merger } from "./merge.ts";
import { resourceUnusable } from "./messages.gen.ts";
import { gatewayLayer } from "./selectors.ts";

/** What the gateway does with each request; the others are about those who have a token already, or about bodies. */
const kept: ReadonlySet<string> = new Set([
  "public",
  "respond",
  "accessLog",
  "ipFilter",
  "metrics",
  "reports",
  "requestId",
  "securityHeaders",
]);

type Schemes = NonNullable<NonNullable<FilledGatewayFile["identity"]>["schemes"]>;
type Provider = "jwt" | "introspection";

/** Schemes that protect one resource. */
interface Protected {
  readonly resource: string;
  readonly path: string;
  readonly schemes: { readonly name: string; readonly provider: Provider; readonly options: object }[];
}

/**
 * What tells clients where to get tokens (RFC 9728): for each resource that a scheme protects one operation at its well-known
 * path, and at the one without a path where the gateway has no other resource.
 */
export function linkProtectedResources(
  file: FilledGatewayFile,
  operations: readonly LinkedOperation[],
  declared: ReadonlyMap<string, readonly DeclaredScheme[]>,
  sources: SourceSet,
  merger: Merger,
  sink: DiagnosticSink,
): LinkedOperation[] {
  const resources = protectedIn(file.identity?.schemes ?? {}, sources, sink);
  return resources.flatMap((one) => {
    const document = documentOf(one, operations, declared);
    const paths = new Set([`${wellKnownResource}${one.path}`, ...(resources.length === 1 ? [wellKnownResource] : [])]);
    return [...paths].map((path): LinkedOperation => {
      const [{ name, options }] = one.schemes as [Protected["schemes"][number]];
      const { positions } = sources;
      const origin = positions.value(options, "resource");
      const headers = { "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600" };
      const respond = { headers, body: JSON.stringify(document), contentType: "application/json" };
      const block = { public: "says where to get tokens (RFC 9728)", respond };
      for (const [holder, key] of [
        ...Object.keys(block).map((key) => [block, key] as const),
        ...Object.keys(respond).map((key) => [respond, key] as const),
        ...Object.keys(headers).map((key) => [headers, key] as const),
      ])
        positions.borrow(holder, key, options, "resource");
      const layers: Layer[] = [
        ...(sources.gateway.policies === undefined ? [] : [gatewayLayer(sources.gateway.policies)]),
        { scope: "route", rank: 1, label: `identity.schemes.${name}.resource`, block },
      ];
      const policies = merger.merge(layers, `the metadata of ${one.resource}`).filter(({ name: policy }) => kept.has(policy));
      const { segments = [] } = parsePathTemplate(path, { wildcards: false }) as {
        readonly segments?: LinkedOperation["match"]["path"]["segments"];
      };
      const operationId =
        path === wellKnownResource && one.path !== "" ? `protectedResource.${name}.root` : `protectedResource.${name}`;
      return {
        id: `identity.${operationId}`,
        operationId,
        tags: [],
        specPath: path,
        match: { method: "GET", path: { segments, template: path }, hosts: [], headers: [], query: [], origin },
        serviceAt: origin,
        strip: 0,
        prepend: "",
        policies,
        lifecycle: [],
        isGenerated: true,
        origin,
      };
    });
  });
}

function protectedIn(schemes: Schemes, { positions }: SourceSet, sink: DiagnosticSink): readonly Protected[] {
  const found = new Map<string, Protected>();
  for (const [name, block] of Object.entries(schemes ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))) {
    for (const provider of ["jwt", "introspection"] as const) {
      const options = block[provider];
      const resource = options?.resource;
      if (options === undefined || resource === undefined) continue;
      const path = resourcePath(resource);
      if (path === undefined) {
        sink.report(resourceUnusable(positions.value(options, "resource"), { resource }));
        continue;
      }
      const known = found.get(resource) ?? { resource, path, schemes: [] };
      known.schemes.push({ name, provider, options });
      found.set(resource, known);
    }
  }
  return [...found.values()];
}

/** Names of its members are those of RFC 9728 §2. */
function documentOf(
  { resource, schemes }: Protected,
  operations: readonly LinkedOperation[],
  declared: ReadonlyMap<string, readonly DeclaredScheme[]>,
): object {
  const names = new Set(schemes.map(({ name }) => name));
  const issuers = schemes.flatMap(({ options }) => issuersOf(options as Options));
  const methods = schemes.flatMap(({ options }) => methodsOf(options as Options));
  const dpop = schemes.map(({ options }) => (options as Options).dpop);
  const scopes = scopesOf(names, operations, declared);
  return {
    resource,
    ...(issuers.length === 0 ? {} : { authorization_servers: [...new Set(issuers)] }),
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    ...(methods.length === 0 ? {} : { bearer_methods_supported: [...new Set(methods)] }),
    ...(dpop.every((one) => one === undefined)
      ? {}
      : { dpop_signing_alg_values_supported: ["ES256", "EdDSA", "RS256", "PS256"] }),
    ...(dpop.every((one) => one?.required === true) ? { dpop_bound_access_tokens_required: true } : {}),
  };
}

interface Options {
  readonly issuer?: string;
  readonly issuers?: readonly { readonly issuer: string }[];
  readonly from?: { readonly header?: string; readonly cookie?: string; readonly query?: string };
  readonly dpop?: { readonly required?: boolean };
}

/** Templates of tenants name no issuer that a client could go to. */
const issuersOf = ({ issuer, issuers = [] }: Options): string[] =>
  [...(issuer === undefined ? [] : [issuer]), ...issuers.map((one) => one.issuer)].filter((one) => !one.includes("{tenantid}"));

const methodsOf = ({ from }: Options): string[] => (from === undefined ? ["header"] : from.query === undefined ? [] : ["query"]);

/** What requirements ask of the schemes, where it is scopes that they grant (OpenAPI 3.1 §4.8.30). */
function scopesOf(
  names: ReadonlySet<string>,
  operations: readonly LinkedOperation[],
  declared: ReadonlyMap<string, readonly DeclaredScheme[]>,
): string[] {
  const granting = (name: string): boolean => names.has(name) && declared.get(name)?.[0]?.value.type !== "http";
  const required = operations.flatMap(({ security, policies }) => [
    ...(security?.alternatives ?? []).flatMap(({ schemes }) => schemes),
    ...policies
      .filter(({ name, off }) => name === "security" && !off)
      .flatMap(({ instances }) => (instances[0]?.value ?? []) as readonly Readonly<Record<string, readonly string[]>>[])
      .flatMap((one) => Object.entries(one).map(([name, scopes]) => ({ name, scopes }))),
  ]);
  return [...new Set(required.flatMap(({ name, scopes }) => (granting(name) ? scopes : [])))].sort();
}
