import type { MetricFamily } from "../../gateway/metrics.ts";

/** How metrics are written: families one behind the other, the samples of each in one part or in several. */
export interface Format {
  readonly mediaType: string;
  /** Whether it has a place for native histograms: for others they need not be read. */
  readonly isNative: boolean;
  /** Whether a head says how many bytes the samples behind it have: they are written before it then. */
  readonly isDelimited: boolean;
  /** @param length bytes of all samples of the family; any number where the format does not tell it */
  head(family: MetricFamily, length: number): string | Uint8Array;
  samples(family: MetricFamily): string | Uint8Array;
  /** Behind the last family. */
  readonly end: string;
}

/** One chunk for each family or part of one; an empty one where its bytes follow later. */
export function* written(format: Format, families: Iterable<MetricFamily>): Generator<string | Uint8Array> {
  yield* format.isDelimited ? delimited(format, families) : streamed(format, families);
  if (format.end !== "") yield format.end;
}

function* streamed(format: Format, families: Iterable<MetricFamily>): Generator<string | Uint8Array> {
  let current = "";
  for (const family of families) {
    if (family.name !== current) yield format.head(family, 0);
    current = family.name;
    yield format.samples(family);
  }
}

function* delimited(format: Format, families: Iterable<MetricFamily>): Generator<string | Uint8Array> {
  let first: MetricFamily | undefined;
  let parts: (string | Uint8Array)[] = [];
  const whole = (family: MetricFamily): (string | Uint8Array)[] => [format.head(family, lengthOf(parts)), ...parts];
  for (const family of families) {
    if (first !== undefined && family.name !== first.name) {
      yield* whole(first);
      parts = [];
    }
    if (parts.length === 0) first = family;
    parts.push(format.samples(family));
    yield "";
  }
  if (first !== undefined) yield* whole(first);
}

const lengthOf = (parts: readonly (string | Uint8Array)[]): number => parts.reduce((sum, { length }) => sum + length, 0);
