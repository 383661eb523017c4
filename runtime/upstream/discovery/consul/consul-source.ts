import { createClient } from "../../../calls/client.ts";
import { CallFailure } from "../../../calls/failure.ts";
import type { FollowedTls } from "../../../calls/followed-tls.ts";
import { statusFailure } from "../../../calls/status-failure.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../../files/followed-secret.ts";
import type { StartUrl } from "../../../identity/start-url.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { clock } from "../../../life/clock.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import { Allowance } from "../allowance.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { healthList } from "./health-list.ts";

export interface ConsulSourceConfig {
  /** Of an agent. */
  readonly address: StartUrl | string;
  readonly service: string;
  readonly datacenter?: string;
  readonly tag?: string;
  readonly token?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

export const createConsulSource = (config: ConsulSourceConfig): EndpointSource => new ConsulSource(config);

/** An instance has some 1,500 with its checks. */
const mostBytes = 32 * 1024 * 1024;

/** Seconds that a query waits for a change: less than proxies let a connection be silent. */
const waitSeconds = 30;

/** Milliseconds that it waits at most: Consul adds up to a sixteenth, so that not all come back at once. */
export const longestWaitMs = 32_000;

/** Milliseconds for an answer. */
const patienceMs = longestWaitMs + 10_000;

/**
 * Milliseconds from the begin of one query to the next: answers that come at once are no busy loop. Changes that follow each other more
 * quickly are asked for at once, some times in a row.
 */
const paceMs = 1_000;
const mostAtOnce = 10;

/** Milliseconds between queries where nothing else says. */
const restMs = 60_000;

/** The instances of a service that pass their checks, as Consul lists them, by blocking queries. */
class ConsulSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: ConsulSourceConfig;
  readonly #url: string;

  constructor(config: ConsulSourceConfig) {
    const { address, service, datacenter, tag } = config;
    this.#config = config;
    const base = new URL(address);
    this.description = `Consul ${base.origin}, service ${service}`;
    const query = new URLSearchParams({ passing: "1" });
    if (datacenter !== undefined) query.set("dc", datacenter);
    if (tag !== undefined) query.set("tag", tag);
    const path = base.pathname.replace(/\/$/, "");
    this.#url = `${base.origin}${path}/v1/health/service/${encodeURIComponent(service)}?${query}`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { address, token, tls } = this.#config;
    tls?.follow(tenure);
    const client = createClient({
      named: [address],
      maxBytes: mostBytes,
      headMs: patienceMs,
      wholeMs: patienceMs,
      attempts: 1,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
    const end = contained(logged("connections to Consul were not closed"), (): void => client.close());
    tenure.signal.addEventListener("abort", end, { once: true });
    // Read with each query.
    if (typeof token === "object") token.follow(tenure, () => {}, () => {}); // biome-ignore format: one line
    /** Of the last answer; 0: the next query does not wait. As large as uint64. */
    let index = 0n;
    let waiting: AbortController | undefined;
    const atOnce = new Allowance(mostAtOnce, paceMs);
    let isFirst = true;
    const look = async (signal: AbortSignal): Promise<number> => {
      const begun = clock.monotonic();
      const wait = index > 0n ? `&index=${index}&wait=${waitSeconds}s` : "";
      waiting = new AbortController();
      const own = waiting.signal;
      try {
        const headers: Readonly<Record<string, string>> = token === undefined ? {} : { "x-consul-token": currentSecret(token) };
        const answer = await client.call({ url: `${this.#url}${wait}`, headers, signal: AbortSignal.any([signal, own]) });
        waiting = undefined;
        if (answer.status !== 200) throw statusFailure(answer, refusal(answer.status));
        if (answer.headers["x-consul-knownleader"] === "false")
          throw new CallFailure("status", "Consul has no leader at the moment, so what it lists may be old");
        findings.found(await healthList(answer.body.toString("utf8"), (listed) => findings.read(listed)));
        const before = index;
        index = nextIndex(before, answer.headers["x-consul-index"]);
        // It has waited for a change, and may have the next one already; so it may behind what was there at the begin.
        const isNews = index > before && (before > 0n || isFirst);
        isFirst = false;
        if (isNews && atOnce.take()) return 0;
      } catch (error) {
        index = 0n;
        // Somebody wants to know at once what there is, and not to wait for a change.
        if (!own.aborted || signal.aborted) throw error;
        return 0;
      } finally {
        waiting = undefined;
      }
      return Math.max(0, begun + paceMs - clock.monotonic());
    };
    const pacing = new Pacing(tenure, restMs, look, (error) => findings.failed(messageOf(error)));
    return { soon: () => (waiting === undefined ? pacing.soon() : waiting.abort()) };
  }
}

/** One that went back is of a server that was restored: from the begin. 0 would never wait (Consul, Blocking Queries). */
function nextIndex(before: bigint, written: string | undefined): bigint {
  const index = /^\d{1,20}$/.test(written ?? "") ? BigInt(written!) : 0n;
  if (index < before) return 0n;
  return index < 1n ? 1n : index;
}

const refusal = (status: number): string =>
  status === 403
    ? "Consul answers with 403: give `discover.consul` a `token` with `service:read` and `node:read`"
    : `Consul answers with ${status}, and 200 is expected`;
