import { type Quality, type Release, rolledBackAfter, slowShare } from "./play.ts";

/** What became of a release in many runs: seconds until it was rolled back, ascending. */
export interface Runs {
  readonly all: number;
  readonly seconds: readonly number[];
}

export function runsOf(release: Release, seeds: number): Runs {
  const seconds = Array.from({ length: seeds }, (_, seed) => rolledBackAfter(release, seed + 1));
  return { all: seeds, seconds: seconds.filter((one) => one !== undefined).sort((one, other) => one - other) };
}

export const within = ({ seconds }: Runs, limit: number): number => seconds.filter((one) => one <= limit).length;

/** At 5 % of 200 requests per second. */
export const atFivePercent = (old: Quality, fresh: Quality, seconds: number): Release => ({
  old,
  fresh,
  steps: [0.05],
  stepSeconds: 100_000,
  perSecond: 200,
  seconds,
});

/** A roll-out of ten minutes through all steps. */
export const wholeRollOut = (old: Quality, fresh: Quality): Release => ({
  old,
  fresh,
  steps: [0.01, 0.05, 0.25, 1],
  stepSeconds: 150,
  perSecond: 200,
  seconds: 600,
});

/** The same in each of so many regions, one after the other: what the new service is in each of them. */
export const regionByRegion = (old: Quality, regions: readonly Quality[]): Release => ({
  ...wholeRollOut(old, old),
  regions,
  seconds: 600 * regions.length,
});

export const failing = (share: number): Quality => ({ failing: share, slow: 0.002 });
const taking = (median: number): Quality => ({ failing: 0.0005, slow: slowShare(median, 0.6, 300) });

const stableErrors = [0.0001, 0.001, 0.005, 0.01, 0.02] as const;
const newErrors = [0.002, 0.01, 0.02, 0.05, 0.2] as const;
const medians = [60, 75, 100] as const;
const factors = [1.25, 1.5, 2, 4] as const;

const percent = (share: number): string => `${Number((share * 100).toFixed(3))}%`;

const table = (head: string, columns: readonly string[], rows: readonly (readonly [string, readonly string[]])[]): string[] => [
  `| ${[head, ...columns].join(" | ")} |`,
  `|${"---|".repeat(columns.length + 1)}`,
  ...rows.map(([name, cells]) => `| ${[name, ...cells].join(" | ")} |`),
];

/** What goes through one region after the other. */
export function regionalSection(seeds: number): readonly string[] {
  const rows = [0.001, 0.01].flatMap((share) => {
    const quality = { failing: share, slow: share };
    return [2, 4].map((count) => {
      const good = runsOf(regionByRegion(quality, Array<Quality>(count).fill(quality)), seeds);
      const bad = { ...quality, failing: 0.05 };
      const last = runsOf(regionByRegion(quality, [...Array<Quality>(count - 1).fill(quality), bad]), seeds);
      // The first step of the last region begins then.
      const from = 600 * (count - 1);
      const inLast = last.seconds.filter((second) => second > from).map((second) => second - from);
      const median = inLast[Math.ceil(inLast.length / 2) - 1];
      return [
        `${percent(share)}, ${count} regions`,
        [String(good.seconds.length), `${percent(inLast.length / seeds)} (${median === undefined ? "–" : `${median} s`})`],
      ] as const;
    });
  });
  return [
    "## Region by region",
    "",
    "The same roll-out in one region after the other, with 200 requests per second in each: how many good ones were rolled back, of all regions",
    "together, of which 1% are allowed; and a release that fails 5% of the requests in the last region alone: how many were rolled back there,",
    "and the median of the seconds since its first step (1%) began there.",
    "",
    ...table("bad requests", ["good ones rolled back", "bad ones, in the last region"], rows),
  ];
}

/** Power and false alarms, as people read them. */
export function rollOutPage(seeds: number): string {
  const power = (release: Release): string => {
    const runs = runsOf(release, seeds);
    const median = runs.seconds[Math.ceil(seeds / 2) - 1];
    const share = (limit: number): string => percent(within(runs, limit) / seeds);
    return `${share(30)} · ${share(90)} · ${share(600)} (${median === undefined ? "–" : `${median} s`})`;
  };
  const errors = stableErrors.map(
    (old) =>
      [
        percent(old),
        newErrors.map((fresh) => (fresh <= old ? "" : power(atFivePercent(failing(old), failing(fresh), 600)))),
      ] as const,
  );
  const latencies = medians.map(
    (old) =>
      [
        `${old} ms (${percent(taking(old).slow)})`,
        factors.map(
          (factor) => `${power(atFivePercent(taking(old), taking(old * factor), 600))}, ${percent(taking(old * factor).slow)}`,
        ),
      ] as const,
  );
  const good = [...stableErrors, 0.05].map((share) => {
    const quality = { failing: share, slow: share };
    return [percent(share), [String(within(runsOf(wholeRollOut(quality, quality), seeds), 600))]] as const;
  });
  return [
    "# Roll-outs",
    "",
    `Played by \`npm run simulate -- roll-outs\` with the decision code that gateways have: ${seeds} seeds for each cell, 200 requests`,
    "per second, 1% of false alarms, bounds of 0.1% for errors and 300 ms for p99.",
    "",
    "## Bad releases by errors",
    "",
    "The new service gets 5%. Rolled back within 30 seconds · 90 seconds · 10 minutes (median), by the share of requests that fail.",
    "",
    ...table("old \\ new", newErrors.map(percent), errors),
    "",
    "## Bad releases by latency",
    "",
    "Log-normal latencies (σ = 0.6); rows by their median with the old service and the share beyond 300 ms, columns by how many times as slow",
    "the new one is; the same three shares and median, then the share of the new service beyond 300 ms. What is at most 1% is within the objective.",
    "",
    ...table(
      "old \\ new",
      factors.map((factor) => `× ${factor}`),
      latencies,
    ),
    "",
    "## Good releases",
    "",
    `Rolled back of ${seeds} roll-outs of ten minutes (1%, 5%, 25%, 100%), in which both services fail, and are slow, alike. 1% are allowed.`,
    "",
    ...table("bad requests", ["rolled back"], good),
    "",
    ...regionalSection(seeds),
    "",
  ].join("\n");
}
