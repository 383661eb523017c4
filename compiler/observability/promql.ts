/** A label and what it must be; `~` and `!~`: a regular expression over the whole value. */
export type Matcher = readonly [label: string, operator: "=" | "=~" | "!~" | "!=", value: string];

/** `name{job="shop",status=~"5.."}`. Values are escaped as PromQL reads its strings. */
export const series = (name: string, matchers: readonly Matcher[]): string =>
  `${name}{${matchers.map(([label, operator, value]) => `${label}${operator}${quoted(value)}`).join(",")}}`;

export const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** A regular expression (RE2) for exactly these values. */
export const anyOf = (values: readonly string[]): string => values.map(literal).join("|");

const literal = (value: string): string => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Milliseconds as Prometheus writes spans: `5m`, `3d`. */
export const span = (milliseconds: number): string => {
  const [unit, size] = spans.find(([, each]) => milliseconds % each === 0) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
};

const spans = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A number without the noise of binary fractions: `0.0144` for 14.4 × 0.001. */
export const decimal = (value: number): string => String(Number(value.toPrecision(10)));

/**
 * The bucket that ends at so many seconds. Prometheus 3, and every version that scrapes OpenMetrics, calls the one of a whole
 * number `1.0`; older ones keep the `1` of the text format.
 */
export const bucketLabel = (seconds: number): Matcher =>
  Number.isInteger(seconds) ? ["le", "=~", `${seconds}(\\.0)?`] : ["le", "=", String(seconds)];
