import { packingStep } from "../../compiler/ir/answer-steps.ts";
import type { ConfigIr, MakeIr } from "../../compiler/ir/config.ts";
import { type ConfigVisitor, isNumber, mapConfig, walkConfig } from "../../compiler/ir/config-nodes.ts";
import type { ForwardIr, GatewayIr, OperationIr } from "../../compiler/ir/gateway.ts";
import { gatewayDigest } from "../../compiler/ir/gateway-digest.ts";
import { allResources, type Room } from "../../compiler/ir/resource.ts";
import { hasRole, type Role } from "../../compiler/ir/role.ts";
import type { Hook, StepIr } from "../../compiler/ir/step.ts";
import { decideRoute } from "../../compiler/routing/brute-force.ts";
import { assumedFields, unpathedApis } from "../../compiler/routing/deciding-fields.ts";
import type { RouteRequest } from "../../compiler/routing/route.ts";
import type { AdminRoute } from "../../runtime/admin/route.ts";
import { reportOnly } from "../../runtime/answers/report-only.ts";
import type { AnswerCache, AnswerPacker } from "../../runtime/caching/answer-cache.ts";
import type { AnswerHooks } from "../../runtime/exchange/answer-hooks.ts";
import type { Exchange, UpstreamRequest } from "../../runtime/exchange/exchange.ts";
import { timed } from "../../runtime/exchange/timed.ts";
import type { UpgradeGrants } from "../../runtime/exchange/upgrade.ts";
import { applies } from "../../runtime/expressions/applies.ts";
import { holds } from "../../runtime/expressions/holds.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import type { ListenerConfig } from "../../runtime/gateway/listener.ts";
import type { MetricsSource } from "../../runtime/gateway/metrics.ts";
import type { Operation, RouteTarget } from "../../runtime/gateway/operation.ts";
import type { RefusalLog } from "../../runtime/gateway/refusals.ts";
import type { Geo } from "../../runtime/geo/geo.ts";
import { send } from "../../runtime/http/send.ts";
import { notFound } from "../../runtime/http/unmatched.ts";
import type { Living } from "../../runtime/life/living.ts";
import { createPreflightSearch } from "../../runtime/routing/preflight-search.ts";
import { declaredSpelling } from "../../runtime/routing/trailing-slash.ts";
import { createVersionJudge } from "../../runtime/routing/versions.ts";
import { forwardCached } from "../../runtime/upstream/cached/forward-cached.ts";
import { forward } from "../../runtime/upstream/forward.ts";
import { forwardUpgrade } from "../../runtime/upstream/forward-upgrade.ts";
import type { Service } from "../../runtime/upstream/service.ts";
import { createTrailers } from "../../runtime/upstream/trailers.ts";
import { openWayBack } from "../../runtime/upstream/way-back/way-back.ts";
import { everyPart } from "../harness/every-part.ts";
import { interpretAsSent, takesAsSent } from "./as-sent.ts";
import { emittedParts } from "./emitted-parts.ts";
import { interpretExpression } from "./expression-bindings.ts";
import { callFactory, importRuntime } from "./imported-runtime.ts";
import { isAsPrinted, makeEmitted } from "./makers.ts";
import { numberOf, numbers, startValue } from "./start-values.ts";
import { interpretAnswers, openForAnswers } from "./way-back.ts";

/** A step at run time: whatever hooks its factory made. */
type Instance = Partial<Record<Exclude<Hook, keyof AnswerHooks>, (x: Exchange, upstream?: UpstreamRequest) => unknown>> &
  AnswerHooks &
  Partial<MetricsSource> &
  Partial<UpgradeGrants>;

/** What a started gateway would find around it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of secrets are looked for. */
  readonly folder: string;
  /** Takes the lines that would go to standard output. */
  readonly log: { write(line: string): void };
}

/**
 * A gateway that reads the IR while it runs: the plainest thing that has the meaning the IR promises. Routes are tried
 * one by one, steps are called in a loop, nothing is planned, shared or emitted beyond what the IR says. The compiled
 * gateway must behave the same.
 */
