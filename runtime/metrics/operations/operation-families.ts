import type { HistogramSample, MetricFamily, MetricSample, OperationPage } from "../../gateway/metrics.ts";
import { countsIn, type OperationCounts } from "./operation-counts.ts";

/** A family of all operations that had a request, in the Prometheus data model. Base units: seconds and bytes. */
export interface OperationFamily extends Pick<MetricFamily, "name" | "help" | "type"> {
  samples?(counts: OperationCounts): readonly MetricSample[];
  histogram?(counts: OperationCounts, isNative: boolean): HistogramSample;
}

/** Each is as much to write as twenty samples: so many take some 40 µs. */
const histogramsInPart = 10;

/**
 * The metrics of operations, family by family, each in one part for a page, or in several.
 *
 * @param isNative whether histograms have exponential buckets as well
 */
export function* operationFamilies(pages: readonly OperationPage[], isNative: boolean): Generator<MetricFamily> {
  const read = pages.map((page) => ({ page, counts: undefined as OperationCounts[] | undefined }));
  for (const family of familiesOfOperations)
    for (const one of read) {
      const counts = (one.counts ??= countsIn(one.page));
      yield* partsOf(family, counts, one.page.bounds, isNative);
    }
}

/** What the operations of a page have of a family, in parts that are soon written. */
export function* partsOf(
  family: OperationFamily,
  counts: readonly OperationCounts[],
  bounds: readonly number[],
  isNative: boolean,
): Generator<MetricFamily> {
  const atOnce = family.histogram === undefined ? counts.length : histogramsInPart;
  for (let from = 0; from < counts.length; from += atOnce)
    yield partOf(family, counts.slice(from, from + atOnce), bounds, isNative);
}

function partOf(
  { name, help, type, samples, histogram }: OperationFamily,
  operations: readonly OperationCounts[],
  bounds: readonly number[],
  isNative: boolean,
): MetricFamily {
  const part = { name, help, type, samples: samples === undefined ? [] : operations.flatMap(samples), isPart: true } as const;
  if (histogram === undefined) return part;
  return { ...part, bounds, histograms: operations.map((one) => histogram(one, isNative)) };
}

export const familiesOfOperations: readonly OperationFamily[] = [
  {
    name: "gatewright_requests_total",
    help: "Requests that are over, by method and status code; status none where the client left before an answer.",
    type: "counter",
    samples: ({ requests }) => requests,
  },
  {
    name: "gatewright_request_errors_total",
    help: "Exchanges that broke: the client left, or the service could not be reached or did not answer whole.",
    type: "counter",
    samples: ({ errors }) => errors,
  },
  {
    name: "gatewright_request_duration_seconds",
    help: "From the complete head of the request to the last byte of the answer.",
    type: "histogram",
    histogram: (counts, isNative) => counts.durations(isNative),
  },
  {
    name: "gatewright_requests_in_flight",
    help: "Requests that were begun and are not over.",
    type: "gauge",
    samples: ({ labels, inFlight }) => [{ labels, value: inFlight }],
  },
  {
    name: "gatewright_request_bytes_total",
    help: "Bytes of request bodies.",
    type: "counter",
    samples: ({ labels, requestBytes }) => [{ labels, value: requestBytes }],
  },
  {
    name: "gatewright_response_bytes_total",
    help: "Bytes of response bodies.",
    type: "counter",
    samples: ({ labels, responseBytes }) => [{ labels, value: responseBytes }],
  },
  {
    name: "gatewright_refusals_total",
    help: "Requests that the gateway refused, by the policy that did; gateway where it was none.",
    type: "counter",
    samples: ({ refusals }) => refusals,
  },
  {
    name: "gatewright_policy_reports_total",
    help: "Requests that a policy in report mode would have refused.",
    type: "counter",
    samples: ({ reports }) => reports,
  },
];
