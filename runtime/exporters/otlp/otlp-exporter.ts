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
import { BoundedQueue } from "../bounded-queue.ts";
import { EncodedQueue, type Encoding } from "../encoded-queue.ts";
import type { MetricExporter, TraceExporter } from "../exporter.ts";
import { exportFamilies } from "../figures.ts";
import { Pipeline } from "../pipeline.ts";
import type { Dropped, Queue } from "../queue.ts";
import type { Encode, OtlpConfig, SignalConfig } from "./config.ts";
import { createDelivery, type DeliveryConfig } from "./delivery.ts";
import { isCallable, type OtlpEnvironment, type OtlpSignal, otlpEnvironment, urlBelow } from "./environment.ts";
import { type MetricPush, pointsOf, pushBytes } from "./metric-push.ts";
import { sourceOf } from "./resource.ts";
import type { OtlpSource } from "./source.ts";

/** Throws a `StartError` where the options or the environment lead nowhere. */
export const createOtlpExporter = (config: OtlpConfig, environment: NodeJS.ProcessEnv = process.env): OtlpExporter =>
  new OtlpExporter(config, otlpEnvironment(environment));

const defaultUrl = "http://localhost:4318";
const defaultTimeoutMs = 10_000;

/** Bytes of an answer that are read: it says how many items were refused, and why. */
const longestAnswer = 1_048_576;

/** Milliseconds for what is left when the process ends; all that lives has little more together. */
const lastMs = 2_500;

interface Line<Item, Batch> extends AnyLine {
  readonly pipeline: Pipeline<Item, Batch>;
}

/** Whatever goes over it. */
interface AnyLine {
  readonly signal: OtlpSignal;
  readonly url: string;
  readonly client: Client;
  readonly pipeline: Pick<Pipeline<never, never>, "start" | "hurry" | "end" | "figures" | "waiting" | "failing">;
}

/** Each process sends what it measured itself: nothing crosses a process, and none waits for another. */
export class OtlpExporter implements TraceExporter, MetricExporter, Living {
  declare readonly __resource: "exporters";
  readonly name: string;
  readonly required = false;
  readonly #config: OtlpConfig;
  readonly #traces: Line<Span, Uint8Array> | undefined;
  readonly #metrics: Line<MetricPush, readonly MetricPush[]> | undefined;
  readonly #lines: readonly AnyLine[];
  readonly #switchedOff: ReadonlyMap<OtlpSignal, string>;
  readonly #since = clock.wall() - process.uptime() * 1000;

  constructor(config: OtlpConfig, environment: OtlpEnvironment) {
    this.name = `exporters.${config.name}`;
    this.#config = config;
    const source = sourceOf(config, environment);
    this.#switchedOff = switchedOffIn(config, environment);
    const on = (signal: OtlpSignal): boolean => !this.#switchedOff.has(signal);
    this.#traces = lineOf(
      "traces",
      { own: on("traces") ? config.traces : undefined, room: spanRoom(config) },
      config,
      environment,
      source,
    );
    this.#metrics = lineOf(
      "metrics",
      { own: on("metrics") ? config.metrics : undefined, room: pushRoom(config) },
      config,
      environment,
      source,
    );
    this.#lines = [this.#traces, this.#metrics].filter((line) => line !== undefined);
  }

  take(span: Span, now = clock.monotonic()): void {
    this.#traces?.pipeline.take(span, now);
  }

  push(families: Iterable<MetricFamily>, since = this.#since): void {
    const [at, now] = [clock.wall(), clock.monotonic()];
    for (const family of families) {
      const push = { family, since, at };
      if (pointsOf(push) > 0) this.#metrics?.pipeline.take(push, now);
    }
  }

  start(life: Life): void {
    const { tls, headers = [] } = this.#config;
    tls?.follow(life);
    for (const { value } of headers) if (typeof value !== "string") value.follow(life, checkField, () => {});
    for (const { pipeline } of this.#lines) pipeline.start(life.log);
    for (const [signal, variable] of this.#switchedOff) life.log.write("info", "exports are switched off", { signal, variable });
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

/** How what comes of one signal waits, and how a batch of it becomes bytes. */
interface Room<Encoder, Item, Batch> {
  queue(encoder: Encoder, dropped: Dropped): Queue<Item, Batch>;
  bytes(encoder: Encoder, batch: Batch): Uint8Array;
}

/** Spans come with requests, most of all: they are bytes at once. */
const spanRoom = ({ queue, batch }: OtlpConfig): Room<Encoding<Span>, Span, Uint8Array> => ({
  queue: (encoding, dropped) => new EncodedQueue(queue, batch.items, encoding, dropped),
  bytes: (_, encoded) => encoded,
});

const pushRoom = ({ queue }: OtlpConfig): Room<Encode<MetricPush>, MetricPush, readonly MetricPush[]> => ({
  queue: (_, dropped) => new BoundedQueue(queue, { count: pointsOf, bytes: pushBytes }, dropped),
  bytes: (encode, pushes) => encode(pushes),
});

/** By variable, the signals of which nothing is sent: what is written wins, as of everything else. */
function switchedOffIn(config: OtlpConfig, environment: OtlpEnvironment): ReadonlyMap<OtlpSignal, string> {
  const off = new Map<OtlpSignal, string>();
  for (const signal of ["traces", "metrics"] as const) {
    const own = config[signal];
    const variable =
      own === undefined || config.url !== undefined || own.url !== undefined ? undefined : environment.switchedOffBy(signal);
    if (variable !== undefined) off.set(signal, variable);
  }
  return off;
}

/** The way of one signal; undefined where nothing gives it. */
function lineOf<Encoder, Item, Batch>(
  signal: OtlpSignal,
  { own, room }: { readonly own: SignalConfig<Encoder> | undefined; readonly room: Room<Encoder, Item, Batch> },
  config: OtlpConfig,
  environment: OtlpEnvironment,
  source: OtlpSource,
): Line<Item, Batch> | undefined {
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
  const isCompressed = (config.compression ?? environment.compression(signal) ?? "none") === "gzip";
  const { mediaType, encoder } = encodingOf(signal, own, environment, source);
  const deliver = createDelivery({ url, mediaType, isCompressed, headers }, client);
  const pipeline = new Pipeline<Item, Batch>({
    signal,
    createQueue: (dropped) => room.queue(encoder, dropped),
    ageMs: queue.ageMs,
    batch,
    concurrency,
    // What the encoder throws is told as what the other side refuses.
    ship: async (taken, over) => deliver(room.bytes(encoder, taken), over),
  });
  return { signal, url, client, pipeline };
}

function encodingOf<Encoder>(
  signal: OtlpSignal,
  { protobuf, json }: SignalConfig<Encoder>,
  environment: OtlpEnvironment,
  source: OtlpSource,
): Pick<DeliveryConfig, "mediaType"> & { readonly encoder: Encoder } {
  const isJson = json !== undefined && (protobuf === undefined || environment.protocol(signal) === "json");
  if (isJson) return { mediaType: "application/json", encoder: json(source) };
  if (protobuf === undefined) throw new Error(`nothing encodes ${signal}`);
  return { mediaType: "application/x-protobuf", encoder: protobuf(source) };
}

/** Who wrote it decides: the options, then the environment. */
function urlOf(
  signal: OtlpSignal,
  own: SignalConfig<unknown>,
  { option, url }: OtlpConfig,
  environment: OtlpEnvironment,
): string {
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