export async function interpret(ir: GatewayIr, surroundings: Surroundings): Promise<Gateway> {
  const { log } = surroundings;
  const instances = new Map<string, Instance>();
  let slots = 0;
  const printed = await emittedParts(ir, isAsPrinted);
  const imported = await importedFor(ir);
  const resources: Readonly<Record<Room, Map<string, unknown>>> = {
    geo: new Map(),
    exporters: new Map(),
    stores: new Map(),
    experiments: new Map(),
    credentials: new Map(),
    caching: new Map(),
    tls: new Map(),
    zones: new Map(),
    services: new Map(),
    serviceStates: new Map(),
    serviceCredentials: new Map(),
    identity: new Map(),
  };
  const visitor: ConfigVisitor<unknown> = {
    startValue: (node) => (isNumber(node) ? numberOf(node, surroundings) : startValue(node, surroundings)),
    slot: () => slots++,
    resource: ({ room, name }) => resources[room].get(name),
    emitted: (node) => makeEmitted(node, { geo, printed }),
    make: (factory, config) => (imported(factory) as (config: unknown) => unknown)(config),
    runtimeFunction: imported,
    place: (text) => text,
  };
  // What is made for the room is what its run-time module makes.
  const geo = (): Geo | undefined => resources.geo.get("geo") as Geo | undefined;
  const conditionOf = ({ when }: StepIr): Condition | undefined =>
    when === undefined ? undefined : (interpretExpression(when, geo()) as Condition);
  const value = (config: ConfigIr): unknown => mapConfig<unknown>(config, visitor);
  const instanceOf = async (step: Pick<StepIr, "factory" | "config" | "instance">): Promise<Instance> => {
    const key = JSON.stringify([step.factory, step.config, step.instance]);
    const known = instances.get(key);
    if (known !== undefined) return known;
    const made = (await callFactory(step.factory, value(step.config), log)) as Instance;
    instances.set(key, made);
    return made;
  };

  for (const { room, name, factory, config } of allResources(ir))
    resources[room].set(name, await callFactory(factory, value(config), log));
  // Who is of a room implements its interface.
  const services = resources.services as ReadonlyMap<string, Service>;
  const operations: Operation[] = [];
  for (const [index, operation] of ir.operations.entries()) {
    const steps = await Promise.all(
      operation.steps.map(async (step) => ({ step, instance: await instanceOf(step), condition: conditionOf(step) })),
    );
    operations.push(interpretOperation(operation, index, steps, services, surroundings));
  }
  const unmatchedSteps = await Promise.all(
    ir.unmatched.map(async (step) => ({ step, instance: await instanceOf(step), condition: conditionOf(step) })),
  );
  const allSteps = [...ir.operations.flatMap(({ steps }) => steps), ...ir.unmatched];
  const having = async (role: Role): Promise<readonly unknown[]> => [
    ...allResources(ir)
      .filter((resource) => hasRole(resource, role))
      .map(({ room, name }) => resources[room].get(name)),
    ...new Set(await Promise.all(allSteps.filter((step) => hasRole(step, role)).map(instanceOf))),
  ];
  // Who says that it has a role implements its interface.
  const sources = (await having("metrics")) as Instance[];
  const living = (await having("living")) as Living[];
  const adminRoutes = ((await having("adminRoutes")) as { readonly adminRoutes: readonly AdminRoute[] }[]).flatMap(
    (one) => one.adminRoutes,
  );
  const refusals = unmatchedSteps
    .filter(({ step }) => hasRole(step, "refusals") && step.when === undefined)
    .map(({ instance }) => instance as RefusalLog);
  const decide = (x: RouteTarget, method: string): Operation | null => {
    const { winner } = decideRoute(ir.operations, routeRequest(x, method), { trailingSlash: ir.routing.trailingSlash });
    return winner === undefined ? null : operations[ir.operations.indexOf(winner)]!;
  };
  const allow = (x: RouteTarget): string => {
    const named = [...new Set(ir.operations.map(({ match }) => match.method))].filter((method) => method !== "*");
    // A method that nobody names is offered where a route takes every method.
    const takesAll = decide(x, "ANY-METHOD") !== null;
    const offered = takesAll ? [...commonMethods, ...named] : named.filter((method) => decide(x, method) !== null);
    if (offered.length === 0) return "";
    const all = new Set([...offered, ...(offered.includes("GET") ? ["HEAD"] : []), "OPTIONS"]);
    return [...all].sort((one, other) => rankOf(one) - rankOf(other) || (one < other ? -1 : 1)).join(", ");
  };
  return {
    name: ir.name,
    pseudonym: `gatewright (${ir.name.slice(0, 63)} ${gatewayDigest(ir).slice(0, 12)})`,
    listeners: {
      public: {
        ...(value(pick(ir.listeners.public.config as object, listened)) as Gateway["listeners"]["public"]),
        host: "127.0.0.1",
        port: 0,
      },
      admin: ir.listeners.admin === undefined ? undefined : { host: "127.0.0.1", port: 0, trustedProxies: [] },
    },
    services: [...services.values()],
    operations,
    match: decide,
    allow,
    unmatched: interpretUnmatched(unmatchedSteps, operations.length),
    metrics:
      sources.length === 0
        ? undefined
        : {
            collect: (about) => sources.flatMap((source, index) => [...source.collect!(...(index === 0 ? [about] : []))]),
            begin: (all) => sources[0]!.begin?.(all),
            sums: () => sources[0]!.sums!(),
          },
    ...(refusals.length === 0 ? {} : { refusals }),
    ...(living.length === 0 ? {} : { living }),
    ...(adminRoutes.length === 0 ? {} : { adminRoutes }),
    parts: {
      ...everyPart,
      ...(ir.routing.trailingSlash === "redirect" ? { declaredSpelling } : {}),
      ...(takesAsSent(ir) ? { readAsSent: interpretAsSent(ir, decide) } : {}),
      ...(unpathedApis(ir).length > 0 ? { judgeVersion: createVersionJudge(decide, allow, unpathedApis(ir)) } : {}),
      ...(assumedFields(ir).length > 0 ? { findPreflight: createPreflightSearch(decide, assumedFields(ir)) } : {}),
    },
  };
}

