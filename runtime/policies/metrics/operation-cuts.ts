import { Changes, type OperationSeries } from "./operation-series.ts";

/** So many that others wait some 50 µs for one page. */
const operationsInPage = 50;
/** After so many looks it is considered who should be together. */
const looksOfSurvey = 8;

/** Operations that are in a page together. */
export class Cut {
  readonly series: readonly OperationSeries[];
  readonly changes = new Changes();
  #operations: readonly string[] | undefined = undefined;

  constructor(series: readonly OperationSeries[]) {
    this.series = series;
    for (const one of series) {
      // Who is still reading where it was does not take that for unchanged.
      one.together.count();
      one.together = this.changes;
    }
  }

  /** Their labels: the same array each time, by which a reader knows that it has these already. */
  get operations(): readonly string[] {
    return (this.#operations ??= this.series.map(({ labels }) => labels));
  }
}

/**
 * Which operations are in a page together. Whatever is counted of one, its page is told and written anew: so those that have
 * requests are put together, and those that have none behind them. A new one comes last, and changes no page but that one.
 */
export class OperationCuts {
  #cuts: readonly Cut[] = [];
  /** Those that had their first request since the last look. */
  #added: OperationSeries[] = [];
  #looks = 0;

  add(series: OperationSeries): void {
    this.#added.push(series);
    // A look that has many to take in would take long.
    if (this.#added.length === operationsInPage) this.#takeIn();
  }

  /** What is there now; another look has other cuts where operations were moved. */
  *look(): Generator<Cut> {
    this.#takeIn();
    const cuts = this.#cuts;
    if (++this.#looks < looksOfSurvey) {
      yield* cuts;
      return;
    }
    this.#looks = 0;
    const busy: OperationSeries[] = [];
    const quiet: OperationSeries[] = [];
    let busyCuts = 0;
    for (const cut of cuts) {
      const before = busy.length;
      for (const series of cut.series) {
        (series.isBusy ? busy : quiet).push(series);
        series.isBusy = false;
      }
      if (busy.length > before) busyCuts++;
      yield cut;
    }
    // To move them has all pages told again: where half of those that are busy are not saved, it is not worth that.
    if (busyCuts <= 2 * Math.ceil(busy.length / operationsInPage)) return;
    // Others may have looked meanwhile.
    if (this.#cuts === cuts) this.#cuts = cutsOf([...busy, ...quiet]);
  }

  #takeIn(): void {
    if (this.#added.length === 0) return;
    const isFull = this.#cuts.at(-1)?.series.length === operationsInPage;
    const [whole, last] = isFull ? [this.#cuts, []] : [this.#cuts.slice(0, -1), this.#cuts.at(-1)?.series ?? []];
    this.#cuts = [...whole, ...cutsOf([...last, ...this.#added])];
    this.#added = [];
  }
}

function cutsOf(all: readonly OperationSeries[]): Cut[] {
  const cuts: Cut[] = [];
  for (let from = 0; from < all.length; from += operationsInPage) cuts.push(new Cut(all.slice(from, from + operationsInPage)));
  return cuts;
}
