import type { Exposition, LivePage, MadeHere, MetricFamily, MetricsItem, WorkerItem, WorkerSums } from "../gateway/metrics.ts";
import { inSlices } from "../life/in-slices.ts";
import { writeEvent } from "../log/log.ts";
import { Existing } from "./existing.ts";
import { expose, formatFor } from "./exposition/expose.ts";
import { familiesOf, joined } from "./families-of.ts";
import { FamilySums } from "./family-sums.ts";
import { OpenLabels } from "./open-labels.ts";
import { pageLayout } from "./operations/operation-counts.ts";
import { PageNews } from "./operations/page-news.ts";
import type { ScrapeThread } from "./thread/scrape-thread.ts";
import { Told } from "./told.ts";

/** @param thread writes what one process has for a scraper, where that is much */
export const createWorkerSums = (thread?: ScrapeThread | null): WorkerSums => new Sums(thread ?? undefined);

/** What one worker has counted stays in the sums when it is gone: counters never fall. */
class Sums implements WorkerSums {
  readonly #workers = new Map<object, Told>();
  readonly #existing = new Existing();
  readonly #thread: ScrapeThread | undefined;
  readonly #open = new OpenLabels();
  readonly #news = new PageNews();
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
    for (const item of items) {
      if ("build" in item) {
        told.build = item.build;
        this.#existing.take(item);
      } else if ("layout" in item && item.layout !== pageLayout) {
        // It is asked for families next time; this is of one that was never asked, or does not know the question.
        const advice =
          "Restart the gateway to have the metrics of operations: its primary and its workers are of builds too far apart.";
        writeEvent("warning", "metrics of a worker cannot be read", { layout: item.layout, known: pageLayout, advice });
      } else if ("packed" in item) told.takePage(item, time);
      else if ("unchanged" in item) told.takeUnchanged(item, time);
      else told.take(item, time);
    }
  }

  latest(worker: object): number {
    return this.#workers.get(worker)?.latest ?? 0;
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

  *news(items: Iterable<MetricsItem>, latest: number): Generator<WorkerItem | undefined> {
    const answer = this.#news.answer(latest);
    let hasPages = false;
    for (const item of items) {
      if ("samples" in item) yield item;
      else {
        hasPages = true;
        // Of the process that counts, all of them are live.
        yield answer.told(item as LivePage);
      }
    }
    // To a primary that was told families it would be a word that it does not know.
    if (hasPages) yield answer.end();
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