/** As users read methods; others follow by name, and OPTIONS, which every path has, is last. */
const commonMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const rankOf = (method: string): number => {
  if (method === "OPTIONS") return Number.POSITIVE_INFINITY;
  return commonMethods.includes(method) ? commonMethods.indexOf(method) : commonMethods.length;
};

/** What the config of a listener says of requests, whatever they come through. */
const listened: readonly (keyof ListenerConfig)[] = [
  "trustedProxies",
  "forwardedBy",
  "writtenFields",
  "keptFields",
  "claims",
  "limits",
  "time",
];

/** Members that are there. */
const pick = (from: object, keys: readonly string[]): { readonly [key: string]: ConfigIr } =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));

type Condition = (x: Exchange) => boolean;

/** `condition`: of the step, where it has one. */
type Chain = readonly { readonly step: StepIr; readonly instance: Instance; readonly condition: Condition | undefined }[];

function interpretOperation(
  operation: OperationIr,
  index: number,
  steps: Chain,
  services: ReadonlyMap<string, Service>,
  surroundings: Surroundings,
): Operation {
  return {
    index,
    id: operation.id,
    api: operation.api ?? "",
    version: operation.version ?? "",
    method: operation.match.method,
    template: operation.match.path.template,
    service: operation.forward.kind === "forward" ? operation.forward.service : "",
    request: async (x) => {
      if (!(await runRequest(x, steps))) return;
      if (operation.forward.kind === "terminal") send(x);
      else {
        if (!steps.some(({ step }) => hasRole(step, "keeps"))) openForAnswers(x, steps);
        return forwardTo(x, operation.forward, services, steps, surroundings);
      }
    },
    ...(operation.forwardsOptions === true && operation.forward.kind === "forward"
      ? { options: interpretOptions(operation.forward, services, steps, surroundings) }
      : {}),
    ...interpretAnswers(steps, (x, step) => step.when === undefined || heldSteps(x).has(step)),
    ...otherHooks(steps),
  };
}

/** What runs before authentication, and what says where to. */
const interpretOptions =
  (target: ForwardIr, services: ReadonlyMap<string, Service>, steps: Chain, surroundings: Surroundings) =>
  async (x: Exchange): Promise<void> => {
    const before = steps.filter(({ step }) => ["observe", "admit"].includes(step.stage) || step.reroutes !== undefined);
    if (await runRequest(x, before)) forwardTo(x, target, services, before, surroundings);
  };

function interpretUnmatched(steps: Chain, index: number): Operation {
  return {
    index,
    id: "unmatched",
    api: "",
    version: "",
    method: "",
    template: "",
    service: "",
    request: async (x) => {
      if (await runRequest(x, steps)) notFound(x);
    },
    ...otherHooks(steps),
  };
}

const held = new WeakMap<Exchange["headers"], Set<StepIr>>();

/** The conditional steps whose condition held when the chain came to them: who asks the service for several has the fields of the first. */
function heldSteps({ headers }: Exchange): Set<StepIr> {
  let steps = held.get(headers);
  if (steps === undefined) held.set(headers, (steps = new Set()));
  return steps;
}

