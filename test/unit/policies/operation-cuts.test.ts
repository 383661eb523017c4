import { describe, expect, it } from "vitest";
import { pageLayout } from "../../../runtime/metrics/operations/operation-counts.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";
import { OperationCuts } from "../../../runtime/policies/metrics/operation-cuts.ts";
import { OperationPages } from "../../../runtime/policies/metrics/operation-pages.ts";
import { OperationSeries } from "../../../runtime/policies/metrics/operation-series.ts";

const seriesOf = (count: number): OperationSeries[] =>
  Array.from(
    { length: count },
    (_, index) => new OperationSeries({ id: `o${index}`, api: "", version: "", service: "" }, Float64Array.of(1), false),
  );

function ask(series: OperationSeries): void {
  series.change();
  series.countRequest("GET", 200);
}

/** Looks as often as it takes until those that are busy are put together, while `busy` have requests. */
function survey(look: () => unknown, busy: readonly OperationSeries[]): void {
  for (let looks = 0; looks < 8; looks++) {
    busy.forEach(ask);
    look();
  }
}

// telemetry row 32
describe("operations are in a page with those that are as busy", () => {
  const cutsOf = (all: readonly OperationSeries[]): OperationCuts => {
    const cuts = new OperationCuts();
    all.forEach((series) => void cuts.add(series));
    return cuts;
  };

  it("in the order of their first requests: a new one changes the last page, and no other", () => {
    const all = seriesOf(121);
    const cuts = cutsOf(all.slice(0, 120));
    const before = [...cuts.look()];
    expect(before.map(({ series }) => series.length)).toEqual([50, 50, 20]);
    cuts.add(all[120]!);
    const after = [...cuts.look()];
    expect(after.flatMap(({ series }) => series)).toEqual(all);
    expect(after.map((cut, index) => cut.operations === before[index]!.operations)).toEqual([true, true, false]);
  });

  it("so that few pages change where few operations have requests, wherever they are", () => {
    const all = seriesOf(500);
    const cuts = cutsOf(all);
    const look = () => [...cuts.look()];
    const busy = all.filter((_, index) => index % 10 === 3);
    survey(look, busy);
    const [first, ...others] = look();
    expect(first!.series).toEqual(busy);
    // Nobody is lost, and the others are as they were.
    expect(others.flatMap(({ series }) => series)).toEqual(all.filter((series) => !busy.includes(series)));
  });

  it("and stay where to move them would save less than half", () => {
    const all = seriesOf(200);
    const cuts = cutsOf(all);
    const look = () => [...cuts.look()];
    const before = look();
    // Four pages have some; three would be enough.
    survey(
      look,
      all.filter((_, index) => index % 5 < 3),
    );
    survey(look, []);
    // One page has them, as it should be.
    survey(look, all.slice(20, 30));
    expect(look()).toEqual(before);
  });

  it("also where two look at once, or one gives up", () => {
    const all = seriesOf(500);
    const cuts = cutsOf(all);
    const busy = all.filter((_, index) => index % 10 === 3);
    const slow: Iterator<unknown>[] = [];
    survey(() => {
      slow.push(cuts.look());
      slow.at(-1)!.next();
      cuts.look().next();
      return [...cuts.look()];
    }, busy);
    for (const one of slow) while (one.next().done !== true);
    const found = [...cuts.look()].flatMap(({ series }) => series);
    expect(found).toHaveLength(500);
    expect(new Set(found)).toEqual(new Set(all));
  });
});

it("a primary has all counts of its worker, through all changes of pages", () => {
  const all = seriesOf(500);
  const pages = new OperationPages([1]);
  for (const series of all) pages.add(series);
  const [primary, worker, named] = [createWorkerSums(), createWorkerSums(), { name: "worker" }];
  primary.enter(named);
  let told = 0;
  const tell = (): void => {
    const since = primary.now();
    for (const item of worker.news(worker.joined(pages.all(), pageLayout), primary.latest(named)))
      if (item !== undefined) {
        told += "packed" in item ? 1 : 0;
        primary.report(named, [JSON.parse(JSON.stringify(item))]);
      }
    primary.complete(named, since);
  };
  const busy = all.filter((_, index) => index % 10 === 3);
  all.forEach(ask);
  const perLook: number[] = [];
  for (let looks = 0; looks < 20; looks++) {
    busy.forEach(ask);
    told = 0;
    tell();
    perLook.push(told);
  }
  // Of each operation there was something new in the first survey; after the second one, those that go on are in one page.
  expect(perLook).toEqual([...new Array<number>(17).fill(10), 1, 1, 1]);
  const text = [...primary.expose("").chunks].join("");
  const counts = Object.fromEntries(
    Array.from(text.matchAll(/^gatewright_requests_total\{operation="(o\d+)".*} (\d+)$/gm), ([, id, value]) => [
      id,
      Number(value),
    ]),
  );
  expect(counts).toEqual(Object.fromEntries(all.map((_, index) => [`o${index}`, index % 10 === 3 ? 21 : 1])));
});
