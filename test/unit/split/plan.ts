import type { Counts, RollOutPlan, StepPlan } from "../../../runtime/policies/split/roll-out/plan.ts";

export const step = (share: number, more: Partial<StepPlan> = {}): StepPlan => ({
  share,
  after: 60_000,
  until: null,
  hold: false,
  ...more,
});

export const plan = (more: Partial<RollOutPlan> = {}): RollOutPlan => ({
  base: 0,
  steps: [step(0.05), step(0.25), step(1)],
  metrics: [
    { name: "errors", allowed: 0.001, bound: null },
    { name: "p99", allowed: 0.01, bound: 300 },
  ],
  minimum: 100,
  callers: 0,
  falseAlarms: 0.01,
  ...more,
});

/** Requests to the new service and those that failed, and the same of the old one. */
export const seen = (fresh: number, failed: number, old: number, oldFailed: number, slow = 0): Counts => ({
  fresh: { all: fresh, bad: [failed, slow] },
  old: { all: old, bad: [oldFailed, 0] },
});
