import type { FollowedTls } from "../../calls/followed-tls.ts";
import type { Place, StartValue } from "../../exchange/exchange.ts";
import type { FollowedSecret } from "../../files/followed-secret.ts";
import type { Span } from "../../telemetry/span.ts";
import type { Encoding } from "../encoded-queue.ts";
import type { QueueBounds } from "../queue.ts";
import type { MetricPush } from "./metric-push.ts";
import type { OtlpSource } from "./source.ts";

/** What `exporters.NAME.otlp` becomes. What is absent, the environment may say. */
export interface OtlpConfig {
  /** As in `exporters`: `collector`. */
  readonly name: string;
  /** Name of the gateway. */
  readonly gateway: string;
  /** Of gatewright. */
  readonly version: string;
  /** Where its options are, for messages: `exporters.collector.otlp`, and `gateway.yaml:12`. */
  readonly option: string;
  readonly from: Place | string;
  readonly url?: StartValue | string;
  readonly headers?: readonly OtlpHeader[];
  readonly compression?: "gzip" | "none";
  readonly timeoutMs?: number;
  readonly tls?: FollowedTls;
  /** Of the resource. */
  readonly attributes: readonly { readonly key: string; readonly value: StartValue | string }[];
  /** Of each signal. */
  readonly queue: QueueBounds & { readonly ageMs: number };
  readonly batch: { readonly items: number; readonly delayMs: number };
  readonly concurrency: number;
  /** Those that something gives it. */
  readonly traces?: SignalConfig<Encoding<Span>>;
  readonly metrics?: SignalConfig<Encode<MetricPush>>;
}

export interface OtlpHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: StartValue | string | FollowedSecret;
}

export interface SignalConfig<Encoder> {
  /** Taken as it is. */
  readonly url?: StartValue | string;
  /** One of them, or both where the environment chooses. */
  readonly protobuf?: CreateEncoder<Encoder>;
  readonly json?: CreateEncoder<Encoder>;
}

/** Makes what encodes what comes from one source. */
export type CreateEncoder<Encoder> = (source: OtlpSource) => Encoder;

/** Encodes a batch. */
export type Encode<Item> = (items: readonly Item[]) => Uint8Array;
