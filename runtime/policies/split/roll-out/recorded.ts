import { isCallerText } from "./callers.ts";
import type { Order } from "./judge.ts";
import {
  type ArmCounts,
  type Counts,
  type EpochEvidence,
  type Evidence,
  mostBad,
  type Phase,
  type Standing,
  type Verdict,
} from "./plan.ts";

/** What the instance that decides has written. */
export interface Written {
  readonly standing: Standing;
  readonly evidence: Evidence;
  /** The order that was followed last. */
  readonly order: string;
}

/** An order that an instance was given. */
export type Ordered = {
  readonly id: string;
  readonly order: Order;
};

/** Records of a store, which others may write to. What is none of ours is undefined. */
export const countsIn = (text: string): Counts | undefined => readIn(text, isCounts);
export const writtenIn = (text: string): Written | undefined => readIn(text, isWritten);
export const orderedIn = (text: string): Ordered | undefined => readIn(text, isOrdered);

type Read<Of> = { readonly [Key in keyof Of]?: unknown };

function readIn<Value extends object>(text: string, is: (value: Read<Value>) => boolean): Value | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // An object, of which `is` looks at each member.
  return typeof value === "object" && value !== null && is(value as Read<Value>) ? (value as Value) : undefined;
}

/** Of what is none, the members are undefined. */
const membersOf = <Of>(value: unknown): Read<Of> => (typeof value === "object" && value !== null ? (value as Read<Of>) : {});

const isNumber = (value: unknown): value is number => typeof value === "number" && value >= 0;

const isCount = (value: unknown): value is number => isNumber(value) && Number.isSafeInteger(value);

function isArm(value: unknown): boolean {
  const { all, bad } = membersOf<ArmCounts>(value);
  return isCount(all) && Array.isArray(bad) && bad.every((one: unknown) => isCount(one) && one <= all);
}

const isCounts = ({ fresh, old, run, bad, callers, hasWrongShares }: Read<Counts>): boolean =>
  isArm(fresh) &&
  isArm(old) &&
  (run === undefined || isCount(run)) &&
  (bad === undefined || (Array.isArray(bad) && bad.every(isBadRequest))) &&
  (callers === undefined || isCallerText(callers)) &&
  (hasWrongShares === undefined || typeof hasWrongShares === "boolean");

const isBadRequest = (value: unknown): boolean => Array.isArray(value) && value.length === 3 && value.every(isCount);

const phases: Readonly<Record<Phase, true>> = { running: true, complete: true, rolledBack: true, byHand: true };

function isStanding(value: unknown): boolean {
  const { phase, run, step, since, share, why, counts, verdicts } = membersOf<Standing>(value);
  return (
    typeof phase === "string" &&
    Object.hasOwn(phases, phase) &&
    (run === undefined || isCount(run)) &&
    isCount(step) &&
    isNumber(since) &&
    isNumber(share) &&
    share <= 1 &&
    typeof why === "string" &&
    isCounts(membersOf<Counts>(counts)) &&
    Array.isArray(verdicts) &&
    verdicts.every(isVerdict)
  );
}

function isVerdict(value: unknown): boolean {
  const { metric, evidence, needed } = membersOf<Verdict>(value);
  return typeof metric === "string" && isNumber(evidence) && isNumber(needed);
}

function isEpoch(value: unknown): boolean {
  const { number, since, wealth } = membersOf<EpochEvidence>(value);
  return isCount(number) && isNumber(since) && Array.isArray(wealth) && wealth.every(isWealthOfBoth);
}

const isWealthOfBoth = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((one: unknown) => Array.isArray(one) && one.every(Number.isFinite));

function isEvidence(value: unknown): boolean {
  const { begun, epochs, before, bad = [] } = membersOf<Evidence>(value);
  const areCallers = Array.isArray(bad) && bad.length <= mostBad && bad.every(isCount);
  return isCount(begun) && Array.isArray(epochs) && epochs.every(isEpoch) && isArm(before) && areCallers;
}

const isWritten = ({ standing, evidence, order }: Read<Written>): boolean =>
  isStanding(standing) && isEvidence(evidence) && typeof order === "string";

const orders: Readonly<Record<Order["do"], true>> = { continue: true, restart: true, rollBack: true, set: true };

function isOrdered({ id, order }: Read<Ordered>): boolean {
  const { do: wanted, share, region } = membersOf<{ do: unknown; share: unknown; region: unknown }>(order);
  const isShare = share === undefined || (isNumber(share) && share <= 1);
  const isRegion = region === undefined || typeof region === "string";
  return typeof id === "string" && typeof wanted === "string" && Object.hasOwn(orders, wanted) && isShare && isRegion;
}
