import { chanceOf } from "../../runtime/policies/fault-injection/chance.ts";

/** A number from 0 on, below 1. */
export type Chance = () => number;

/** The same numbers in each run. */
export const seeded = (seed: number): Chance => chanceOf(seed);

/** Draws milliseconds. */
export type Distribution = (chance: Chance) => number;

export const fixed =
  (milliseconds: number): Distribution =>
  () =>
    milliseconds;

export const exponential =
  (mean: number): Distribution =>
  (chance) =>
    -mean * Math.log(1 - chance());

/** `sigma`: standard deviation of its logarithm; 0.5 has a p99 of 3.2 medians, 1 of 10. */
export const logNormal =
  (median: number, sigma: number): Distribution =>
  (chance) =>
    median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance()));

/** Quick answers, and a share of slow ones: hits and misses of a cache. */
export const bimodal =
  (quick: number, slow: number, shareOfSlow: number): Distribution =>
  (chance) =>
    exponential(chance() < shareOfSlow ? slow : quick)(chance);

/** Any of those that were recorded, between two neighbours of a sorted list of quantiles. */
export const recorded =
  (quantiles: readonly number[]): Distribution =>
  (chance) => {
    const place = chance() * (quantiles.length - 1);
    const index = Math.floor(place);
    return quantiles[index]! + (place - index) * (quantiles[index + 1]! - quantiles[index]!);
  };

/** While it works, `Math.random` gives the numbers of `chance`. */
export async function withChance<Result>(chance: Chance, work: () => Promise<Result>): Promise<Result> {
  const { random } = Math;
  Math.random = chance;
  try {
    return await work();
  } finally {
    Math.random = random;
  }
}
