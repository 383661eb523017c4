import type { OtlpOptions } from "../../../../schema/resources.gen.ts";
import type { Signal } from "../../../ir/resource.ts";
import { list } from "../../../text/words.ts";

const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

/** For `explain`: where each signal goes, which variables of the environment count, what is held while the collector is away. */
export function notesOf(options: OtlpOptions, signals: readonly Signal[]): string[] {
  const { queue, batch } = options;
  return [
    ...signals.map((signal) => `${signal} to ${urlText(signal, options)}`),
    ...variablesText(options),
    `up to ${batch.items} at once, at the latest after ${batch.delay}`,
    `holds up to ${queue.items} and ${queue.bytes} in each worker, for ${queue.age} at most; then ${queue.full}`,
  ];
}

function urlText(signal: Signal, options: OtlpOptions): string {
  const own = options[`${signal}Url`];
  if (own !== undefined) return own;
  if (options.url !== undefined) return `${options.url.replace(/\/$/, "")}/v1/${signal}`;
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT, or else ${endpoint} or http://localhost:4318 with /v1/${signal}; not at all with OTEL_${signal.toUpperCase()}_EXPORTER=none or OTEL_SDK_DISABLED=true`;
}

function variablesText({ headers, protocol, compression, timeout }: OtlpOptions): string[] {
  const silent = Object.entries({ headers, protocol, compression, timeout }).filter(([, value]) => value === undefined);
  if (silent.length === 0) return [];
  return [`${list(silent.map(([name]) => `OTEL_EXPORTER_OTLP_${name.toUpperCase()}`))} count where they are set`];
}
