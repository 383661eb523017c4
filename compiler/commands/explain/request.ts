import { nearest } from "../../diagnostics/suggest.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import { methodsOfPath } from "../../ir/options-steps.ts";
import type { ExporterIr, StoreIr } from "../../ir/resource.ts";
import { type Course, type RunningStep, runningSteps } from "../../ir/running-steps.ts";
import type { StepIr } from "../../ir/step.ts";
import type { Target } from "../../ir/targets.ts";
import { usedExporters } from "../../ir/used-exporters.ts";
import { usedStores } from "../../ir/used-stores.ts";
import { decideRoute, type Mismatch, routeMismatch, versionNamed } from "../../routing/brute-force.ts";
import { assumedFields, unpathedApis } from "../../routing/deciding-fields.ts";
import type { RouteRequest } from "../../routing/route.ts";
import type { Precedence } from "../../routing/specificity.ts";
import type { ReadRequest, Refusal } from "./read-request.ts";
import type { ExplainedUser } from "./split-users.ts";
import { type ExplainedRewrite, type ExplainedUpstream, explainUpstream } from "./upstream.ts";

/** What would happen to one request, from the IR alone: nothing is run. */
export interface ExplainedRequest {
  readonly request: RouteRequest;
  /** What was read otherwise than written. */
  readonly notes: readonly string[];
  readonly operation: OperationIr | undefined;
  /** Other operations that match, and what decided against them. */
  readonly losers: readonly { readonly operation: OperationIr; readonly lostBy: Precedence }[];
  /** Without an operation: those at the same path, and what kept the request from them. */
  readonly near: readonly { readonly operation: OperationIr; readonly mismatch: Mismatch }[];
  /** What the gateway answers itself before or instead of any operation. */
  readonly status: number | undefined;
  /** Why it answers before it looks for an operation. */
  readonly refusal?: Refusal;
  /** Where 308 leads. */
  readonly location?: string;
  /** The operation at the path with or without its trailing slash, where strict routing tells the two apart. */
  readonly otherSpelling?: { readonly path: string; readonly operation: OperationIr };
  /** The operation that would answer if the last parameter of its path took several segments. */
  readonly tooLongFor?: OperationIr;
  /** Template that was perhaps meant. */
  readonly nearest?: string;
  /** The answer is that of `operation` to a CORS preflight, given by this step. */
  readonly preflight?: StepIr;
  /** The steps that run and those of their hooks that do, in the order of requests; a step that refuses ends the chain. */
  readonly steps: readonly RunningStep[];
  /** Those of the gateway's own policies that run where there is no operation. */
  readonly unmatched: readonly StepIr[];
  /** Where a request of the operation may end, in the order in which it is decided. */
  readonly targets: readonly Target[];
  readonly upstream: readonly ExplainedUpstream[];
  /** Where the steps keep something that outlives the request. */
  readonly stores: readonly StoreIr[];
  /** Where the steps send what they measure. */
  readonly exporters: readonly ExporterIr[];
  readonly rewrites: readonly ExplainedRewrite[];
  /** Fields in which services are told who calls: what the client sent in them is not forwarded. */
  readonly taken: readonly string[];
  /** No operation takes the request, which goes to the service of `operation` all the same. */
  readonly isOptions?: true;
  /** The gateway answers instead of forwarding, as `Max-Forwards` says. */
  readonly isLastHop?: true;
  /** Where splits send the user who was asked about; absent where nobody was. */
  readonly users?: readonly ExplainedUser[];
  /** What forces the request body to be held in memory; empty where it streams. */
  readonly buffers: readonly StepIr[];
}