/** Whether the request goes on after the request hooks. */
async function runRequest(x: Exchange, steps: Chain): Promise<boolean> {
  const isClocked = steps.some(({ step }) => step.clocks === true);
  for (const { step, instance, condition } of steps) {
    if (step.when !== undefined) {
      const asked = step.undecided === "skip" ? holds : applies;
      if (!asked(condition!, x)) continue;
      heldSteps(x).add(step);
    }
    if (!step.hooks.includes("request")) continue;
    const result = instance.request!(x);
    const answered = await (isClocked ? timed(x, step.policy, result) : result);
    if (!step.mayAnswer || answered !== true) continue;
    if (step.mode === "enforce") {
      send(x);
      return false;
    }
    reportOnly(x, step.policy);
  }
  return true;
}

type OtherHook = "preflight" | "upstreamRequest" | "response" | "done";

function otherHooks(steps: Chain): Pick<Operation, OtherHook> {
  const run =
    (hook: OtherHook, chain: Chain) =>
    (x: Exchange, upstream?: UpstreamRequest): void => {
      for (const { step, instance, condition } of chain) {
        const runs = step.when === undefined || (hook === "preflight" ? applies(condition!, x) : heldSteps(x).has(step));
        if (runs) instance[hook]!(x, upstream);
      }
    };
  const having = (hook: OtherHook): Chain => steps.filter(({ step }) => step.hooks.includes(hook));
  const forwards = (hook: OtherHook): ReturnType<typeof run> | null =>
    having(hook).length === 0 ? null : run(hook, having(hook));
  const backwards = (hook: OtherHook): ReturnType<typeof run> | null =>
    having(hook).length === 0 ? null : run(hook, having(hook).toReversed());
  return {
    preflight: forwards("preflight"),
    upstreamRequest: forwards("upstreamRequest"),
    response: backwards("response"),
    done: backwards("done"),
  };
}

function forwardTo(
  x: Exchange,
  target: ForwardIr,
  services: ReadonlyMap<string, Service>,
  steps: Chain,
  surroundings: Surroundings,
): void | Promise<void> {
  const service = services.get(target.service)!;
  const { strip, prepend, responseTimeout, idleTimeout, keepsLocation, retry, hedge } = target;
  const trailers = target.trailers === undefined ? {} : { trailers: createTrailers(target.trailers) };
  const kept = keepsLocation === undefined ? {} : { keepsLocation };
  const config = {
    strip,
    prepend,
    ...numbers({ responseTimeout, idleTimeout }, surroundings),
    ...kept,
    ...trailers,
    ...(retry === undefined ? {} : { retry }),
    ...(hedge === undefined ? {} : { hedge }),
  };
  const keeping = steps.find(({ step }) => hasRole(step, "keeps"));
  if (keeping !== undefined) {
    // Policies that say so implement it.
    const cache = keeping.instance as unknown as AnswerCache;
    const isAsked = keeping.step.when === undefined || heldSteps(x).has(keeping.step);
    const isSilent = steps.some(({ step }) => step.answer?.silent === true) || undefined;
    // As above.
    const packer = packingStep(steps)?.instance as unknown as AnswerPacker | undefined;
    return forwardCached(x, service, config, isAsked ? cache : undefined, openWayBack, isSilent, packer);
  }
  const upgrading = steps.find(({ step }) => hasRole(step, "upgrades"));
  if (upgrading === undefined) forward(x, service, config);
  // Policies that say so implement it.
  else forwardUpgrade(x, service, config, upgrading.instance as UpgradeGrants);
}

function routeRequest(x: RouteTarget, method: string): RouteRequest {
  const { lines } = x.headers;
  const headers = Array.from({ length: lines.length / 2 }, (_, index) => ({
    name: lines[index * 2]!,
    value: lines[index * 2 + 1]!,
  }));
  return { method, host: x.host, path: x.path, query: x.query, headers };
}

/** What configs need of the run-time library, by where it is. */
async function importedFor(ir: GatewayIr): Promise<(from: MakeIr["factory"]) => unknown> {
  const keyOf = ({ module, name }: MakeIr["factory"]): string => `${module} ${name}`;
  const wanted = new Map<string, MakeIr["factory"]>();
  const want = (from: MakeIr["factory"]): unknown => wanted.set(keyOf(from), from);
  const steps = [...ir.operations.flatMap((operation) => operation.steps), ...ir.unmatched];
  const configs = [...allResources(ir), ...steps].map(({ config }) => config);
  for (const config of [...configs, pick(ir.listeners.public.config as object, listened)])
    walkConfig(config, { make: want, runtimeFunction: want });
  const found = new Map<string, unknown>();
  for (const [key, from] of wanted) found.set(key, await importRuntime(from));
  return (from) => found.get(keyOf(from));
}
