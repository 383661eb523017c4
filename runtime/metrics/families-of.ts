import type { MetricFamily, MetricsItem, OperationPage } from "../gateway/metrics.ts";
import { FamilySums } from "./family-sums.ts";
import { pageLayout } from "./operations/operation-counts.ts";
import { operationFamilies } from "./operations/operation-families.ts";

/** Each family once, whoever has samples of it. What operations counted passes as it comes where its layout is known, and as families otherwise. */
export function* joined(items: Iterable<MetricsItem>, layout = pageLayout): Generator<MetricsItem> {
  const others = new FamilySums();
  for (const item of items) {
    if (!("operations" in item)) others.add([item]);
    else if (item.layout === layout) yield item;
    else yield* operationFamilies([item], true);
  }
  yield* others.families();
}

/**
 * All families, with those of operations in front: the samples of one are together, in parts.
 *
 * @param isNative whether histograms of operations have exponential buckets as well
 */
export function* familiesOf(items: Iterable<MetricsItem>, isNative = true): Generator<MetricFamily> {
  const pages: OperationPage[] = [];
  const others: MetricFamily[] = [];
  for (const item of items) {
    if ("operations" in item) pages.push(item);
    else others.push(item);
  }
  yield* operationFamilies(pages, isNative);
  yield* others;
}
