import { type Client, createClient } from "../../calls/client.ts";
import { shownUrl } from "../../calls/failure.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import { StartError } from "../../life/start-error.ts";
import type { Span } from "../../telemetry/span.ts";
import type { MetricExporter, TraceExporter } from "../exporter.ts";
import { exportFamilies } from "../figures.ts";
import { Pipeline, type PipelineConfig } from "../pipeline.ts";
import type { OtlpConfig, SignalConfig } from "./config.ts";
import { createDelivery, type DeliveryConfig } from "./delivery.ts";
import { isCallable, type OtlpEnvironment, type OtlpSignal, otlpEnvironment, urlBelow } from "./environment.ts";
import { type MetricPush, pointsOf, pushBytes } from "./metric-push.ts";
import { sourceOf } from "./resource.ts";
import type { OtlpSource } from "./source.ts";
import { spanBytes } from "./span-bytes.ts";

/** Throws a `StartError` where the options or the environment lead nowhere. */
export const createOtlpExporter = (config: OtlpConfig, environment: NodeJS.ProcessEnv = process.env): OtlpExporter =>
  new OtlpExporter(config, otlpEnvironment(environment));

const defaultUrl = "http://localhost:4318";
const defaultTimeoutMs = 10_000;

/** Bytes of an answer that are read: it says how many items were refused, and why. */
const longestAnswer = 1_048_576;

/** Milliseconds for what is left when the process ends; all that lives has little more together. */
const lastMs = 2_500;

interface Line<Item> extends AnyLine {
  readonly pipeline: Pipeline<Item>;
}

/** Whatever goes over it. */
interface AnyLine {
  readonly signal: OtlpSignal;
  readonly url: string;
  readonly client: Client;
  readonly pipeline: Pick<Pipeline<never>, "start" | "hurry" | "end" | "figures" | "waiting" | "failing">;
}

/** Each process sends what it measured itself: nothing crosses a process, and none waits for another. */
export class OtlpExporter implements TraceExporter, MetricExporter, Living {
  declare readonly __resource: "exporters";
  readonly name: string;
  readonly required = false;
  readonly #config: OtlpConfig;
  readonly #traces: Line<Span> | undefined;
  readonly #metrics: Line<MetricPush> | undefined;
  readonly #lines: readonly AnyLine[];
  readonly #since = clock.wall() - process.uptime() * 1000;

  constructor(config: OtlpConfig, environment: OtlpEnvironment) {
    this.name = `exporters.${config.name}`;
    this.#config = config;
    const source = sourceOf(config, environment);
    this.#traces = lineOf(
      "traces",
      { own: config.traces, weigh: { count: () => 1, bytes: spanBytes } },
      config,
      environment,
      source,
    );
    this.#metrics = lineOf(
      "metrics",
      { own: config.metrics, weigh: { count: pointsOf, bytes: pushBytes } },
      config,
      environment,
      source,
    );
    this.#lines = [this.#traces, this.#metrics].filter((line) => line !== undefined);
  }

  take(span: Span): void {
    this.#traces?.pipeline.take(span);
  }

  push(families: Iterable<MetricFamily>, since = this.#since): void {
    const at = clock.wall();
    for (const family of families) {
      const push = { family, since, at };
      if (pointsOf(push) > 0) this.#metrics?.pipeline.take(push);
    }
  }

  start(life: Life): void {
    const { tls, headers = [] } = this.#config;
    tls?.follow(life);
    for (const { value } of headers) if (typeof value !== "string") value.follow(life, checkField, () => {});
    for (const { pipeline } of this.#lines) pipeline.start(life.log);
  }

  drain(): void {
    for (const { pipeline } of this.#lines) pipeline.hurry();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#lines.map(({ pipeline }) => pipeline.end(lastMs)));
    for (const { client } of this.#lines) client.close();
  }

  state(): Json {
    return this.#lines.map(({ signal, url, pipeline: { figures, waiting, failing } }) => ({
      signal,
      // Without its query, in which some have a token.
      url: shownUrl(new URL(url)),
      ...figures,
      ...waiting,
      failing,
    }));
  }

  metrics(): readonly MetricFamily[] {
    const signals = this.#lines.map(({ signal, pipeline: { figures, waiting } }) => ({ signal, figures, waiting }));
    return exportFamilies(this.#config.name, signals);
  }
}

/** The way of one signal; undefined where nothing gives it. */
function lineOf<Item>(
  signal: OtlpSignal,
  { own, weigh }: { readonly own: SignalConfig<Item> | undefined; readonly weigh: Weigh<Item> },
  config: OtlpConfig,
  environment: OtlpEnvironment,
  source: OtlpSource,
): Line<Item> | undefined {
  if (own === undefined) return undefined;
  const { option, headers = environment.headers(signal), tls, queue, batch, concurrency } = config;
  const url = urlOf(signal, own, config, environment);
  const timeoutMs = config.timeoutMs ?? environment.timeout(signal) ?? defaultTimeoutMs;
  for (const { value } of headers) check(() => checkField(typeof value === "string" ? value : value.value), `${option}.headers`);
  const client = createClient({
    named: [url],
    maxBytes: longestAnswer,
    connectMs: timeoutMs,
    headMs: timeoutMs,
    wholeMs: timeoutMs,
    // What is sent again is kept in the queue.
    attempts: 1,
    maxInFlight: concurrency,
    ...(tls === undefined ? {} : { tls: tls.tls }),
  });
  const compression = config.compression ?? environment.compression(signal) ?? "none";
  const ship = createDelivery(
    { url, isCompressed: compression === "gzip", headers, ...encodingOf(signal, own, environment, source) },
    client,
  );
  return { signal, url, client, pipeline: new Pipeline({ signal, queue, batch, concurrency, ...weigh, ship }) };
}

type Weigh<Item> = Pick<PipelineConfig<Item>, "count" | "bytes">;

function encodingOf<Item>(
  signal: OtlpSignal,
  { protobuf, json }: SignalConfig<Item>,
  environment: OtlpEnvironment,
  source: OtlpSource,
): Pick<DeliveryConfig<Item>, "mediaType" | "encode"> {
  const isJson = json !== undefined && (protobuf === undefined || environment.protocol(signal) === "json");
  if (isJson) return { mediaType: "application/json", encode: json(source) };
  if (protobuf === undefined) throw new Error(`nothing encodes ${signal}`);
  return { mediaType: "application/x-protobuf", encode: protobuf(source) };
}

/** Who wrote it decides: the options, then the environment. */
function urlOf(signal: OtlpSignal, own: SignalConfig<never>, { option, url }: OtlpConfig, environment: OtlpEnvironment): string {
  const written = own.url ?? url;
  if (written === undefined) return environment.url(signal) ?? urlBelow(defaultUrl, signal);
  const name = own.url === undefined ? "url" : `${signal}Url`;
  if (!isCallable(written))
    throw new StartError(
      // What it became may hold a password.
      `${option}.${name} becomes no URL that can be called. Set its variables so that it is one like http://collector:4318, without user and password.`,
    );
  return own.url === undefined ? urlBelow(written, signal) : written;
}

/** No control characters (RFC 9110 §5.5), which would end the field. Throws without showing it. */
function checkField(value: string): void {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new Error("it has characters that no header field can have");
}

function check(work: () => void, option: string): void {
  try {
    work();
  } catch (error) {
    throw new StartError(`${option}: ${messageOf(error)}. Look at what it refers to.`);
  }
}
