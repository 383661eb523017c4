import type { FollowedTls } from "../../../calls/followed-tls.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import type { FollowedSecret } from "../../../files/followed-secret.ts";
import type { StartUrl } from "../../../identity/start-url.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { clock } from "../../../life/clock.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { EtcdCalls } from "./etcd-calls.ts";
import { rangeOf } from "./range.ts";
import { Watch } from "./watch.ts";

export interface EtcdSourceConfig {
  /** Of the servers of a cluster. */
  readonly addresses: readonly (StartUrl | string)[];
  /** What the keys of the endpoints begin with. */
  readonly prefix: string;
  readonly user?: string;
  readonly password?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

export const createEtcdSource = (config: EtcdSourceConfig): EndpointSource => new EtcdSource(config);

/** Milliseconds between looks where nothing else says. */
const restMs = 60_000;

/** Milliseconds after which a watch that ends is no sign of trouble: proxies end what is long. */
const steadyMs = 5_000;

/** Milliseconds until the keys are read again after such an end, at most. */
const shortPauseMs = 500;

/** The keys below a prefix of etcd v3: read once as a whole, then watched from the revision behind that. */
class EtcdSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: EtcdSourceConfig;

  constructor(config: EtcdSourceConfig) {
    this.#config = config;
    const origins = config.addresses.map((address) => new URL(address).origin);
    this.description = `etcd ${origins.join(", ")}, prefix ${config.prefix}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { addresses, prefix, tls, password } = this.#config;
    tls?.follow(tenure);
    // A new one is for the next token.
    if (typeof password === "object") password.follow(tenure, () => {}, () => {}); // biome-ignore format: one line
    const calls = new EtcdCalls({ ...this.#config, addresses: addresses.map((address) => address.replace(/\/$/, "")) });
    const end = contained(logged("connections to etcd were not closed"), (): void => calls.close());
    tenure.signal.addEventListener("abort", end, { once: true });
    const bytes = Buffer.from(prefix, "utf8");
    let watch: Watch | undefined;
    const look = async (signal: AbortSignal): Promise<number> => {
      const keys = await calls.servers.anywhere(signal, () => rangeOf(calls, bytes, signal));
      findings.found(keys.listed);
      const begun = clock.monotonic();
      watch = new Watch({ calls, prefix: bytes, keys, findings, signal });
      try {
        const ended = await watch.ended;
        if (ended !== "cut") return 0;
      } catch (error) {
        calls.servers.elsewhere();
        throw error;
      } finally {
        watch = undefined;
      }
      if (clock.monotonic() - begun < steadyMs) {
        calls.servers.elsewhere();
        throw new Error(
          "etcd, or a proxy in between, ends the watch at once: changes are seen only when the keys are read again",
        );
      }
      return Math.random() * shortPauseMs;
    };
    const pacing = new Pacing(tenure, restMs, look, (error) => findings.failed(messageOf(error)));
    return { soon: () => (watch === undefined ? pacing.soon() : watch.again()) };
  }
}
