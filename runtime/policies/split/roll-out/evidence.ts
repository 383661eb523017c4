/**
 * Odds ratios that a worse arm may have, each an alternative with the same prior weight: from half as many bad requests again
 * to an arm where nothing works.
 */
const odds = [1.5, 2, 3, 5, 8, 15, 40, 150] as const;

/** Of each alternative, the logarithm of what a bet on it has become. */
export type Wealth = readonly number[];

export const noWealth: Wealth = [0, 0, 0, 0, 0, 0, 0, 0];

export const plus = (wealth: Wealth, gain: Wealth): Wealth => wealth.map((one, index) => one + gain[index]!);

/** Logarithm of the largest e-value: it is a number in JSON as well, and more than anything needs. */
const mostLog = 690;

/** The e-value: the mean over the alternatives. A fair bettor has 1 / α of it once in 1 / α times at most, whenever one looks. */
export function evidenceOf(wealth: Wealth): number {
  const most = Math.max(...wealth);
  return (Math.exp(Math.min(most, mostLog)) * wealth.reduce((sum, one) => sum + Math.exp(one - most), 0)) / odds.length;
}

/** Requests of one arm in one period, and those of them that were bad. */
export interface Tally {
  readonly all: number;
  readonly bad: number;
}

/**
 * What a period says against “a request to the new arm is no likelier to be bad than one to the old”. Given how many requests
 * each arm had, and how many were bad together, those of the new arm are hypergeometric where both are alike, whatever share is
 * bad in this period; so the likelihood ratio of Fisher's noncentral hypergeometric distribution is an e-value, and the
 * product over periods a test martingale (Turner, Ly and Grünwald, Generic E-Variables for Exact Sequential k-Sample Tests,
 * 2021; the mixture over alternatives is that of the mSPRT, Johari et al., Always Valid Inference, 2022; Ville's inequality).
 */
export function gainOverOld(fresh: Tally, old: Tally): Wealth {
  const bad = fresh.bad + old.bad;
  if (bad === 0 || fresh.all === 0 || old.all === 0) return noWealth;
  const least = Math.max(0, bad - old.all);
  const most = Math.min(bad, fresh.all);
  // Logarithm of how likely each number of bad requests in the new arm is, up to a constant.
  const chances = [0];
  for (let count = least; count < most; count++)
    chances.push(chances.at(-1)! + Math.log(((fresh.all - count) * (bad - count)) / ((count + 1) * (old.all - bad + count + 1))));
  const whole = logSum(chances, 0);
  return odds.map((ratio) => {
    const slope = Math.log(ratio);
    return (fresh.bad - least) * slope - (logSum(chances, slope) - whole);
  });
}

/** What a period says against “a share of at most `allowed` of the requests to the new arm is bad”: a likelihood ratio. */
export const gainOverBound = ({ all, bad }: Tally, allowed: number): Wealth =>
  odds.map((ratio) => {
    const total = 1 - allowed + ratio * allowed;
    return bad * (Math.log(ratio) - Math.log(total)) - (all - bad) * Math.log(total);
  });

/** Logarithm of the sum of exp(`logs[i]` + i × `slope`). */
function logSum(logs: readonly number[], slope: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logs.length; index++) most = Math.max(most, logs[index]! + index * slope);
  let sum = 0;
  for (let index = 0; index < logs.length; index++) sum += Math.exp(logs[index]! + index * slope - most);
  return most + Math.log(sum);
}