export function explainRequest(ir: GatewayIr, { request, sentPath, notes, refusal }: ReadRequest): ExplainedRequest {
  const nothing = {
    request,
    notes,
    operation: undefined,
    losers: [],
    near: [],
    taken: ir.listeners.public.identityFields ?? [],
    targets: [],
    upstream: [],
    rewrites: [],
    buffers: [],
  };
  const running = (course: Course): Pick<ExplainedRequest, "steps" | "unmatched" | "stores" | "exporters"> => {
    const taken = runningSteps(course, ir);
    const steps = taken.map(({ step }) => step);
    const [stores, exporters] = [usedStores(steps, ir), usedExporters(steps, ir)];
    return { steps: taken, stores, exporters, unmatched: "operation" in course ? [] : steps };
  };
  if (refusal !== undefined)
    return { ...nothing, ...running({ kind: refusal.isUnread ? "unread" : "refused" }), status: refusal.status, refusal };
  if (request.path === "*") return { ...nothing, ...running({ kind: "unmatched" }), status: 204 };
  const preflight = explainPreflight(ir, request);
  if (preflight !== undefined) {
    const { operation } = preflight;
    const course: Course = operation === undefined ? { kind: "unmatchedPreflight" } : { kind: "preflight", operation };
    return { ...nothing, ...preflight, ...running(course), status: undefined };
  }
  const { winner, losers } = decide(ir, request);
  const speaker = winner === undefined ? explainOptions(ir, request) : undefined;
  if (speaker !== undefined) {
    return {
      ...nothing,
      ...running({ kind: "options", operation: speaker }),
      operation: speaker,
      status: undefined,
      isOptions: true,
      ...(isLastHop(request) ? { isLastHop: true as const } : {}),
      ...explainUpstream(speaker, ir, request, sentPath),
    };
  }
  if (winner === undefined) return { ...nothing, ...running({ kind: "unmatched" }), ...explainNothing(ir, request) };
  return {
    ...nothing,
    ...running({ kind: "operation", operation: winner }),
    operation: winner,
    losers: losers.map(({ route, lostBy }) => ({ operation: route, lostBy })),
    status: undefined,
    ...(isLastHop(request) ? { isLastHop: true as const } : {}),
    ...explainUpstream(winner, ir, request, sentPath),
    buffers: winner.steps.filter(({ body }) => body === "buffered" || body === "replaced"),
  };
}

const decide = (ir: GatewayIr, request: RouteRequest): ReturnType<typeof decideRoute<OperationIr>> =>
  decideRoute(ir.operations, request, { trailingSlash: ir.routing.trailingSlash });

/** Fetch standard, CORS-preflight request: answered for the operation that the request to come would get. */
function explainPreflight(
  ir: GatewayIr,
  request: RouteRequest,
): { readonly operation: OperationIr | undefined; readonly preflight: StepIr } | undefined {
  const method = fieldOf(request, "access-control-request-method");
  if (request.method !== "OPTIONS" || method === undefined || fieldOf(request, "origin") === undefined) return undefined;
  const operation = decide(ir, { ...request, method }).winner;
  for (const candidate of [operation, assumedFor(ir, request, method)]) {
    const preflight = candidate?.steps.find(({ hooks }) => hooks.includes("preflight"));
    if (preflight !== undefined) return { operation: candidate, preflight };
  }
  if (operation !== undefined || decide(ir, request).winner !== undefined) return undefined;
  const preflight = ir.unmatched.find(({ hooks }) => hooks.includes("preflight"));
  return preflight === undefined ? undefined : { operation: undefined, preflight };
}

/** The operation whose service gets OPTIONS that no operation takes. */
function explainOptions(ir: GatewayIr, request: RouteRequest): OperationIr | undefined {
  if (request.method !== "OPTIONS") return undefined;
  const asked = fieldOf(request, "origin") === undefined ? undefined : fieldOf(request, "access-control-request-method");
  const about =
    asked === undefined ? undefined : (decide(ir, { ...request, method: asked }).winner ?? assumedFor(ir, request, asked));
  const candidates = methodsOfPath.map((method) => decide(ir, { ...request, method }).winner);
  const speaker = about ?? candidates.find((operation) => operation !== undefined);
  return speaker?.forwardsOptions === true ? speaker : undefined;
}

/** The operation that answers or forwards a preflight where fields decide that it only names. */
function assumedFor(ir: GatewayIr, request: RouteRequest, method: string): OperationIr | undefined {
  const asked = (fieldOf(request, "access-control-request-headers") ?? "").toLowerCase().split(/[ \t]*,[ \t]*/);
  const assumed = assumedFields(ir).filter((lines) =>
    lines.every((name, index) => index % 2 === 1 || name === "accept" || asked.includes(name)),
  );
  return assumed
    .map((lines) => decide(ir, { ...withFields(request, lines), method }).winner)
    .find(
      (operation) => operation?.forwardsOptions === true || operation?.steps.some(({ hooks }) => hooks.includes("preflight")),
    );
}

