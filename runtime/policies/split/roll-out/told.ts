import type { AdminRoute } from "../../../admin/route.ts";
import type { MetricFamily } from "../../../gateway/metrics.ts";
import type { Json } from "../../../life/json.ts";
import type { Log } from "../../../log/log.ts";
import { label } from "../../../metrics/label.ts";
import { percent, problemAnswer, type Refusal } from "../split-routes.ts";
import type { Order } from "./judge.ts";
import type { ArmCounts, Phase, RollOutPlan, Standing } from "./plan.ts";

export interface Ordered {
  told(): { readonly [key: string]: Json };
  order(order: Order): Promise<Refusal | undefined>;
}

export const orders = {
  continue: { do: "continue" },
  restart: { do: "restart" },
  rollBack: { do: "rollBack" },
  pause: { do: "set" },
} as const;

/** How a person has a say in a roll-out. */
export const rollOutRoute = (name: string, rollOut: Ordered): AdminRoute => ({
  method: "POST",
  path: `/splits/${name}/roll-out`,
  from: "one",
  describe: {
    operationId: `rollOutOf_${name.replaceAll(/[^A-Za-z0-9]/g, (one) => `_${one.charCodeAt(0).toString(16)}`)}`,
    summary: `Continues, restarts, rolls back or pauses the roll-out of the experiment ${name}`,
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["do"],
            additionalProperties: false,
            properties: { do: { type: "string", enum: Object.keys(orders) } },
          },
        },
      },
    },
    responses: {
      200: { description: "It was done.", content: { "application/json": { schema: { type: "object" } } } },
      409: { description: "It cannot be done as the roll-out stands." },
      503: { description: "The store does not answer, or nobody has done it yet." },
    },
  },
  async answer({ body }) {
    // The admin listener has validated it.
    const wanted = (body as { readonly do: keyof typeof orders }).do;
    const refusal = await rollOut.order(orders[wanted]);
    return refusal === undefined ? { status: 200, json: rollOut.told() } : problemAnswer(refusal);
  },
});

/** For `/status`, the admin API and `gatewright live split`. */
export function tellStanding(plan: RollOutPlan, standing: Standing | undefined): { readonly [key: string]: Json } {
  if (standing === undefined) return { phase: "waiting", why: "it is not known yet where the roll-out stands" };
  const { phase, step, since, share, why, counts, verdicts } = standing;
  return {
    phase,
    share: percent(share),
    why,
    steps: plan.steps.map(({ share }, index) => (index === step ? `[${percent(share)}]` : percent(share))).join(" "),
    stepSince: new Date(since).toISOString(),
    metrics: plan.metrics.map(({ name, allowed }, metric) => {
      const { evidence = 1, needed } = verdicts[metric] ?? {};
      return {
        metric: name,
        new: badText(counts.fresh, metric),
        old: badText(counts.old, metric),
        allowed: percent(allowed),
        evidence: Number(evidence.toPrecision(3)),
        rollsBackAt: needed === undefined ? null : Math.round(needed),
      };
    }),
  };
}

const badText = ({ all, bad }: ArmCounts, metric: number): string =>
  all === 0 ? "no requests" : `${percent(bad[metric]! / all)} of ${all}`;

/** Whoever decides tells of it, once. */
export function tellChange(
  log: Log,
  { name }: { readonly name: string },
  before: Standing | undefined,
  { phase, step, share, why }: Standing,
): void {
  const hasMoved = before === undefined || before.phase !== phase || before.step !== step || before.share !== share;
  if (!hasMoved && (before.why === why || !why.startsWith("held"))) return;
  // What is held is held for changing numbers.
  if (!hasMoved && before.why.startsWith("held")) return;
  const about = { experiment: name, share: percent(share), reason: why };
  if (phase === "rolledBack") log.write("warning", "roll-out rolled back", about);
  else if (!hasMoved) log.write("info", "roll-out held", about);
  else log.write("info", phase === "complete" ? "roll-out complete" : "roll-out moved", { ...about, step: step + 1 });
}

const phases: readonly Phase[] = ["running", "complete", "rolledBack", "byHand"];

/** `standing`: undefined where another process of the group tells of it. */
export function families(experiment: string, standing: Standing | undefined, rollBacks: number): readonly MetricFamily[] {
  const labels = label("experiment", experiment);
  const { phase, step = 0, verdicts = [] } = standing ?? {};
  const known = standing !== undefined;
  return [
    {
      name: "gatewright_split_step",
      help: "Step of a roll-out, from 1.",
      type: "gauge",
      samples: known ? [{ labels, value: step + 1 }] : [],
    },
    {
      name: "gatewright_split_phase",
      help: "1 for the phase that a roll-out is in, and 0 for the others.",
      type: "gauge",
      samples: known ? phases.map((one) => ({ labels: `${labels},${label("phase", one)}`, value: one === phase ? 1 : 0 })) : [],
    },
    {
      name: "gatewright_split_evidence_ratio",
      help: "Evidence that a release is worse than the one before, by metric: at 1 it is rolled back.",
      type: "gauge",
      samples: verdicts.map(({ metric, evidence, needed }) => ({
        labels: `${labels},${label("metric", metric)}`,
        value: evidence / needed,
      })),
    },
    {
      name: "gatewright_split_roll_backs_total",
      help: "Roll-outs that were rolled back.",
      type: "counter",
      samples: [{ labels, value: rollBacks }],
    },
  ];
}
