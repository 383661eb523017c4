import { type PathPiece, PathTemplate } from "../../runtime/path-template.ts";
import type { StartValueIr } from "../ir/config.ts";
import type { GatewayIr, OperationIr } from "../ir/gateway.ts";
import type { StepIr } from "../ir/step.ts";
import type { RouteRequest } from "../routing/route.ts";

/** Where a request would be sent: one of these endpoints, in shares of their weights. */
export interface ExplainedUpstream {
  readonly service: string;
  readonly url: string;
  readonly weight: number;
}

/** What `rewrite` does to it. */
export interface ExplainedRewrite {
  readonly step: StepIr;
  /** Path below the endpoint's own, where the step sets it; already part of the URLs unless the step has a condition. */
  readonly path: string | undefined;
  readonly query: boolean;
  readonly host: string | undefined;
}

export function explainUpstream(
  operation: OperationIr,
  ir: GatewayIr,
  request: RouteRequest,
): { readonly upstream: readonly ExplainedUpstream[]; readonly rewrites: readonly ExplainedRewrite[] } {
  const { forward } = operation;
  if (forward.kind === "terminal") return { upstream: [], rewrites: [] };
  const rewrites = operation.steps.filter(({ policy }) => policy === "rewrite").map((step) => explainRewrite(step, request));
  const replaced = rewrites.findLast(({ path, step }) => path !== undefined && step.when === undefined)?.path;
  const path = replaced ?? (`${forward.prepend}${request.path.slice(forward.strip)}` || "/");
  const query = request.query === "" ? "" : `?${request.query}`;
  const endpoints = ir.services.find(({ name }) => name === forward.service)?.endpoints ?? [];
  const upstream = endpoints.map(({ url, weight }) => ({
    service: forward.service,
    url: `${text(url).replace(/\/$/, "")}${path}${query}`,
    weight,
  }));
  return { upstream, rewrites };
}

function explainRewrite(step: StepIr, request: RouteRequest): ExplainedRewrite {
  // What the compiler's own `rewrite` lowers to; the IR may have been written by it only.
  const config = step.config as {
    readonly path: readonly PathPiece[] | number | null;
    readonly query: unknown;
    readonly host: StartValueIr | string | null;
  };
  const path =
    typeof config.path === "number"
      ? request.path.slice(config.path)
      : config.path === null
        ? undefined
        : new PathTemplate(config.path).expand(request.path);
  const host = config.host === "preserve" ? "the client's" : config.host === null ? undefined : text(config.host);
  return { step, path: path === "" ? "/" : path, query: config.query !== null, host };
}

const text = (value: string | StartValueIr): string =>
  typeof value === "string" ? value : value.kind === "setting" ? value.template : "a secret";
