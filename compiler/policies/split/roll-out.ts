import type { MetricPlan, RollOutPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import type { RollOutConfig } from "../../../runtime/policies/split/roll-out/roll-out.ts";
import type { SplitOptions } from "../../../schema/policies.gen.ts";
import { type ConfigIr, type Lowered, make, runtimeFunction } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { type ResourceIr, resourceRef } from "../../ir/resource.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { durationText } from "../../text/duration-text.ts";
import { parseDuration, parsePercentage } from "../../text/formats.ts";
import { armsOf, nameOf, shareText } from "./arms.ts";
import { analysisAlone, falseAlarmsOutOfRange, nothingToJudge, stepsNeedOneArm, withoutBound } from "./messages.gen.ts";
import { checkRegions, regionalOf, regionsMeet, regionsText } from "./regions.ts";
import { checkSteps, percentText, plannedSteps } from "./steps.ts";

type Analysis = SplitOptions["analysis"];

/** Most shares of good releases that it makes sense to roll back, and fewest that can be told from none. */
const [least, most] = [0.0001, 0.2];

export function checkRollOut(options: SplitOptions, context: PolicyContext): void {
  const { steps, analysis } = options;
  checkRegions(options, context);
  if (steps === undefined) {
    const written = ["errors", "latency", "minimum", "callers", "falseAlarms", "release", "store"].find(
      (name) => context.writtenIn(`/analysis/${name}`) !== undefined,
    );
    if (written !== undefined) context.report(analysisAlone(context.at("/analysis"), {}));
    return;
  }
  const arms = armsOf(options);
  if (arms.length > 1) context.report(stepsNeedOneArm(context.at("/to"), { count: String(arms.length) }));
  checkSteps(steps, arms[0]!.share, "/steps", context);
  const falseAlarms = parsePercentage(analysis.falseAlarms);
  if (falseAlarms < least || falseAlarms > most)
    context.report(falseAlarmsOutOfRange(context.at("/analysis/falseAlarms"), { falseAlarms: analysis.falseAlarms }));
  if (analysis.errors !== undefined && parsePercentage(analysis.errors) >= 1)
    context.report(withoutBound(context.at("/analysis/errors"), { share: analysis.errors }));
  if (metricsOf(analysis, context).length === 0)
    context.report(nothingToJudge(context.at("/steps"), { operation: context.operation?.operationId ?? "the operation" }));
}

/** Whether a client can have any arm: with `sticky` over what it sends, or a cookie that it throws away until it likes the next. */
export const clientsChoose = (otherwise: string, sticky: EmittedIr<"expression"> | null): boolean =>
  otherwise === "cookie" || (sticky?.data.reads.variables.some((name) => /^(?:request\.|params|body)/.test(name)) ?? false);

/** What decides about the shares of the experiment. Undefined where its store is amiss, which was reported. */
export function rollOutOf(
  options: SplitOptions,
  steps: NonNullable<SplitOptions["steps"]>,
  mayChoose: boolean,
  context: PolicyContext,
): ResourceIr<"experiments"> | undefined {
  const { analysis } = options;
  const store = context.store({ store: analysis.store, needs: ["claims"], below: "/analysis" });
  if (store === undefined || !regionsMeet(options, store.type, context)) return undefined;
  const name = nameOf(options);
  const [arm] = armsOf(options);
  const plan: RollOutPlan = {
    base: arm!.share,
    steps: plannedSteps({ ...options, steps }),
    metrics: metricsOf(analysis, context),
    minimum: analysis.minimum,
    callers: mayChoose ? analysis.callers : 0,
    falseAlarms: parsePercentage(analysis.falseAlarms),
  };
  const config: Lowered<RollOutConfig> = {
    // Several operations may have the experiment: by its first place, which all of them are told by.
    at: formatOrigin(context.origin),
    gateway: context.gateway,
    name,
    release: analysis.release,
    plan,
    firstAttemptAt: runtimeFunction("upstream/attempts/first-attempt", "firstAttemptAt"),
    timeUpload: runtimeFunction("upstream/attempts/upload-clock", "timeUpload"),
    // Only in a server do several instances meet.
    shared: store.type === "memory" ? null : { store: store.ref, claims: make("stores/redis/redis-claims", "createRedisClaims") },
  };
  return {
    kind: "resource",
    room: "experiments",
    type: "rollOut",
    name,
    roles: ["living", "adminRoutes"],
    factory: { module: "policies/split/roll-out/roll-out", name: "createRollOut" },
    // Plain data and nodes all the way down, which an interface without index signature does not say.
    config: config as unknown as ConfigIr,
    ...(options.regions === undefined ? {} : regionalOf(config, options.regions, context)),
    summary: summaryOf(options, plan, store.name),
    origin: context.origin,
  };
}

/** Whatever of the config is the same for all operations of the experiment. */
export function sameForAll({ config }: ResourceIr<"experiments">): ConfigIr {
  const { at: _at, ...rest } = config as { readonly [key: string]: ConfigIr };
  return rest;
}

export const rollOutRef = (name: string) => resourceRef("experiments", name);

/** As `analysis` says, and where it does not, as the objectives of the operation do. */
function metricsOf({ errors, latency }: Analysis, { objectives }: PolicyContext): readonly MetricPlan[] {
  const availability = objectives.find(({ about }) => about === "availability");
  const allowed =
    errors === undefined ? (availability === undefined ? undefined : leftBy(availability.percent)) : parsePercentage(errors);
  const bounds =
    latency === undefined
      ? objectives.flatMap(({ about, bound }) => (bound === undefined ? [] : [[about, bound] as const]))
      : Object.entries(latency).flatMap(([name, bound]) => (bound === undefined ? [] : [[name, parseDuration(bound)] as const]));
  return [
    ...(allowed === undefined ? [] : [{ name: "errors", allowed, bound: null }]),
    ...bounds.map(([name, bound]) => ({ name, allowed: leftBy(name.slice(1)), bound })),
  ];
}

/** `99.9` → 0.001, without what arithmetic adds to it. */
const leftBy = (percent: string): number => Number(((100 - Number.parseFloat(percent)) / 100).toFixed(8));

function summaryOf(options: SplitOptions, { metrics, minimum, callers, falseAlarms }: RollOutPlan, store: string): string {
  const bounds = metrics.map(({ name, allowed, bound }) =>
    bound === null
      ? `more than ${percentText(allowed)} fail`
      : `more than ${percentText(allowed)} take over ${durationText(bound)} (${name})`,
  );
  return [
    shareText(0, options),
    `back where ${bounds.join(" or ")}, and more than with the old service`,
    `at most ${percentText(falseAlarms)} of good releases`,
    `${minimum} requests a step`,
    ...(options.regions === undefined ? [] : [regionsText(options.regions)]),
    ...(callers === 0 ? [] : [`${callers} callers, one bad request of each a step`]),
    `store ${store}`,
  ].join("; ");
}
