import { parameterOf, parseMediaType } from "../../body/media-type.ts";
import type { MadeHere, MetricFamily } from "../../gateway/metrics.ts";
import { type Format, written } from "./format.ts";
import { openMetrics } from "./open-metrics.ts";
import { plainText } from "./plain-text.ts";
import { protobuf } from "./protobuf.ts";

/** Longest `Accept` that is read; Prometheus sends 350 characters. */
const longestAccept = 2_048;

export function expose(accept: string, families: Iterable<MetricFamily>): MadeHere {
  const format = formatFor(accept);
  return { mediaType: format.mediaType, chunks: written(format, families) };
}

/**
 * The format that the `Accept` field of a scrape likes best (RFC 9110 §12.5.1); the text format where it names none of them, as
 * other exporters of Prometheus do. `Content-Type` says exactly what is sent: Prometheus 3 reads nothing else.
 */
export function formatFor(accept: string): Format {
  let best = plainText;
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
    return isOurs && parameterOf(media, "encoding") === "delimited" ? { format: protobuf, weight } : undefined;
  }
  if (name === "text/plain" && (version ?? "0.0.4") !== "0.0.4") return undefined;
  return name === "text/plain" || name === "text/*" || name === "*/*" ? { format: plainText, weight } : undefined;
}
