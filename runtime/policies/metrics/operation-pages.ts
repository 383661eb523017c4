import type { OperationPage } from "../../gateway/metrics.ts";
import { NumberList } from "./number-list.ts";
import type { OperationSeries } from "./operation-series.ts";
import type { Tally } from "./tally.ts";

/** So many that others wait some 50 µs for one page. */
const operationsInPage = 50;

/**
 * What operations have counted, copied as numbers: 0.5 µs for each. Everything of one operation is of the same moment, so
 * that its counters agree with each other.
 */
export function* operationPages(all: readonly OperationSeries[], bounds: readonly number[]): Generator<OperationPage> {
  const list = new NumberList();
  for (let from = 0; from < all.length; from += operationsInPage)
    yield new Page(all.slice(from, from + operationsInPage), bounds, list);
}

class Page implements OperationPage {
  readonly operations: readonly string[];
  readonly policies: string[] = [];
  readonly bounds: readonly number[];
  readonly numbers: Float64Array;
  readonly exemplars: OperationPage["exemplars"][number][] = [];

  /** @param list is written over */
  constructor(some: readonly OperationSeries[], bounds: readonly number[], list: NumberList) {
    this.operations = some.map(({ labels }) => labels);
    this.bounds = bounds;
    list.end = 0;
    some.forEach((series, index) => void this.#write(series, index, list));
    this.numbers = list.numbers.slice(0, list.end);
  }

  /** JSON knows no typed arrays. */
  toJSON(): OperationPage {
    const { operations, policies, bounds, numbers, exemplars } = this;
    return { operations, policies, bounds, numbers: Array.from(numbers), exemplars };
  }

  /** In the order that `layout` of the reader says. */
  #write(series: OperationSeries, operation: number, list: NumberList): void {
    const begin = list.end;
    list.push(0);
    list.push(series.inFlight);
    list.push(series.requestBytes);
    list.push(series.responseBytes);
    list.push(series.durations.sum);
    list.pushAll(series.errors);
    list.pushAll(series.durations.counts);
    list.push(series.codeCount);
    for (let index = 0; index < series.codeCount; index++) {
      list.push(series.codes[index]!);
      list.push(series.requests[index]!);
    }
    this.#writeTally(series.refusals, list);
    this.#writeTally(series.reports, list);
    series.durations.native?.write(list);
    list.numbers[begin] = list.end - begin;
    series.durations.exemplars?.forEach((exemplar, bucket) => {
      if (exemplar !== null) this.exemplars.push({ operation, bucket, exemplar });
    });
  }

  #writeTally({ names, counts }: Tally, list: NumberList): void {
    list.push(names.length);
    for (let index = 0; index < names.length; index++) {
      let policy = this.policies.indexOf(names[index]!);
      if (policy < 0) policy = this.policies.push(names[index]!) - 1;
      list.push(policy);
      list.push(counts[index]!);
    }
  }
}
