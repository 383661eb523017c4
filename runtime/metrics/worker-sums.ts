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
import { writeEvent } from "../log/log.ts";
import { Existing } from "./existing.ts";
import { expose, formatFor } from "./exposition/expose.ts";
import { familiesOf, joined } from "./families-of.ts";
import { FamilySums } from "./family-sums.ts";
import { OpenLabels } from "./open-labels.ts";
import { pageLayout } from "./operations/operation-counts.ts";
import type { ScrapeThread } from "./thread/scrape-thread.ts";

/** @param thread writes what one process has for a scraper, where that is much */
export const createWorkerSums = (thread?: ScrapeThread | null): WorkerSums => new Sums(thread ?? undefined);

/** What one worker has counted stays in the sums when it is gone: counters never fall. */
class Sums implements WorkerSums {
  readonly #workers = new Map<object, Told>();
  readonly #existing = new Existing();
  readonly #thread: ScrapeThread | undefined;
  readonly #open = new OpenLabels();
  /** What those have counted that are gone. */
  #gone: readonly MetricFamily[] = [];
  /** Of reports, so that it is known which came after which. */
  #time = 0;

  constructor(thread: ScrapeThread | undefined) {
    this.#thread = thread;
  }

  now(): number {
    return ++this.#time;
  }

  enter(worker: object): void {
    this.#toldBy(worker);
  }

  get layout(): number {
    return pageLayout;
  }

  get builds(): readonly string[] {
    return this.#existing.known;
  }

  report(worker: object, items: readonly WorkerItem[]): void {
    const told = this.#toldBy(worker);
    const time = this.now();
    const metrics: MetricsItem[] = [];
    for (const item of items) {
      if ("build" in item) {
        told.build = item.build;
        this.#existing.take(item);
      } else if ("operations" in item && item.layout !== pageLayout) {
        // It is asked for families next time; this is of one that was never asked, or does not know the question.
        const advice =
          "Restart the gateway to have the metrics of operations: its primary and its workers are of builds too far apart.";
        writeEvent("warning", "metrics of a worker cannot be read", { layout: item.layout, known: pageLayout, advice });
      } else metrics.push(item);
    }
    for (const family of familiesOf(metrics)) told.take(family, time);
  }

  complete(worker: object, since: number): void {
    this.#workers.get(worker)?.forget(since);
    this.#gone = this.#existing.among(this.#gone, this.#running);
  }

  leave(worker: object): void {
    const told = this.#workers.get(worker);
    this.#workers.delete(worker);
    if (told === undefined) return;
    const sums = new FamilySums();
    sums.add(this.#gone);
    for (const family of told.families()) if (family.type !== "gauge") sums.add([this.#open.admit(family)]);
    this.#gone = this.#existing.among([...sums.families()], this.#running);
  }

  *#families(): Generator<MetricFamily> {
    const sums = new FamilySums();
    sums.add(this.#gone);
    for (const told of this.#workers.values()) for (const family of told.families()) sums.add([this.#open.admit(family)]);
    yield* sums.families();
  }

  /** Builds of those that are there; undefined of one that has not said yet which it runs. */
  get #running(): (string | undefined)[] {
    return Array.from(this.#workers.values(), ({ build }) => build);
  }

  #toldBy(worker: object): Told {
    let told = this.#workers.get(worker);
    if (told === undefined) {
      told = new Told();
      this.#workers.set(worker, told);
    }
    return told;
  }

  joined(items: Iterable<MetricsItem>, layout?: number): Iterable<MetricsItem> {
    return joined(items, layout);
  }

  async scrape(accept: string, items: Iterable<MetricsItem>): Promise<Exposition> {
    const elsewhere = this.#thread?.scrape(accept, items);
    if (elsewhere !== undefined) return elsewhere;
    const all: MetricsItem[] = [];
    await inSlices(items, (item) => {
      all.push(item);
      // They are copied here, in slices, and not when it is written.
      if ("operations" in item) void item.numbers;
    });
    return expose(accept, familiesOf(all, formatFor(accept).isNative));
  }

  expose(accept: string): MadeHere {
    return expose(accept, this.#families());
  }
}

interface At<Sample> {
  sample: Sample;
  time: number;
}

interface Reported {
  readonly family: MetricFamily;
  time: number;
  readonly samples: Map<string, At<MetricSample>>;
  readonly histograms: Map<string, At<HistogramSample>>;
}

/**
 * What one worker has told, each thing as it was told last. Several may be asking a worker at the same time, each gets its
 * answer in parts, and its last words may come between: so what came is in force at once, whoever asked, and the end of an
 * answer takes nothing away but what is older than its question.
 */
class Told {
  build: string | undefined = undefined;
  readonly #families = new Map<string, Reported>();

  take(family: MetricFamily, time: number): void {
    let known = this.#families.get(family.name);
    if (known === undefined) {
      known = { family, time, samples: new Map(), histograms: new Map() };
      this.#families.set(family.name, known);
    }
    known.time = time;
    for (const sample of family.samples) put(known.samples, sample, time);
    for (const sample of family.histograms ?? []) put(known.histograms, sample, time);
  }

  forget(before: number): void {
    for (const [name, { time, samples, histograms }] of this.#families) {
      if (time < before) this.#families.delete(name);
      else
        for (const known of [samples, histograms]) for (const [labels, at] of known) if (at.time < before) known.delete(labels);
    }
  }

  *families(): Generator<MetricFamily> {
    for (const { family, samples, histograms } of this.#families.values())
      yield family.type === "histogram"
        ? { ...family, samples: [], histograms: all(histograms) }
        : { ...family, samples: all(samples) };
  }
}

function put<Sample extends { readonly labels: string }>(known: Map<string, At<Sample>>, sample: Sample, time: number): void {
  const at = known.get(sample.labels);
  if (at === undefined) known.set(sample.labels, { sample, time });
  else {
    at.sample = sample;
    at.time = time;
  }
}

const all = <Sample>(known: ReadonlyMap<string, At<Sample>>): Sample[] => Array.from(known.values(), ({ sample }) => sample);
