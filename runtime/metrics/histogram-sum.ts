import type { Exemplar, HistogramSample, NativeHistogram } from "../gateway/metrics.ts";

/** What two have counted together, in the buckets of the second. */
export function histogramSum(
  one: HistogramSample,
  bounds: readonly number[],
  other: HistogramSample,
  otherBounds: readonly number[],
): HistogramSample {
  const fitting = isSame(bounds, otherBounds) ? one : moved(one, bounds, otherBounds);
  const counts = other.counts.map((count, index) => count + (fitting.counts[index] ?? 0));
  const native = nativeSum(one.native, other.native);
  const exemplars = latest(fitting.exemplars, other.exemplars);
  return {
    labels: other.labels,
    counts,
    sum: one.sum + other.sum,
    ...(native === undefined ? {} : { native }),
    ...(exemplars === undefined ? {} : { exemplars }),
  };
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one === other || (one.length === other.length && one.every((bound, index) => bound === other[index]));

/** To other bounds, as after a reload: what is known to be within one is counted there, so that nothing that stays falls. */
function moved(sample: HistogramSample, from: readonly number[], to: readonly number[]): HistogramSample {
  const counts = new Array<number>(to.length + 1).fill(0);
  sample.counts.forEach((count, index) => {
    const bound = from[index] ?? Number.POSITIVE_INFINITY;
    const home = to.findIndex((other) => other >= bound);
    counts[home < 0 ? to.length : home]! += count;
  });
  return { labels: sample.labels, counts, sum: sample.sum };
}

function nativeSum(one: NativeHistogram | undefined, other: NativeHistogram | undefined): NativeHistogram | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  // The bounds of the zero bucket and the resolution are constants of the policy.
  if (one.schema !== other.schema || one.zeroThreshold !== other.zeroThreshold) return other;
  const zeroCount = one.zeroCount + other.zeroCount;
  const used = [one, other].filter(({ counts }) => counts.length > 0);
  if (used.length === 0) return { ...other, zeroCount };
  const offset = Math.min(...used.map((native) => native.offset));
  const end = Math.max(...used.map((native) => native.offset + native.counts.length));
  const counts = new Array<number>(end - offset).fill(0);
  for (const native of used)
    native.counts.forEach((count, index) => {
      counts[native.offset - offset + index]! += count;
    });
  return { ...other, zeroCount, offset, counts };
}

type Exemplars = readonly (Exemplar | null)[] | undefined;

function latest(one: Exemplars, other: Exemplars): Exemplars {
  if (one === undefined || other === undefined) return one ?? other;
  return other.map((exemplar, index) => {
    const before = one[index] ?? null;
    return exemplar === null || (before !== null && before.at > exemplar.at) ? before : exemplar;
  });
}
