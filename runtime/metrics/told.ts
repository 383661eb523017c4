import type { HistogramSample, MetricFamily, MetricSample, ToldPage, UnchangedPages } from "../gateway/metrics.ts";
import { familiesOf } from "./families-of.ts";
import { unpackNumbers } from "./operations/packed-numbers.ts";

/** Something that was told at a time, and was said to be unchanged since. */
interface Saying {
  time: number;
}

interface At<Sample> {
  sample: Sample;
  said: Saying;
}

interface Reported {
  family: MetricFamily;
  said: Saying;
  readonly samples: Map<string, At<MetricSample>>;
  readonly histograms: Map<string, At<HistogramSample>>;
}

interface KnownPage {
  readonly said: Saying;
  readonly operations: readonly string[];
  readonly bounds: readonly number[];
}

/**
 * What one worker has told, each thing as it was told last. Several may be asking a worker at the same time, each gets its
 * answer in parts, and its last words may come between: so what came is in force at once, whoever asked, and the end of an
 * answer takes nothing away but what is older than its question.
 */
export class Told {
  build: string | undefined = undefined;
  /** Of its answers, the last one of which all has come. */
  latest = 0;
  readonly #families = new Map<string, Reported>();
  readonly #pages: (KnownPage | undefined)[] = [];
  /** Something was not told because it was thought to be known. */
  #isMissing = false;

  take(family: MetricFamily, time: number): void {
    this.#take(family, { time });
  }

  takePage({ page, operations, bounds, packed, ...others }: ToldPage, time: number): void {
    const known = this.#pages[page];
    const said = { time };
    const told = operations === undefined || bounds === undefined ? known : { operations, bounds };
    if (told === undefined) {
      this.#isMissing = true;
      return;
    }
    this.#pages[page] = { ...told, said };
    const whole = { ...others, operations: told.operations, bounds: told.bounds, numbers: unpackNumbers(packed) };
    for (const family of familiesOf([whole])) this.#take(family, said);
  }

  takeUnchanged({ unchanged, answer }: UnchangedPages, time: number): void {
    for (const page of unchanged) {
      const known = this.#pages[page];
      if (known === undefined) this.#isMissing = true;
      else known.said.time = time;
    }
    // Then it is asked for everything the next time.
    this.latest = this.#isMissing ? 0 : Math.max(this.latest, answer);
    this.#isMissing = false;
  }

  forget(before: number): void {
    for (const [name, { said, samples, histograms }] of this.#families) {
      for (const known of [samples, histograms])
        for (const [labels, at] of known) if (at.said.time < before) known.delete(labels);
      if (said.time < before && samples.size + histograms.size === 0) this.#families.delete(name);
    }
  }

  *families(): Generator<MetricFamily> {
    for (const { family, samples, histograms } of this.#families.values())
      yield family.type === "histogram"
        ? { ...family, samples: [], histograms: all(histograms) }
        : { ...family, samples: all(samples) };
  }

  #take(family: MetricFamily, said: Saying): void {
    let known = this.#families.get(family.name);
    if (known === undefined) {
      known = { family, said, samples: new Map(), histograms: new Map() };
      this.#families.set(family.name, known);
    }
    known.said = said;
    for (const sample of family.samples) put(known.samples, sample, said);
    for (const sample of family.histograms ?? []) put(known.histograms, sample, said);
  }
}

function put<Sample extends { readonly labels: string }>(known: Map<string, At<Sample>>, sample: Sample, said: Saying): void {
  const at = known.get(sample.labels);
  if (at === undefined) known.set(sample.labels, { sample, said });
  else {
    at.sample = sample;
    at.said = said;
  }
}

const all = <Sample>(known: ReadonlyMap<string, At<Sample>>): Sample[] => Array.from(known.values(), ({ sample }) => sample);
