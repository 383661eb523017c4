import type { ExchangeTrace } from "../exchange/exchange.ts";
import { contained, logged } from "../life/boundary.ts";
import { createEnding } from "../life/ending.ts";
import type { CallTls, Ways } from "./connect.ts";
import { Deadline, pause } from "./deadline.ts";
import { type Answer, exchange, type Sent } from "./exchange.ts";
import { CallFailure, shownUrl } from "./failure.ts";
import { createPool, type Pool } from "./pool.ts";
import { proxiesOf } from "./proxy.ts";
import { Reach } from "./reach.ts";
import { redirected } from "./redirect.ts";
import { isIdempotent, pauseAfter } from "./retry.ts";
import { CallSpans } from "./spans.ts";
import { asWritten } from "./written.ts";

export interface ClientConfig {
  /** URLs that the configuration names: only their hosts may be elsewhere than on the open internet. */
  readonly named: readonly string[];
  /** Bytes of an answer at most. */
  readonly maxBytes: number;
  /** Milliseconds, see `defaults`. */
  readonly connectMs?: number;
  readonly headMs?: number;
  readonly wholeMs?: number;
  readonly tls?: CallTls;
  /** How many redirects may be followed, to the same scheme or a better one; none where absent. */
  readonly redirects?: number;
  /** How often what is idempotent is tried. */
  readonly attempts?: number;
  /** Calls at the same time; further ones fail at once. */
  readonly maxInFlight?: number;
  /** Where the proxies are read from; that of the process where absent. */
  readonly environment?: NodeJS.ProcessEnv;
}

const defaults = { connectMs: 5_000, headMs: 10_000, wholeMs: 30_000, redirects: 0, attempts: 3, maxInFlight: 64 };

/** Connections to one host at most, and hosts of which connections are kept. */
const connectionsPerHost = 16;
const keptHosts = 16;

export interface Call {
  readonly url: string;
  /** `GET` where absent. */
  readonly method?: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** It may be sent twice, whatever its method says. */
  readonly isIdempotent?: boolean;
  readonly signal?: AbortSignal;
  /**
   * Takes the body of an answer with 200 piece by piece as it comes, without a bound; `body` is empty then. The first piece is
   * empty, and comes with the head. What it throws ends the call.
   */
  readonly onData?: (chunk: Buffer) => void;
  /** Of the request that waits for the answer; of several, the one that asked first. */
  readonly trace?: ExchangeTrace | undefined;
}

/** Makes calls of the gateway's own, to what is not a service of it. */
export interface Client {
  /** Resolves with the answer, whatever its status. Rejects with a `CallFailure`. */
  call(call: Call): Promise<Answer>;
  /** Calls in flight fail. */
  close(): void;
}

/** Throws a `StartError` where the environment names a proxy that cannot be used. */
export const createClient = (config: ClientConfig): Client => new PooledClient(config);

class PooledClient implements Client {
  readonly #config: ClientConfig & Required<Pick<ClientConfig, keyof typeof defaults>>;
  readonly #ways: Ways;
  /** By origin. */
  readonly #pools = new Map<string, Pool>();
  readonly #closed = createEnding();
  #inFlight = 0;

  constructor(config: ClientConfig) {
    this.#config = { ...defaults, ...config };
    const { tls, connectMs } = this.#config;
    const proxyFor = proxiesOf(config.environment ?? process.env);
    this.#ways = { reach: new Reach(config.named), proxyFor, tls, connectMs };
  }

  async call(call: Call): Promise<Answer> {
    const url = callable(call.url);
    const { maxInFlight, wholeMs } = this.#config;
    if (this.#inFlight >= maxInFlight)
      throw new CallFailure(
        "overloaded",
        `${shownUrl(url)} is not called: ${maxInFlight} calls are in flight, and no more may be`,
      );
    this.#inFlight++;
    const over = new AbortController();
    const late = `${shownUrl(url)} did not answer in full within ${wholeMs} ms. Look at whether it is overloaded`;
    const deadline = new Deadline(wholeMs, () => over.abort(new CallFailure("wholeTimeout", late)));
    const unwanted = new CallFailure("aborted", `${shownUrl(url)} was called off`);
    const onAbort = contained(logged("a call was not called off"), (): void => over.abort(unwanted));
    const signals = [this.#closed.signal, ...(call.signal === undefined ? [] : [call.signal])];
    for (const signal of signals) {
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort);
    }
    try {
      return await this.#repeat(call, url, over.signal, deadline);
    } finally {
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
      deadline.settle();
      this.#inFlight--;
    }
  }

  async #repeat(call: Call, url: URL, signal: AbortSignal, deadline: Deadline): Promise<Answer> {
    const { method = "GET", headers = {}, body, onData } = call;
    const sent = { url, method, headers: { "accept-encoding": "identity", ...headers }, body, onData };
    const attempts = (call.isIdempotent ?? isIdempotent(method)) ? this.#config.attempts : 1;
    const traced = call.trace === undefined ? undefined : new CallSpans(call.trace);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(sent, signal, traced);
      const wait = attempt === attempts ? undefined : pauseAfter(outcome, attempt);
      if (wait !== undefined && wait < deadline.left) await pause(wait, signal);
      else if (outcome instanceof CallFailure) throw outcome;
      else return outcome;
    }
  }

  async #try(sent: Sent, signal: AbortSignal, traced: CallSpans | undefined): Promise<Answer | CallFailure> {
    try {
      return await this.#follow(sent, signal, traced);
    } catch (error) {
      if (error instanceof CallFailure) return error;
      throw error;
    }
  }

  async #follow(first: Sent, signal: AbortSignal, traced: CallSpans | undefined): Promise<Answer> {
    let sent = first;
    for (let left = this.#config.redirects; ; left--) {
      const answer = await (traced === undefined ? this.#ask(sent, signal) : traced.of(sent, (told) => this.#ask(told, signal)));
      const next = redirected(sent, answer, left);
      if (next === undefined) return answer;
      sent = next;
    }
  }

  async #ask(sent: Sent, signal: AbortSignal): Promise<Answer> {
    const { headMs, maxBytes } = this.#config;
    const { path, headers } = await asWritten(sent, this.#ways, signal);
    return exchange(this.#poolOf(sent.url), path, { ...sent, headers }, { headMs, maxBytes, signal });
  }

  #poolOf(url: URL): Pool {
    const known = this.#pools.get(url.origin);
    if (known !== undefined) return known;
    // Redirects lead to ever new hosts: the oldest is closed when what it answers is over.
    const [oldest] = this.#pools;
    if (this.#pools.size >= keptHosts && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      void oldest[1].close().catch(() => {});
    }
    const pool = createPool(url.origin, this.#ways, connectionsPerHost);
    this.#pools.set(url.origin, pool);
    return pool;
  }

  close(): void {
    this.#closed.abort();
    for (const pool of this.#pools.values()) void pool.destroy().catch(() => {});
    this.#pools.clear();
  }
}

function callable(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return url;
  throw new CallFailure("url", "what is to be called is not an `http` or `https` URL without user and password");
}
