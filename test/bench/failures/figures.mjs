// What a run under failures comes to.
import { median } from "../support.mjs";

/** Windows of latency, in milliseconds. */
const windowMs = 500;
/** How much longer than before a p99 may be, and milliseconds that this machine adds by itself. */
const factor = 1.2;
const noiseMs = 10;

const quantile = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

/**
 * @param run of the load: `startedAt`, `took`, `late` and `outcomes`
 * @param eventAt when it happened, in milliseconds since 1970, as `startedAt` and the keys of `arrivals` times 100
 */
export function figuresOf({ startedAt, took, late, outcomes, arrivals }, eventAt, rate) {
  const at = (index) => startedAt + (index * 1000) / rate - eventAt;
  const indices = [...outcomes.keys()];
  const warm = indices.filter((index) => at(index) >= windowMs - 3_000 && at(index) < 0);
  const after = indices.filter((index) => at(index) >= -windowMs);
  const windows = [];
  for (let from = 0; from + windowMs <= at(indices.length - 1) + 1; from += windowMs) {
    const inside = indices.filter((index) => at(index) >= from && at(index) < from + windowMs);
    windows.push({
      from,
      p99: quantile(
        inside.map((index) => took[index]),
        0.99,
      ),
      // Where the load itself was late, its figures say nothing about the subject.
      isNoisy:
        quantile(
          inside.map((index) => late[index]),
          0.99,
        ) > noiseMs,
    });
  }
  const warmWindows = [5, 4, 3, 2, 1].map((back) =>
    quantile(
      warm.filter((index) => at(index) >= -back * windowMs && at(index) < (1 - back) * windowMs).map((index) => took[index]),
      0.99,
    ),
  );
  const p99Before = median(warmWindows);
  const isFine = ({ p99, isNoisy }) => isNoisy || p99 <= factor * p99Before + noiseMs;
  // From there on for a whole second.
  const back = windows.find((window, at) => isFine(window) && (windows[at + 1] === undefined || isFine(windows[at + 1])));
  const of = (outcome) => after.filter((index) => outcomes[index] === outcome).length;
  const good = after.filter((index) => outcomes[index].startsWith("good")).length;
  return {
    requests: after.length,
    failed: after.length - good - of("cut"),
    cut: of("cut"),
    statuses: countBy(after.map((index) => outcomes[index]).filter((one) => !one.startsWith("good") && one !== "cut")),
    delayed: after.filter((index) => took[index] > 500).length,
    p99Before,
    p99Seconds: windows
      .filter(({ from }) => from % 1_000 === 0)
      .map(({ from }) =>
        quantile(
          indices.filter((index) => at(index) >= from && at(index) < from + 1_000).map((index) => took[index]),
          0.99,
        ),
      ),
    backMs: back?.from ?? Number.POSITIVE_INFINITY,
    noisy: windows.filter(({ isNoisy }) => isNoisy).length,
    share: shareOf(arrivals, eventAt, 0),
    laterShare: shareOf(arrivals, eventAt, 5_000),
    /** Seconds until the endpoint has at least a quarter of the requests. */
    returnedAfter: returned(arrivals, eventAt),
  };
}

/** Requests that reached the service in a span of milliseconds, for each one that was sent in it. */
export function offered({ arrivals }, from, to, rate) {
  return (arrivedIn(arrivals, from, to).reduce((sum, one) => sum + one, 0) * 1_000) / (rate * (to - from));
}

function arrivedIn(arrivals, from, to) {
  return arrivals.map((one) =>
    [...one].reduce((sum, [tenth, count]) => (tenth * 100 >= from && tenth * 100 < to ? sum + count : sum), 0),
  );
}

/** Of the first endpoint. */
function shareOf(arrivals, eventAt, from) {
  const counts = arrivedIn(arrivals, Math.ceil((eventAt + from) / 100) * 100, Number.POSITIVE_INFINITY);
  return counts[0] / counts.reduce((sum, one) => sum + one, 0);
}

function returned(arrivals, eventAt) {
  for (let second = 0; second < 60; second += 0.5) {
    const counts = arrivedIn(arrivals, eventAt + second * 1_000, eventAt + second * 1_000 + 1_000);
    if (counts[0] >= counts.reduce((sum, one) => sum + one, 0) / 4 && counts[0] > 0) return second;
  }
  return Number.POSITIVE_INFINITY;
}

function countBy(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${count} × ${value}`).join(", ");
}
