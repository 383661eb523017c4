import { PathTemplate } from "../../../runtime/paths/path-template.ts";
import type { StartValueIr } from "../../ir/config.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { type Target, targetsOf } from "../../ir/targets.ts";
import type { RouteRequest } from "../../routing/route.ts";
import { retryLines } from "./retries.ts";
import { noteLines } from "./service-notes.ts";
import { timeLines } from "./time.ts";

/** Where a request would be sent: one of the endpoints of a target, in shares of their weights. */
export interface ExplainedUpstream {
  readonly service: string;
  readonly url: string;
  readonly weight: number;
  /** What the gateway gives to the service as `Authorization`, where it gives something of its own. */
  readonly credential?: string;
  /** How it is chosen among the endpoints, and what happens where they fail. */
  readonly notes: readonly string[];
  /** When the request is sent again. */
  readonly retries: readonly string[];
  /** The step that chooses the service, and the condition under which it does; absent for the operation's own. */
  readonly step?: StepIr;
  readonly when?: string;
}

/** What a step changes about the request that goes out. */
export interface ExplainedRewrite {
  readonly step: StepIr;
  /** Path below the endpoint's own, where the step sets it; already part of the URLs unless the step has a condition. */
  readonly path: string | undefined;
  readonly query: boolean;
  readonly host: string | undefined;
}

export interface ExplainedForwarding {
  /** In the order in which they are decided. */
  readonly targets: readonly Target[];
  readonly upstream: readonly ExplainedUpstream[];
  readonly rewrites: readonly ExplainedRewrite[];
}

export function explainUpstream(
  operation: OperationIr,
  ir: GatewayIr,
  request: RouteRequest,
  sentPath: string,
): ExplainedForwarding {
  const { forward } = operation;
  const targets = targetsOf(operation);
  if (forward.kind === "terminal") return { targets, upstream: [], rewrites: [] };
  const rewrites = operation.steps.flatMap((step) => explainRewrite(step, request, sentPath));
  const replaced = rewrites.findLast(({ path, step }) => path !== undefined && step.when === undefined)?.path;
  const path = replaced ?? (`${forward.prepend}${request.path.slice(forward.strip)}` || "/");
  const forwarded = withoutCredentials(request.query, operation, ir);
  const query = forwarded === "" ? "" : `?${forwarded}`;
  const upstream = targets.flatMap((target) => {
    if (!("service" in target)) return [];
    const { service, step, when } = target;
    const found = ir.services.find(({ name }) => name === service);
    const { endpoints = [], credential } = found ?? {};
    const notes = [...timeLines(ir.listeners.public), ...(found === undefined ? [] : noteLines(found))];
    const retries = found === undefined ? [] : retryLines(operation, found, request.method);
    return endpoints.map(({ url, weight }) => ({
      service,
      url: `${text(url).replace(/\/$/, "")}${path}${query}`,
      weight,
      notes,
      retries,
      ...(credential === undefined ? {} : { credential: credential.summary }),
      ...(step === undefined ? {} : { step }),
      ...(when === undefined ? {} : { when: when.text }),
    }));
  });
  return { targets, upstream, rewrites };
}

/** The query without the parameters that the operation's schemes look for credentials in. */
function withoutCredentials(query: string, { access }: OperationIr, { schemes }: GatewayIr): string {
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  const asked = new Set(alternatives.flatMap((alternative) => alternative.schemes.map(({ name }) => name)));
  const taken = schemes.flatMap(({ name, takesQuery }) => (takesQuery !== undefined && asked.has(name) ? [takesQuery] : []));
  if (taken.length === 0 || query === "") return query;
  const kept = query.split("&").filter((pair) => !taken.some((name) => new URLSearchParams(pair).has(name)));
  return kept.join("&");
}

function explainRewrite(step: StepIr, request: RouteRequest, sentPath: string): ExplainedRewrite[] {
  const { path: changed, asSent, query = false, host: sent } = step.reroutes ?? {};
  if (changed === undefined && asSent === undefined && !query && sent === undefined) return [];
  const path =
    typeof changed === "number"
      ? request.path.slice(changed)
      : changed === undefined
        ? asSent === undefined
          ? undefined
          : `${asSent.prepend}${sentPath.slice(asSent.strip)}`
        : new PathTemplate(changed).expand(request.path);
  const host = sent === "preserve" ? "the client's" : sent === undefined ? undefined : text(sent);
  return [{ step, path: path === "" ? "/" : path, query, host }];
}

const text = (value: string | StartValueIr): string =>
  typeof value === "string" ? value : value.kind === "setting" ? value.template : "a secret";
