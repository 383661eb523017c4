import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { label } from "../../metrics/label.ts";
import type { KeySource } from "./key-source.ts";
import { type JwtConfig, JwtScheme } from "./scheme.ts";

/** With keys that change while the gateway runs, or with proofs that the processes of a group tell each other of. */
export const createLiveJwt = (config: JwtConfig): LiveJwt => new LiveJwt(config);

/**
 * Issuers that cannot be reached do not keep a gateway from serving: only who presents a token of theirs has to wait. So it
 * is ready without their keys, once it has looked for them.
 */
export class LiveJwt extends JwtScheme implements Living {
  /** As a part of the gateway. */
  override readonly name: string;
  /** A key file that is not there is a mistake of the deployment; servers that do not answer are none. */
  readonly required = true;
  readonly #sources: readonly KeySource[];
  readonly #scheme: string;
  readonly #dpop: JwtConfig["dpop"];

  constructor(config: JwtConfig) {
    super(config);
    this.name = `identity.schemes.${config.name}`;
    this.#scheme = config.name;
    this.#dpop = config.dpop;
    this.#sources = config.issuers.map(({ keys }) => keys);
  }

  async start(life: Life): Promise<void> {
    this.#dpop?.join(life);
    await Promise.all(this.#sources.map((source) => source.follow?.(life)));
  }

  own(tenure: Life): void {
    for (const source of this.#sources) source.fetch?.(tenure);
  }

  stop(): void {
    for (const source of this.#sources) source.stop?.();
  }

  state(): Json {
    return this.#sources.map(({ source, inForce: { failure, failures, keys, since, staleAt } }) => ({
      source,
      keys: keys.length,
      ...(since === 0 ? {} : { since: new Date(since).toISOString() }),
      ...(Number.isFinite(staleAt) && staleAt > 0 ? { until: new Date(staleAt).toISOString() } : {}),
      ...(failures === 0 ? {} : { failures, failure }),
    }));
  }

  metrics(): readonly MetricFamily[] {
    const scheme = label("scheme", this.#scheme);
    const perSource = (value: (source: KeySource) => number): MetricFamily["samples"] =>
      this.#sources
        .filter(({ follow }) => follow !== undefined)
        .map((source) => ({ labels: `${scheme},${label("keys", source.source)}`, value: value(source) }));
    return [
      {
        name: "gatewright_jwt_keys",
        help: "Keys that verify tokens of a scheme.",
        type: "gauge",
        samples: perSource(({ inForce }) => (clock.wall() < inForce.staleAt ? inForce.keys.length : 0)),
        isInfo: true,
      },
      {
        name: "gatewright_jwt_keys_seen_timestamp_seconds",
        help: "When the keys were last seen where they come from, in seconds since the epoch.",
        type: "gauge",
        samples: perSource(({ inForce }) => inForce.since / 1_000),
        isInfo: true,
      },
      {
        name: "gatewright_jwt_keys_failures",
        help: "Looks in a row that found no usable keys.",
        type: "gauge",
        samples: perSource(({ inForce }) => inForce.failures),
        isInfo: true,
      },
      {
        name: "gatewright_jwt_refusals_total",
        help: "Tokens that did not count, by what came of it: invalid 401, malformed 400, unavailable 503.",
        type: "counter",
        samples: Object.entries(this.refusals).map(([verdict, value]) => ({
          labels: `${scheme},${label("verdict", verdict)}`,
          value,
        })),
      },
    ];
  }
}
