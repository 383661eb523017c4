import type {
  Exposition,
  HistogramSample,
  MadeHere,
  MetricFamily,
  MetricSample,
  MetricsItem,
  WorkerItem,
  WorkerSums,
} from "../gateway/metrics.ts";
import { inSlices } from "../life/in-slices.ts";
import { Existing } from "./existing.ts";
import { expose } from "./exposition/expose.ts";
import { familiesOf, joined } from "./families-of.ts";
import { FamilySums } from "./family-sums.ts";
import { OpenLabels } from "./open-labels.ts";
import type { ScrapeThread } from "./thread/scrape-thread.ts";

/** @param thread writes what one process has for a scraper, where that is much */
export const createWorkerSums = (thread?: ScrapeThread | null): WorkerSums => new Sums(thread ?? undefined);

interface Reports {
  last: Report;
  next: Report;
  /** It serves no more. */
  isOver: boolean;
  /** Undefined: it has not said yet which it runs. */
  build: string | undefined;
}

/** What one worker has counted stays in the sums when it is gone: counters never fall. */
class Sums implements WorkerSums {
  readonly #reports = new Map<object, Reports>();
  readonly #existing = new Existing();
  readonly #thread: ScrapeThread | undefined;
  readonly #open = new OpenLabels();
  /** What those have counted that are gone. */
  #gone: readonly MetricFamily[] = [];

  constructor(thread: ScrapeThread | undefined) {
    this.#thread = thread;
  }

  enter(worker: object): void {
    this.#reportsOf(worker);
  }

  get builds(): readonly string[] {
    return this.#existing.known;
  }

  report(worker: object, items: readonly WorkerItem[]): void {
    const reports = this.#reportsOf(worker);
    const told: MetricsItem[] = [];
    for (const item of items) {
      if ("build" in item) {
        reports.build = item.build;
        this.#existing.take(item);
      } else told.push(item);
    }
    if (!reports.isOver) for (const family of familiesOf(told)) reports.next.take(family);
  }

  complete(worker: object): void {
    const reports = this.#reports.get(worker);
    // Complete already: of nothing at all there is no report.
    if (reports === undefined || reports.next.isEmpty) return;
    reports.last = reports.next;
    reports.next = new Report();
    this.#gone = this.#existing.among(this.#gone, this.#running);
  }

  /** Answers to earlier questions may still come; they know less. */
  end(worker: object, items: readonly MetricsItem[]): void {
    const reports = this.#reportsOf(worker);
    reports.last = new Report();
    reports.next = new Report();
    reports.isOver = true;
    for (const family of familiesOf(items)) reports.last.take(family);
  }

  /** Of a worker that was killed, that is what the last report said. */
  leave(worker: object): void {
    const reports = this.#reports.get(worker);
    this.#reports.delete(worker);
    if (reports === undefined) return;
    const sums = new FamilySums();
    sums.add(this.#gone);
    for (const family of latestOf(reports)) if (family.type !== "gauge") sums.add([this.#open.admit(family)]);
    this.#gone = this.#existing.among([...sums.families()], this.#running);
  }

  *#families(): Generator<MetricFamily> {
    const sums = new FamilySums();
    sums.add(this.#gone);
    for (const reports of this.#reports.values()) for (const family of latestOf(reports)) sums.add([this.#open.admit(family)]);
    yield* sums.families();
  }

  /** Builds of those that are there. */
  get #running(): (string | undefined)[] {
    return Array.from(this.#reports.values(), ({ build }) => build);
  }

  #reportsOf(worker: object): Reports {
    let reports = this.#reports.get(worker);
    if (reports === undefined) {
      reports = { last: new Report(), next: new Report(), isOver: false, build: undefined };
      this.#reports.set(worker, reports);
    }
    return reports;
  }

  joined(items: Iterable<MetricsItem>): Iterable<MetricsItem> {
    return joined(items);
  }

  async scrape(accept: string, items: Iterable<MetricsItem>): Promise<Exposition> {
    const elsewhere = this.#thread?.scrape(accept, items);
    if (elsewhere !== undefined) return elsewhere;
    const all: MetricsItem[] = [];
    await inSlices(items, (item) => void all.push(item));
    return expose(accept, familiesOf(all));
  }

  expose(accept: string): MadeHere {
    return expose(accept, this.#families());
  }
}

/** The last report, with what has come of the next one: a worker may have died in the middle of it. */
function* latestOf({ last, next }: { readonly last: Report; readonly next: Report }): Generator<MetricFamily> {
  if (next.isEmpty) return yield* last.families();
  const latest = new Report();
  for (const report of [last, next]) for (const family of report.families()) latest.take(family);
  yield* latest.families();
}

interface Reported {
  family: MetricFamily;
  readonly samples: Map<string, MetricSample>;
  readonly histograms: Map<string, HistogramSample>;
}

/** What one worker says; of what it says twice, the last. */
class Report {
  readonly #families = new Map<string, Reported>();

  get isEmpty(): boolean {
    return this.#families.size === 0;
  }

  take(family: MetricFamily): void {
    let known = this.#families.get(family.name);
    if (known === undefined) {
      known = { family, samples: new Map(), histograms: new Map() };
      this.#families.set(family.name, known);
    }
    for (const sample of family.samples) known.samples.set(sample.labels, sample);
    for (const sample of family.histograms ?? []) known.histograms.set(sample.labels, sample);
  }

  *families(): Generator<MetricFamily> {
    for (const { family, samples, histograms } of this.#families.values())
      yield family.type === "histogram"
        ? { ...family, samples: [], histograms: [...histograms.values()] }
        : { ...family, samples: [...samples.values()] };
  }
}
