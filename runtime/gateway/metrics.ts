import type { ThingReport } from "../life/thing-report.ts";
import type { BuildInfo } from "./build-info.ts";
import type { ServerLoad, ServiceLoad } from "./load.ts";

/** Something that can be asked for its metrics at any time. */
export interface MetricsPart {
  collect(): Iterable<MetricFamily>;
}

/** The one that is told of the process as well, and has the means to add up and to print. */
export interface MetricsSource extends MetricsPart {
  /** Made as it is read: whoever goes through it may pause between two, so that requests are answered meanwhile. */
  collect(about?: MetricsAbout): Iterable<MetricFamily>;
  /** Where it sends its metrics somewhere by itself: what they are. Called once, when the process serves. */
  begin?(collect: () => Iterable<MetricFamily>): void;
  /** For the reports of those that collect: equal samples are added up. */
  sums(): WorkerSums;
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
  /** A point in the order of reports, ahead of all that come from now on. */
  now(): number;
  /** Some families of a worker, or parts of them. */
  report(worker: object, families: readonly MetricFamily[]): void;
  /** It has told all that it has since then: what it told of before, and not again, is over. */
  complete(worker: object, since: number): void;
  /** The worker is gone. What it counted is in the sums as far as its last report says it. */
  leave(worker: object): void;
  families(): Iterable<MetricFamily>;
  /** Each family once, whoever has samples of it, and in few parts; made as it is read. */
  joined(families: Iterable<MetricFamily>): Iterable<MetricFamily>;
  /** What a scraper gets, in the format that its `Accept` field asks for. */
  expose(accept: string, families: Iterable<MetricFamily>): Exposition;
}

/** What `/metrics` answers. */
export interface Exposition {
  readonly mediaType: string;
  /** One behind the other, with time for others between two; an empty one is nothing but such a pause. */
  readonly chunks: Iterable<string | Uint8Array>;
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
