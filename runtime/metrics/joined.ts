import type { MetricFamily } from "../gateway/metrics.ts";
import { FamilySums } from "./family-sums.ts";

/** Each family once, whoever has samples of it. Those that come in parts pass as they come, and nothing of them is kept. */
export function* joined(families: Iterable<MetricFamily>): Generator<MetricFamily> {
  const others = new FamilySums();
  for (const family of families) {
    if (family.isPart === true) yield family;
    else others.add([family]);
  }
  yield* others.families();
}
