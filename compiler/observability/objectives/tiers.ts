const hour = 3_600_000;

/** A pair of windows in which the budget is spent so fast that somebody must look. */
export interface Tier {
  /** `1` burns fastest, and keeps the others quiet. */
  readonly tier: string;
  readonly severity: "page" | "ticket";
  /** Milliseconds. Both must burn: the long one says that it matters, the short one that it still does. */
  readonly long: number;
  readonly short: number;
  /** How many times faster than allowed. */
  readonly factor: number;
  /** Share of the budget that is gone when the long window has burnt as fast as this. */
  readonly spent: number;
}

/** Of the SRE workbook, chapter 5: shares of the budget, and the windows in which spending them is worth a look. */
const pairs = [
  { severity: "page", share: 0.02, long: hour, short: hour / 12 },
  { severity: "page", share: 0.05, long: 6 * hour, short: hour / 2 },
  { severity: "ticket", share: 0.1, long: 24 * hour, short: 2 * hour },
  { severity: "ticket", share: 0.1, long: 72 * hour, short: 6 * hour },
] as const;

/**
 * The tiers of one window: 14.4, 6, 3 and 1 for 30 days, and longer windows allow more. Below 1 nothing is wrong, however
 * short the window. Those that no failure could reach are left out: half of the requests cannot burn ten times as fast.
 */
export const tiersOf = ({ window, budget }: { readonly window: number; readonly budget: number }): readonly Tier[] =>
  pairs
    .map(({ share, long, short, severity }, index) => {
      const factor = Math.max(1, Number(((share * window) / long).toPrecision(6)));
      return { tier: String(index + 1), severity, long, short, factor, spent: Number(((factor * long) / window).toPrecision(3)) };
    })
    .filter(({ factor }) => factor * budget < 1);
