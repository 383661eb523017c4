import { importantPath, type RequestResult, type Result } from "./run.ts";

/** What a run comes to, of the requests that came in a span of seconds. */
export interface Figures {
  readonly count: number;
  /** Of each endpoint, its part of all attempts, from 0 to 1. */
  readonly shares: readonly number[];
  /** Answers below 500, from 0 to 1. */
  readonly good: number;
  /** The same as `shares` of each gateway, where there are several. */
  readonly ofGateways: readonly (readonly number[])[];
  /** Milliseconds. */
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly attempts: number;
  /** Good answers within the time in which they are of use, of all requests and of the important ones, from 0 to 1. */
  readonly inTime: number;
  readonly importantInTime: number;
}

/** Milliseconds after which clients have no use for an answer. */
const useful = 1_000;

export function figuresOf({ requests, arrivals }: Result, from: number, to = Number.POSITIVE_INFINITY): Figures {
  const chosen = requests.filter(({ at }) => at >= from * 1_000 && at < to * 1_000);
  if (chosen.length === 0) throw new Error(`no request came between ${from} s and ${to} s`);
  const times = chosen.map(({ took }) => took).sort((one, other) => one - other);
  const sharesOf = (some: readonly RequestResult[]): number[] => {
    const attempts = some.flatMap(({ endpoints }) => endpoints);
    return arrivals.map((_, index) => attempts.filter((endpoint) => endpoint === index).length / attempts.length);
  };
  const attempts = chosen.flatMap(({ endpoints }) => endpoints);
  const gateways = [...new Set(chosen.map(({ gateway }) => gateway))].filter((gateway) => gateway !== undefined).sort();
  return {
    count: chosen.length,
    shares: sharesOf(chosen),
    ofGateways: gateways.map((one) => sharesOf(chosen.filter(({ gateway }) => gateway === one))),
    good: chosen.filter(isGood).length / chosen.length,
    mean: times.reduce((sum, one) => sum + one, 0) / times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    attempts: attempts.length / chosen.length,
    inTime: shareInTime(chosen),
    importantInTime: shareInTime(chosen.filter(({ path }) => path === importantPath)),
  };
}

const shareInTime = (all: readonly RequestResult[]): number =>
  all.length === 0 ? 0 : all.filter((one) => isGood(one) && one.took <= useful).length / all.length;

export const isGood = ({ status }: Pick<RequestResult, "status">): boolean => typeof status === "number" && status < 500;

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
