import type { LivePage, OperationPage, ToldPage } from "../../gateway/metrics.ts";
import { NumberList } from "../../metrics/operations/number-list.ts";
import { pageLayout } from "../../metrics/operations/operation-counts.ts";
import { packNumbers } from "../../metrics/operations/packed-numbers.ts";
import { type Cut, OperationCuts } from "./operation-cuts.ts";
import type { OperationSeries } from "./operation-series.ts";
import type { Tally } from "./tally.ts";

/** What operations have counted, page by page. */
export class OperationPages {
  readonly #bounds: readonly number[];
  readonly #cuts = new OperationCuts();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  /** There is one more operation. */
  add(series: OperationSeries): void {
    this.#cuts.add(series);
  }

  *all(): Generator<LivePage> {
    let page = 0;
    for (const cut of this.#cuts.look()) yield new Page(page++, cut, this.#bounds);
  }
}

/** Everything of one operation is of the same moment, so that its counters agree with each other: 0.3 µs for each. */
class Page implements LivePage {
  readonly layout = pageLayout;
  readonly page: number;
  readonly operations: readonly string[];
  readonly policies: string[] = [];
  readonly bounds: readonly number[];
  readonly exemplars: OperationPage["exemplars"][number][] = [];
  readonly #cut: Cut;
  #numbers: Float64Array | undefined = undefined;

  constructor(page: number, cut: Cut, bounds: readonly number[]) {
    this.page = page;
    this.#cut = cut;
    this.operations = cut.operations;
    this.bounds = bounds;
  }

  get changes(): number {
    return this.#cut.changes.number;
  }

  get numbers(): Float64Array {
    if (this.#numbers !== undefined) return this.#numbers;
    const list = new NumberList();
    this.write(list);
    return (this.#numbers = list.numbers.subarray(0, list.end));
  }

  write(list: NumberList): void {
    this.#cut.series.forEach((series, index) => void this.#write(series, index, list));
  }

  toJSON(): ToldPage {
    const packed = packNumbers(this.numbers);
    const { layout, page, operations, bounds, policies, exemplars } = this;
    return { layout, page, operations, bounds, policies, exemplars, packed };
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
