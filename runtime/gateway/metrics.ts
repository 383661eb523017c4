import type { ThingReport } from "../life/thing-report.ts";
import type { NumberList } from "../metrics/operations/number-list.ts";
import type { BuildInfo } from "./build-info.ts";
import type { ServerLoad, ServiceLoad } from "./load.ts";

/** Something that can be asked for its metrics at any time. */
export interface MetricsPart {
  collect(): Iterable<MetricFamily>;
}

/** The one that is told of the process as well, and has the means to add up and to print. */
export interface MetricsSource {
  /** Made as it is read: whoever goes through it may pause between two, so that requests are answered meanwhile. */
  collect(about?: MetricsAbout): Iterable<MetricsItem>;
  /** Where it sends its metrics somewhere by itself: what they are. Called once, when the process serves. */
  begin?(collect: () => Iterable<MetricsItem>): void;
  /** For the reports of those that collect: equal samples are added up. */
  sums(): WorkerSums;
}

/**
 * What a process tells of its metrics. Of operations there may be many, and most of what their families say is text that
 * never changes: their numbers are copied, and whoever has the time makes families of them.
 */
export type MetricsItem = MetricFamily | OperationPage;

/** What some operations have counted; `OperationCounts` reads it. */
export interface OperationPage {
  /** How its numbers are to be read. */
  readonly layout: number;
  /** Labels of each. */
  readonly operations: readonly string[];
  /** Names of policies, which numbers refer to by their index. */
  readonly policies: readonly string[];
  /** Of the histogram of durations. */
  readonly bounds: readonly number[];
  /** One record for each operation. */
  readonly numbers: Float64Array | readonly number[];
  /** By the index of the operation and of the bucket. */
  readonly exemplars: readonly { readonly operation: number; readonly bucket: number; readonly exemplar: Exemplar }[];
}

/** One of the process that counts, which is read when it is asked for its numbers. */
export interface LivePage extends OperationPage {
  /** Which one it is. */
  readonly page: number;
  /** Another number each time that something was counted. */
  readonly changes: number;
  /** Instead of `numbers`, once: after it, `policies` and `exemplars` are what these numbers refer to. */
  write(numbers: NumberList): void;
  toJSON(): ToldPage;
}

/** A page as one process tells it to another, of which nothing but the layout is sure where that is of another build. */
export interface ToldPage extends Pick<OperationPage, "layout" | "policies" | "exemplars"> {
  readonly page: number;
  /** Absent: as it was told last of this page, as are its bounds. */
  readonly operations?: readonly string[];
  readonly bounds?: readonly number[];
  /** Its numbers, by `packNumbers`. */
  readonly packed: string;
}

/** Behind all other pages of an answer: those of which nothing has changed since the answer that the question named. */
export interface UnchangedPages {
  readonly layout: number;
  readonly unchanged: readonly number[];
  /** Which answer this is: who has all of it names it when asking again. */
  readonly answer: number;
}

/** What a worker tells: its metrics, and once for each build what it has that metrics are of. */
export type WorkerItem = MetricFamily | ToldPage | UnchangedPages | BuildItem;

export interface BuildItem {
  /** The digest of its inputs. */
  readonly build: string;
  /** Labels of operations and services, some at a time; nothing where the primary knows the build. */
  readonly existing: readonly string[];
  readonly isLast: boolean;
}

/** What a process has that its metrics tell of. */
export interface MetricsAbout {
  readonly load: ServerLoad;
  readonly services: readonly ServiceLoad[];
  readonly build?: BuildInfo | undefined;
  /** Living things; absent: there are none. */
  readonly things?: readonly ThingReport[] | undefined;
}

/** Metrics of workers that come and go. */
export interface WorkerSums {
  /** A worker serves from now on: what it has counted is to be expected. */
  enter(worker: object): void;
  /** The layout of pages that it reads. */
  readonly layout: number;
  /** Builds of which workers need not tell again what they have. */
  readonly builds: readonly string[];
  /** The answer of a worker of which all has come; 0: there is none. */
  latest(worker: object): number;
  /** A point in the order of reports, ahead of all that come from now on. */
  now(): number;
  /** Some of what a worker tells. */
  report(worker: object, items: readonly WorkerItem[]): void;
  /** It has told all that it has since then: what it told of before, and not again, is over. */
  complete(worker: object, since: number): void;
  /** The worker is gone. What it counted is in the sums as far as its last report says it. */
  leave(worker: object): void;
  /** What a scraper gets of all of them, in the format that its `Accept` field asks for. */
  expose(accept: string): MadeHere;
  /**
   * Of one process: each family once, whoever has samples of it.
   *
   * @param layout of pages that the reader knows, where that is another process: it gets families instead of others
   */
  joined(items: Iterable<MetricsItem>, layout?: number): Iterable<MetricsItem>;
  /** Of one process: what it tells another one that has all of its answer `latest`; 0: of none. Undefined: it has gone on, and there is nothing to tell. */
  news(items: Iterable<MetricsItem>, latest: number): Iterable<WorkerItem | undefined>;
  /** Of one process: what a scraper gets. */
  scrape(accept: string, items: Iterable<MetricsItem>): Promise<Exposition>;
}

/** What `/metrics` answers. */
export type Exposition = MadeHere | MadeElsewhere;

export interface MadeHere {
  readonly mediaType: string;
  /** One behind the other, with time for others between two; an empty one is nothing but such a pause. */
  readonly chunks: Iterable<string | Uint8Array>;
}

export interface MadeElsewhere {
  readonly mediaType: string;
  /** Another thread makes them, compressed with gzip if asked for; begins when the first one is read. */
  bytes(isZipped: boolean): AsyncIterable<Uint8Array>;
}

/** One metric family in the Prometheus data model, or a part of one. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Of counters, whose names end in `_total`, and gauges. */
  readonly samples: readonly MetricSample[];
  /** Of histograms: upper bounds of their buckets, ascending, without infinity. */
  readonly bounds?: readonly number[];
  readonly histograms?: readonly HistogramSample[];
  /** Each histogram by its exponential buckets instead; those without are left out. */
  readonly isExponential?: true;
  /** Labels whose values clients or services make up, and how many of them are kept apart; the others are `other`. */
  readonly open?: Readonly<Record<string, number>>;
  /** Says what is, and counts nothing: equal samples of several workers are one. */
  readonly isInfo?: true;
  /** The samples are some of many: the next ones of the family follow, and nobody else has any. */
  readonly isPart?: true;
}

export interface MetricSample {
  /** `a="x",b="y"`, escaped; empty: none. */
  readonly labels: string;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

export interface HistogramSample {
  readonly labels: string;
  /** How many were within each bucket and not in the one before: one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly native?: NativeHistogram;
  /** By the index of the bucket. */
  readonly exemplars?: readonly (Exemplar | null)[];
}

/**
 * The same with exponential buckets, as native histograms of Prometheus and exponential histograms of OTLP have them: bucket
 * `offset + i` is for what is above 2^((offset + i) / 2^schema) and at most 2^((offset + i + 1) / 2^schema).
 */
export interface NativeHistogram {
  readonly schema: number;
  /** What is at most as large is counted in `zeroCount`. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

/** One observation that others can be found by. */
export interface Exemplar {
  /** `trace_id="…",span_id="…"`. */
  readonly labels: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
