import { joined } from "./callers.ts";

/** A share of the new arm, and how long it stays. */
export interface StepPlan {
  /** From 0 to 1. */
  readonly share: number;
  /** Milliseconds that the step lasts at least. */
  readonly after: number;
  /** Milliseconds since the epoch before which it does not end; null: any time. */
  readonly until: number | null;
  /** It ends when a person says so. */
  readonly hold: boolean;
  /** Where it is; absent: everywhere. */
  readonly region?: string;
}

/** What makes a request bad. */
export interface MetricPlan {
  /** `errors`, or the quantile of a latency: `p99`. */
  readonly name: string;
  /** Share of the requests that may be bad, whatever the old arm does; from 0 to 1. */
  readonly allowed: number;
  /** Milliseconds to the head of the answer beyond which a request is bad; null: it is bad where it failed. */
  readonly bound: number | null;
}

/** How a roll-out goes on, and what ends it. */
export interface RollOutPlan {
  /** Of the new arm before the first step, and after a roll-back. */
  readonly base: number;
  /** Rising. */
  readonly steps: readonly StepPlan[];
  readonly metrics: readonly MetricPlan[];
  /** Requests that each arm must have had in a step before the next one. */
  readonly minimum: number;
  /** Callers that the new arm must have had before a step ends, of each of whom one bad request counts in a step; 0: all bad requests count. */
  readonly callers: number;
  /** Chance with which a release that is no worse is rolled back, over all metrics and steps. */
  readonly falseAlarms: number;
}

/** Requests of one arm that count, and how many of them were bad by each metric. */
export type ArmCounts = { readonly all: number; readonly bad: readonly number[] };

/** A bad request of a caller: the first one of each caller in a step counts. `metrics`: a bit for each by which it is bad. */
export type BadRequest = readonly [caller: number, isFresh: 0 | 1, metrics: number];

/** Both arms in the same time. */
export type Counts = {
  readonly fresh: ArmCounts;
  readonly old: ArmCounts;
  /** Of a roll-out that goes from region to region. */
  readonly region?: string;
  /** As of the standing under which it was counted. */
  readonly run?: number;
  /** Where callers are told apart: bad requests, which are in no count yet; */
  readonly bad?: readonly BadRequest[];
  /** and how many the new arm has had so far, as `CallerCount` has it. */
  readonly callers?: string;
  /** Users of the instance are not distributed as the shares say. */
  readonly hasWrongShares?: boolean;
};

export const runOf = ({ run }: { readonly run?: number }): number => run ?? 0;

const noArm = (metrics: number): ArmCounts => ({ all: 0, bad: Array.from({ length: metrics }, () => 0) });
export const noCounts = (metrics: number): Counts => ({ fresh: noArm(metrics), old: noArm(metrics) });

const sumOf = (one: ArmCounts, other: ArmCounts, sign: 1 | -1): ArmCounts => ({
  all: one.all + sign * other.all,
  bad: one.bad.map((count, index) => count + sign * (other.bad[index] ?? 0)),
});

/** Bad requests, or callers who had one, that are remembered for others to read. */
export const mostBad = 1_024;

/** `other`: what came after `one`, or with `sign` -1, what there was before. */
export function added(one: Counts, other: Counts, sign: 1 | -1 = 1): Counts {
  const region = one.region ?? other.region;
  const run = one.run ?? other.run;
  const sums = {
    ...(region === undefined ? {} : { region }),
    ...(run === undefined ? {} : { run }),
    fresh: sumOf(one.fresh, other.fresh, sign),
    old: sumOf(one.old, other.old, sign),
  };
  if ((one.callers ?? other.callers) === undefined) return sums;
  const [bad, others] = [one.bad ?? [], other.bad ?? []];
  if (sign === 1) return { ...sums, bad: [...bad, ...others].slice(-mostBad), callers: joined(one.callers, other.callers)! };
  return { ...sums, bad: bad.slice(knownOf(bad, others)), callers: one.callers! };
}

/**
 * How many at the begin of a list stood in it before: it grows at its end, and loses what is old at its begin. Where a request stands
 * tells whether it is new, as the same caller may have the same bad request in a later step.
 */
function knownOf(bad: readonly BadRequest[], before: readonly BadRequest[]): number {
  for (let lost = 0; lost < before.length; lost++) {
    const known = before.length - lost;
    if (known <= bad.length && before.every((one, index) => index < lost || isSame(one, bad[index - lost]!))) return known;
  }
  return 0;
}

const isSame = (one: BadRequest, other: BadRequest): boolean => one.every((part, index) => part === other[index]);

export type Phase = "running" | "complete" | "rolledBack" | "byHand";

/** Where a roll-out stands, as every process and instance knows it. */
export type Standing = {
  readonly phase: Phase;
  /** How often a person has set it going again: what was counted before says nothing of what comes. Absent: 0. */
  readonly run?: number;
  /** Index of the step. */
  readonly step: number;
  /** Milliseconds since the epoch at which the step began. */
  readonly since: number;
  /** Of the new arm, from 0 to 1. */
  readonly share: number;
  /** Where the step is, and the shares in all regions. */
  readonly region?: string;
  readonly shares?: { readonly [region: string]: number };
  /** Why it is where it is, for people. */
  readonly why: string;
  /** What was counted in this step. */
  readonly counts: Counts;
  /** What of it is evidence against the new arm, by metric. */
  readonly verdicts: readonly Verdict[];
};

/** What is known of a metric. */
export type Verdict = {
  readonly metric: string;
  /** e-value of the epoch that comes nearest to a roll-back, and how much it takes there. */
  readonly evidence: number;
  readonly needed: number;
};

/** What only the one who decides goes on from. */
export type Evidence = {
  /** Epochs that were begun. */
  readonly begun: number;
  readonly epochs: readonly EpochEvidence[];
  /** What the old arm had in the steps before. */
  readonly before: ArmCounts;
  /** Callers of whom a bad request was counted in the step: the last of them, as many as `mostBad`. */
  readonly bad?: readonly number[];
};

export type EpochEvidence = {
  /** 1 for the first of the roll-out. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Of each metric: wealth of the bets against “no worse than the old arm” and against “within its bound”. */
  readonly wealth: readonly (readonly [overOld: readonly number[], overBound: readonly number[]])[];
};
