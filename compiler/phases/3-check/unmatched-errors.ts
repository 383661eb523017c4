import type { ConfigIr } from "../../ir/config.ts";
import { configKey } from "../../ir/config-nodes.ts";
import type { ApiVersionIr, OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { PolicyArea } from "../../policy/contract.ts";
import type { EffectivePolicy, LinkedGateway } from "../2-link/linked-gateway.ts";
import type { UnorderedStep } from "./order.ts";

type Errors = PolicyArea["step"];

/**
 * The step that gives refusals without an operation (404, 405, an overload) the shape of the API that their path belongs
 * to: the one with the longest beginning. Where two APIs have the same beginning and other errors, the gateway's own count.
 */
export function unmatchedErrors(
  linked: Pick<LinkedGateway, "apis" | "apiErrors">,
  operations: readonly OperationIr[],
  steps: readonly UnorderedStep[],
  lower: (policies: readonly EffectivePolicy[]) => readonly UnorderedStep[],
): readonly UnorderedStep[] {
  if (linked.apiErrors.length === 0) return steps;
  const wide = steps.find(isErrors);
  const lowered = linked.apiErrors.map((owner) => ({ ...owner, step: lower(owner.policies).find(isErrors) }));
  const model = lowered.find(({ step }) => step !== undefined)?.step;
  if (model === undefined) return steps;
  const of = (api: string, version?: string): Errors =>
    unconditional(lowered.find((owner) => owner.api === api && owner.version === version)?.step?.step);
  const claims = new Claims(unconditional(wide?.step), of);
  for (const operation of operations) claims.add(operation, linked.apis);
  const joined = policies.errors?.byArea?.(claims.areas());
  const others = steps.filter((one) => one !== wide);
  if (joined?.kind !== "call") return others;
  const { factory, config, summary } = joined;
  return [...others, { ...model, step: { ...model.step, factory, config, summary, options: [] } }];
}

const isErrors = ({ step }: UnorderedStep): boolean => step.policy === "errors";

/** One with a condition is for requests that have an operation: no other chain decides it. */
const unconditional = (step: (Pick<StepIr, "when"> & NonNullable<Errors>) | undefined): Errors =>
  step?.when === undefined ? step : undefined;

interface Claim {
  readonly host: string;
  readonly path: string;
  /** By API, or by the id of a route, and there by version. */
  readonly owners: Map<string, Map<string, Errors>>;
}

/** Which API answers below which beginnings of paths. */
class Claims {
  readonly #wide: Errors;
  readonly #of: (api: string, version?: string) => Errors;
  readonly #claims = new Map<string, Claim>();

  constructor(wide: Errors, of: (api: string, version?: string) => Errors) {
    this.#wide = wide;
    this.#of = of;
  }

  add(operation: OperationIr, apis: readonly ApiVersionIr[]): void {
    const { match, api, version, id } = operation;
    const { segments } = match.path;
    const end = segments.findIndex(({ kind }) => kind !== "literal");
    const literals = (end < 0 ? segments : segments.slice(0, end)).flatMap((one) => (one.kind === "literal" ? [one.text] : []));
    for (const host of match.hosts.length === 0 ? [""] : match.hosts) {
      if (api === undefined) {
        this.#claim(host, literals, id, "", unconditional(operation.steps.find(({ policy }) => policy === "errors")));
        continue;
      }
      const prefix = apis.find((one) => one.api === api && one.version === version)!.versioning.prefix;
      const depth = prefix.split("/").length - 1;
      for (const length of new Set([depth, Math.min(depth + 1, literals.length)]))
        this.#claim(host, literals.slice(0, length), api, version ?? "", this.#of(api, version));
    }
  }

  #claim(host: string, segments: readonly string[], owner: string, version: string, errors: Errors): void {
    const path = segments.map((segment) => `/${segment}`).join("");
    const key = `${host} ${path}`;
    let claim = this.#claims.get(key);
    if (claim === undefined) this.#claims.set(key, (claim = { host, path, owners: new Map() }));
    const versions = claim.owners.get(owner) ?? new Map<string, Errors>();
    claim.owners.set(owner, versions.set(version, errors));
  }

  /** The most specific first, without those that change nothing. */
  areas(): PolicyArea[] {
    const all = [...this.#claims.values()].map(({ host, path, owners }) => ({ host, path, step: this.#settled(owners) }));
    if (!all.some(({ host, path }) => host === "" && path === "")) all.push({ host: "", path: "", step: this.#wide });
    const sorted = all.sort(bySpecificity);
    return sorted.filter((area, index) => {
      const next = sorted.slice(index + 1).find((other) => other.host === area.host && area.path.startsWith(`${other.path}/`));
      return next === undefined ? area.host !== "" || area.step !== undefined : keyOf(next.step) !== keyOf(area.step);
    });
  }

  #settled(owners: Claim["owners"]): Errors {
    const [first, ...others] = [...owners].map(([owner, versions]) => {
      const found = new Map([...versions.values()].map((errors) => [keyOf(errors), errors]));
      return found.size === 1 ? [...found.values()][0] : this.#of(owner);
    });
    return others.every((errors) => keyOf(errors) === keyOf(first)) ? first : this.#wide;
  }
}

const keyOf = (errors: Errors): string => (errors === undefined ? "" : configKey(errors.config as ConfigIr));

/** A host before those below one, and these before any; a longer path before a shorter one. */
function bySpecificity(a: PolicyArea, b: PolicyArea): number {
  const rank = ({ host }: PolicyArea): number => (host === "" ? 2 : host.startsWith("*") ? 1 : 0);
  return (
    rank(a) - rank(b) ||
    b.host.length - a.host.length ||
    compare(a.host, b.host) ||
    b.path.length - a.path.length ||
    compare(a.path, b.path)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
