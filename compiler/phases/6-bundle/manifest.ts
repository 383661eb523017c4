import type { AccessIr, GatewayIr, OperationIr, SecurityRequirementIr } from "../../ir/gateway.ts";
import { policiesOf } from "../../ir/running-steps.ts";
import type { KeptByIr } from "../../ir/step.ts";
import { servicesOf, targetsOf } from "../../ir/targets.ts";
import { usedStores } from "../../ir/used-stores.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { SeriesBound } from "../../policy/contract.ts";
import { placedSteps } from "../../policy/placed-steps.ts";
import { list } from "../../text/words.ts";
import type { FeatureSize } from "./size-report.ts";

/** `manifest.json`: what an output folder holds and what it was made from. */
export interface Manifest {
  readonly generator: "gatewright";
  readonly version: string;
  readonly gateway: string;
  readonly compatibility: string;
  readonly irVersion: number;
  readonly bundle: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly sizes: readonly FeatureSize[];
  /** Most time series of requests that `/metrics` has, by what they are about. */
  readonly series: readonly SeriesBound[];
  /** Of what the inputs say; `/status` and metrics of the running gateway have the same. */
  readonly digest: string;
  readonly inputs: readonly { readonly file: string; readonly sha256: string }[];
  readonly operations: readonly ManifestOperation[];
  /** Policies around answers to requests without an operation, and on answers to those that are refused before one is looked for. */
  readonly withoutOperation: { readonly unmatched: readonly string[]; readonly refused: readonly string[] };
  /** Every file that the build wrote, relative to the folder, sorted: the next build removes those it no longer makes. */
  readonly files: readonly string[];
}

export interface ManifestOperation {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly hosts: readonly string[];
  readonly api: string | null;
  readonly version: string | null;
  /** Null where the operation answers itself; of several, where requests go that no condition picks out. */
  readonly service: string | null;
  /** Every service that its requests may reach. */
  readonly services: readonly string[];
  /** Stores in which its policies keep something. */
  readonly stores: readonly string[];
  /** `public: liveness probe`, or the schemes: `partnerKey or (mtls and bearerAuth passed through)`. */
  readonly access: string;
  /** In chain order. */
  readonly policies: readonly string[];
  /** Where answers are kept: what tells them apart, and what else reaches the service. */
  readonly keptBy?: KeptByIr;
}

export const seriesBounds = (ir: GatewayIr): readonly SeriesBound[] =>
  [...placedSteps(ir.operations, ir.unmatched)].flatMap(([name, steps]) => policies[name]?.series?.(steps, ir) ?? []);

export function manifestOperations(ir: GatewayIr): ManifestOperation[] {
  return ir.operations.map(({ id, match, api, version, access, steps, forward }) => ({
    id,
    method: match.method,
    template: match.path.template,
    hosts: match.hosts,
    api: api ?? null,
    version: version ?? null,
    service: serviceOf({ steps, forward }),
    services: servicesOf({ steps, forward }),
    stores: usedStores(steps, ir).map((store) => store.name),
    access: describeAccess(access),
    policies: steps.map(({ policy }) => policy),
    ...steps.flatMap(({ keptBy }) => (keptBy === undefined ? [] : [{ keptBy }]))[0],
  }));
}

export const policiesWithoutOperation = (ir: GatewayIr): Manifest["withoutOperation"] => ({
  unmatched: policiesOf({ kind: "unmatched" }, ir),
  refused: policiesOf({ kind: "refused" }, ir),
});

/** Where requests go that no condition sends elsewhere. */
function serviceOf(operation: Pick<OperationIr, "steps" | "forward">): string | null {
  const last = targetsOf(operation).at(-1)!;
  return "service" in last ? last.service : null;
}

function describeAccess(access: AccessIr): string {
  if (access.kind === "public") return `public: ${access.reason}`;
  const parts = access.requirements.map(describeRequirement);
  return list(parts.length > 1 ? parts.map((part) => (part.includes(" ") ? `(${part})` : part)) : parts);
}

function describeRequirement({ alternatives }: SecurityRequirementIr): string {
  const parts = alternatives.map(({ schemes }) =>
    schemes
      .map(({ name, scopes, isUnverified }) => [name, ...scopes, ...(isUnverified ? ["passed through"] : [])].join(" "))
      .join(" and "),
  );
  return parts.length > 1 ? parts.map((part) => (part.includes(" ") ? `(${part})` : part)).join(" or ") : parts.join("");
}
