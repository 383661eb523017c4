import { parameterOf, parseMediaType } from "../../body/media-type.ts";
import type { MadeHere, MetricFamily } from "../../gateway/metrics.ts";
import { openMetricsText } from "./open-metrics.ts";
import { plainText } from "./plain-text.ts";
import { protobuf } from "./protobuf.ts";

interface Format {
  readonly mediaType: string;
  chunks(families: Iterable<MetricFamily>): Iterable<string | Uint8Array>;
}

const plain: Format = { mediaType: "text/plain; version=0.0.4; charset=utf-8", chunks: plainText };
const openMetrics: Format = {
  mediaType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  chunks: openMetricsText,
};
const delimited: Format = {
  mediaType: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
  chunks: protobuf,
};

/** Longest `Accept` that is read; Prometheus sends 350 characters. */
const longestAccept = 2_048;

/**
 * Families in the format that the `Accept` field of a scrape likes best (RFC 9110 §12.5.1); in the text format where it
 * names none of them, as other exporters of Prometheus do. `Content-Type` says exactly what is sent: Prometheus 3 reads
 * nothing else.
 */
export function expose(accept: string, families: Iterable<MetricFamily>): MadeHere {
  const { mediaType, chunks } = chosen(accept);
  return { mediaType, chunks: chunks(families) };
}

export const mediaTypeOf = (accept: string): string => chosen(accept).mediaType;

function chosen(accept: string): Format {
  let best = plain;
  let weight = 0;
  if (accept.length > longestAccept) return best;
  for (const part of accept.split(",")) {
    const found = formatOf(part);
    // Of equal ones the first.
    if (found === undefined || found.weight <= weight) continue;
    best = found.format;
    weight = found.weight;
  }
  return best;
}

/** Undefined where the range names nothing that is served. */
function formatOf(range: string): { readonly format: Format; readonly weight: number } | undefined {
  const media = parseMediaType(range);
  if (media === undefined) return undefined;
  const sent = parameterOf(media, "q") ?? "1";
  const weight = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(sent) ? Number(sent) : 0;
  const version = parameterOf(media, "version");
  const name = `${media.type}/${media.subtype}`;
  if (name === "application/openmetrics-text" && (version ?? "1.0.0") === "1.0.0") return { format: openMetrics, weight };
  if (name === "application/vnd.google.protobuf") {
    const isOurs = parameterOf(media, "proto") === "io.prometheus.client.MetricFamily";
    return isOurs && parameterOf(media, "encoding") === "delimited" ? { format: delimited, weight } : undefined;
  }
  if (name === "text/plain" && (version ?? "0.0.4") !== "0.0.4") return undefined;
  return name === "text/plain" || name === "text/*" || name === "*/*" ? { format: plain, weight } : undefined;
}
