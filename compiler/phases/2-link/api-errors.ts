import type { ApiVersionIr } from "../../ir/gateway.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { own } from "../../text/own.ts";
import type { ApiErrors } from "./linked-gateway.ts";
import type { Layer, Merger } from "./merge.ts";
import { errorsLayer, gatewayLayer } from "./selectors.ts";

/** What `errors` of an API and of its version add to the policies of their operations. Without a version: of the API alone. */
export function apiErrorLayers(
  { api, version }: { readonly api: string; readonly version?: string },
  sources: SourceSet,
): Layer[] {
  const settings = own(sources.gateway.apis, api);
  const ofVersion = version === undefined ? undefined : own(settings?.versions, version);
  return [
    ...errorsLayer("api", `apis.${api}`, settings, sources.positions),
    ...errorsLayer("version", `apis.${api}.versions.${version}`, ofVersion, sources.positions),
  ];
}

/** The errors of each API and version, for requests that have no operation; none where no API writes any. */
export function linkApiErrors(apis: readonly ApiVersionIr[], sources: SourceSet, merger: Merger): ApiErrors[] {
  const { gateway, positions } = sources;
  const owners = [...new Set(apis.map(({ api }) => api))].map((api) => ({ api })).concat(apis);
  if (owners.every((owner) => apiErrorLayers(owner, sources).length === 0)) return [];
  const wide =
    gateway.policies?.errors === undefined ? [] : [{ ...gatewayLayer(gateway.policies), block: errorsOnly(gateway.policies) }];
  function errorsOnly(policies: NonNullable<typeof gateway.policies>): Layer["block"] {
    const block = { errors: policies.errors };
    positions.inherit(block, policies);
    return block;
  }
  return owners.map(({ api, version }: { readonly api: string; readonly version?: string }) => ({
    api,
    version,
    policies: merger.merge([...wide, ...apiErrorLayers({ api, version }, sources)], `requests to ${api}`),
  }));
}
