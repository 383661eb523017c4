import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import { errorKinds, methodLabels, type OperationSeries } from "./operation-series.ts";

type Sample = MetricFamily["samples"][number];

/** The metrics of all operations that had a request, in the Prometheus data model. Base units: seconds and bytes. */
export function operationFamilies(all: readonly OperationSeries[], bounds: Float64Array): MetricFamily[] {
  const labelled = all.map((series) => ({ series, labels: operationLabels(series) }));
  const each = (samples: (series: OperationSeries, labels: string) => Sample[]): Sample[] =>
    labelled.flatMap(({ series, labels }) => samples(series, labels));
  return [
    {
      name: "gatewright_requests_total",
      help: "Requests that are over, by method and status code; status none where the client left before an answer.",
      type: "counter",
      samples: each(requestSamples),
    },
    {
      name: "gatewright_request_errors_total",
      help: "Exchanges that broke: the client left, or the service could not be reached or did not answer whole.",
      type: "counter",
      samples: each((series, labels) =>
        errorKinds.flatMap((kind, index) =>
          series.errors[index] === 0 ? [] : [sample(`${labels},${label("kind", kind)}`, series.errors[index]!)],
        ),
      ),
    },
    {
      name: "gatewright_request_duration_seconds",
      help: "From the complete head of the request to the last byte of the answer.",
      type: "histogram",
      samples: each((series, labels) => durationSamples(series, labels, bounds)),
    },
    {
      name: "gatewright_requests_in_flight",
      help: "Requests that were begun and are not over.",
      type: "gauge",
      samples: each((series, labels) => [sample(labels, series.inFlight)]),
    },
    {
      name: "gatewright_request_bytes_total",
      help: "Bytes of request bodies.",
      type: "counter",
      samples: each((series, labels) => [sample(labels, series.requestBytes)]),
    },
    {
      name: "gatewright_response_bytes_total",
      help: "Bytes of response bodies.",
      type: "counter",
      samples: each((series, labels) => [sample(labels, series.responseBytes)]),
    },
    {
      name: "gatewright_policy_reports_total",
      help: "Requests that a policy in report mode would have refused.",
      type: "counter",
      samples: each((series, labels) =>
        series.reportPolicies.map((policy, index) => sample(`${labels},${label("policy", policy)}`, series.reports[index]!)),
      ),
    },
  ];
}

function requestSamples(series: OperationSeries, labels: string): Sample[] {
  return Array.from({ length: series.codeCount }, (_, index) => {
    const code = series.codes[index]!;
    const status = code % 1000 === 0 ? "none" : String(code % 1000);
    const method = methodLabels[Math.floor(code / 1000)]!;
    return sample(`${labels},${label("method", method)},${label("status", status)}`, series.requests[index]!);
  });
}

function durationSamples(series: OperationSeries, labels: string, bounds: Float64Array): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  series.durations.forEach((inBucket, index) => {
    count += inBucket;
    const bound = index < bounds.length ? String(bounds[index]) : "+Inf";
    samples.push({ suffix: "_bucket", labels: `${labels},${label("le", bound)}`, value: count });
  });
  samples.push({ suffix: "_sum", labels, value: series.durationSum }, { suffix: "_count", labels, value: count });
  return samples;
}

function operationLabels({ operation }: OperationSeries): string {
  const { id, api, version, service } = operation;
  return [label("operation", id), label("api", api), label("version", version), label("service", service)].join(",");
}

const sample = (labels: string, value: number): Sample => ({ suffix: "", labels, value });