/** The request with other lines of these fields. */
function withFields(request: RouteRequest, lines: readonly string[]): RouteRequest {
  const added = lines.flatMap((name, index) => (index % 2 === 0 ? [{ name, value: lines[index + 1]! }] : []));
  const kept = request.headers.filter(({ name }) => !added.some((field) => field.name === name.toLowerCase()));
  return { ...request, headers: [...kept, ...added] };
}

const fieldOf = ({ headers }: RouteRequest, name: string): string | undefined =>
  headers.find((header) => header.name.toLowerCase() === name)?.value;

/** OPTIONS that may go no further is answered by the gateway (RFC 9110 §7.6.2). */
const isLastHop = (request: RouteRequest): boolean =>
  request.method === "OPTIONS" && /^\s*0+\s*$/.test(fieldOf(request, "max-forwards") ?? "");

/** As the data plane ends the chain of requests without an operation. */
function explainNothing(
  ir: GatewayIr,
  request: RouteRequest,
): Pick<ExplainedRequest, "near" | "status" | "location" | "otherSpelling" | "tooLongFor" | "nearest"> {
  const other = otherSpelling(request.path);
  const spelt = other === undefined ? undefined : decide(ir, { ...request, path: other }).winner;
  if (spelt !== undefined && ir.routing.trailingSlash === "redirect") {
    return { near: [], status: 308, location: request.query === "" ? other : `${other}?${request.query}` };
  }
  const near = ir.operations.flatMap((operation) => {
    if (!matchesPath(operation, request, ir)) return [];
    const mismatch = routeMismatch({ ...operation.match, path: anyPath, method: "*" }, request) ?? "method";
    return [{ operation, mismatch }];
  });
  const isThere = near.some(({ mismatch }) => mismatch === "method");
  const isUnknownVersion = near.some(({ operation, mismatch }) => {
    if (mismatch !== "version" || (isThere && !isTakenByAnotherVersion(operation, request, ir))) return false;
    const api = unpathedApis({ apis: ir.apis.filter((version) => version.api === operation.api) })[0]!;
    return !api.versions.includes(versionNamed(operation.match.version!, request) ?? "");
  });
  const status = isThere && request.method === "OPTIONS" ? 204 : isUnknownVersion ? 400 : isThere ? 405 : 404;
  if (near.length > 0 || other === undefined) return { near, status };
  if (spelt !== undefined) return { near, status, otherSpelling: { path: other, operation: spelt } };
  const longer = decide({ ...ir, operations: ir.operations.flatMap(withManySegments) }, request).winner;
  const tooLongFor = ir.operations.find(({ id }) => id === longer?.id);
  if (tooLongFor !== undefined) return { near, status, tooLongFor };
  return { near, status, nearest: nearest(request.path, new Set(ir.operations.map(({ match }) => match.path.template))) };
}

const anyPath: OperationIr["match"]["path"] = { segments: [{ kind: "rest" }], template: "/**" };

/** The operation as if its last parameter took several segments; nothing where it is none, or does. */
function withManySegments(operation: OperationIr): readonly OperationIr[] {
  const { segments } = operation.match.path;
  if (segments.at(-1)?.kind !== "parameter") return [];
  const path = { ...operation.match.path, segments: [...segments.slice(0, -1), { kind: "rest" as const }] };
  return [{ ...operation, match: { ...operation.match, path } }];
}

/** Whether the path is all that the operation would have to look at. */
function matchesPath(operation: OperationIr, request: RouteRequest, ir: GatewayIr): boolean {
  const match = { ...operation.match, method: "*", hosts: [], headers: [], query: [], version: undefined };
  return decide({ ...ir, operations: [{ ...operation, match }] }, request).winner !== undefined;
}

/** Whether the version that the request names is all that keeps it from the operation, as far as routes go. */
function isTakenByAnotherVersion(operation: OperationIr, request: RouteRequest, ir: GatewayIr): boolean {
  const match = { ...operation.match, version: undefined };
  return decide({ ...ir, operations: [{ ...operation, match }] }, request).winner !== undefined;
}

const otherSpelling = (path: string): string | undefined =>
  path === "/" ? undefined : path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
