import type { OtlpConfig, SignalConfig } from "../../../../runtime/exporters/otlp/config.ts";
import type { OtlpOptions } from "../../../../schema/resources.gen.ts";
import { type Lowered, placeOf, runtimeFunction } from "../../../ir/config.ts";
import { create, defineResource, type ExporterContext } from "../../../resource/contract.ts";
import { followedSecret } from "../../../resource/followed-secret.ts";
import { followedTls } from "../../../resource/followed-tls.ts";
import { parseDuration, parseSize } from "../../../text/formats.ts";
import { startValue } from "../../../text/setting.ts";
import { batchExceedsQueue, certificateWithoutKey } from "./messages.gen.ts";
import { notesOf } from "./notes.ts";
import { checkHeaders, checkUrls } from "./requests.ts";

export const otlpExporter = defineResource<OtlpOptions, "exporters">({
  room: "exporters",
  name: "otlp",
  takes: ["traces", "metrics"],

  check(options, context) {
    const { tls, queue, batch } = options;
    checkUrls(options, context);
    checkHeaders(options, context);
    if (tls !== undefined && (tls.certificate === undefined) !== (tls.key === undefined)) {
      const [found, missing] = tls.key === undefined ? (["certificate", "key"] as const) : (["key", "certificate"] as const);
      context.report(certificateWithoutKey(context.at(`/tls/${found}`), { found, missing }));
    }
    if (batch.items > queue.items)
      context.report(batchExceedsQueue(context.at("/batch/items"), { batch: String(batch.items), queue: String(queue.items) }));
  },

  lower(options, context) {
    const { name, gateway, version, signals } = context;
    const { url, compression, timeout, tls, attributes = {}, queue, batch, concurrency } = options;
    const option = `exporters.${name}.otlp`;
    const secured = tls === undefined ? undefined : followedTls(`${option}.tls`, tls, (part) => context.at(`/tls/${part}`));
    return {
      ...create<OtlpConfig>("exporters/otlp/otlp-exporter", "createOtlpExporter", {
        name,
        gateway,
        version,
        option,
        from: placeOf(context.origin),
        url: url === undefined ? undefined : startValue(url, context.at("/url")),
        headers: headersOf(options, context),
        compression,
        timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
        tls: secured,
        attributes: Object.entries(attributes).map(([key, text]) => ({
          key,
          value: startValue(text, context.at(`/attributes/${escaped(key)}`)),
        })),
        queue: { items: queue.items, bytes: parseSize(queue.bytes), ageMs: parseDuration(queue.age), full: queue.full },
        batch: { items: batch.items, delayMs: parseDuration(batch.delay) },
        concurrency,
        ...(signals.includes("metrics") ? { metrics: signalOf("metrics", options, context) } : {}),
        ...(signals.includes("traces") ? { traces: signalOf("traces", options, context) } : {}),
      }),
      roles: ["living"],
      summary: `to ${url ?? "what OTEL_EXPORTER_OTLP_ENDPOINT says"}`,
      notes: notesOf(options, signals),
    };
  },
});

/** Only what the gateway may come to send is linked: one way to encode where the options say which, both where it starts with that. */
function signalOf<Encoder>(
  signal: "traces" | "metrics",
  options: OtlpOptions,
  context: ExporterContext,
): Lowered<SignalConfig<Encoder>> {
  const { protocol } = options;
  const url = options[`${signal}Url`];
  const encoder = (encoding: "protobuf" | "json") =>
    protocol === undefined || protocol === encoding
      ? {
          [encoding]: runtimeFunction(
            `exporters/otlp/${signal}-${encoding}`,
            `${signal}${encoding === "json" ? "Json" : "Protobuf"}`,
          ),
        }
      : {};
  return {
    ...(url === undefined ? {} : { url: startValue(url, context.at(`/${signal}Url`)) }),
    ...encoder("protobuf"),
    ...encoder("json"),
  };
}

function headersOf({ headers }: OtlpOptions, context: ExporterContext): Lowered<OtlpConfig["headers"]> {
  if (headers === undefined) return undefined;
  return Object.entries(headers).map(([name, value]) => {
    const at = context.at(`/headers/${escaped(name)}`);
    return { name: name.toLowerCase(), value: typeof value === "string" ? startValue(value, at) : followedSecret(value, at) };
  });
}

/** As a part of a JSON pointer (RFC 6901 §3). */
const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
