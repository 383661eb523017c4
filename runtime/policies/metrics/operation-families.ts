import type { HistogramSample, MetricFamily, MetricSample } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import { errorKinds } from "./error-kinds.ts";
import { methodLabels, type OperationSeries } from "./operation-series.ts";
import type { Tally } from "./tally.ts";

/** Operations in one part of a family: so many that others wait less than a millisecond for it. */
const operationsInPart = 25;

interface Described extends Pick<MetricFamily, "name" | "help" | "type"> {
  samples?(series: OperationSeries): MetricSample[];
  histogram?(series: OperationSeries): HistogramSample;
}

/** The metrics of all operations that had a request, in the Prometheus data model. Base units: seconds and bytes. */
export function* operationFamilies(all: readonly OperationSeries[], bounds: readonly number[]): Generator<MetricFamily> {
  for (const { name, help, type, samples, histogram } of described)
    for (let from = 0; from < all.length; from += operationsInPart) {
      const some = all.slice(from, from + operationsInPart);
      yield {
        name,
        help,
        type,
        samples: samples === undefined ? [] : some.flatMap(samples),
        ...(histogram === undefined ? {} : { bounds, histograms: some.map(histogram) }),
        isPart: true,
      };
    }
}

const described: readonly Described[] = [
  {
    name: "gatewright_requests_total",
    help: "Requests that are over, by method and status code; status none where the client left before an answer.",
    type: "counter",
    samples: (series) => requestSamples(series, series.labels),
  },
  {
    name: "gatewright_request_errors_total",
    help: "Exchanges that broke: the client left, or the service could not be reached or did not answer whole.",
    type: "counter",
    samples: ({ errors, labels }) =>
      errorKinds.flatMap((kind, index) => {
        const value = errors[index]!;
        return value === 0 ? [] : [sample(`${labels},${label("kind", kind)}`, value)];
      }),
  },
  {
    name: "gatewright_request_duration_seconds",
    help: "From the complete head of the request to the last byte of the answer.",
    type: "histogram",
    histogram: ({ labels, durations }) => durations.sample(labels),
  },
  {
    name: "gatewright_requests_in_flight",
    help: "Requests that were begun and are not over.",
    type: "gauge",
    samples: ({ labels, inFlight }) => [sample(labels, inFlight)],
  },
  {
    name: "gatewright_request_bytes_total",
    help: "Bytes of request bodies.",
    type: "counter",
    samples: ({ labels, requestBytes }) => [sample(labels, requestBytes)],
  },
  {
    name: "gatewright_response_bytes_total",
    help: "Bytes of response bodies.",
    type: "counter",
    samples: ({ labels, responseBytes }) => [sample(labels, responseBytes)],
  },
  {
    name: "gatewright_refusals_total",
    help: "Requests that the gateway refused, by the policy that did; gateway where it was none.",
    type: "counter",
    samples: ({ labels, refusals }) => tallySamples(labels, refusals),
  },
  {
    name: "gatewright_policy_reports_total",
    help: "Requests that a policy in report mode would have refused.",
    type: "counter",
    samples: ({ labels, reports }) => tallySamples(labels, reports),
  },
];

function requestSamples(series: OperationSeries, labels: string): MetricSample[] {
  return Array.from({ length: series.codeCount }, (_, index) => {
    const code = series.codes[index]!;
    const status = statusLabel(code % 1000);
    const method = methodLabels[Math.floor(code / 1000)]!;
    return sample(`${labels},${label("method", method)},${label("status", status)}`, series.requests[index]!);
  });
}

const statusLabel = (status: number): string => (status === 0 ? "none" : status === 999 ? "other" : String(status));

const tallySamples = (labels: string, { names, counts }: Tally): MetricSample[] =>
  names.map((policy, index) => sample(`${labels},${label("policy", policy)}`, counts[index]!));

const sample = (labels: string, value: number): MetricSample => ({ labels, value });
