import { type Client, createClient } from "../../calls/client.ts";
import { CallFailure, type FailureKind } from "../../calls/failure.ts";
import type { FollowedTls } from "../../calls/followed-tls.ts";
import type { Exchange, Slot, StartValue, UpstreamRequest } from "../../exchange/exchange.ts";
import { dropClaims } from "../../fields/drop-claims.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { currentSecret, type FollowedSecret } from "../../files/followed-secret.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { StartError } from "../../life/start-error.ts";
import { createLog, type Log } from "../../log/log.ts";
import { DecisionCache, type DecisionCacheConfig } from "./decision-cache.ts";
import { DecisionCounts } from "./decision-counts.ts";
import type { Protocol, Question, Verdict } from "./protocol.ts";
import { refuseAsDecided, refuseUndecided } from "./refusals.ts";

export interface ExternalAuthorizationConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  readonly protocol: Protocol;
  /** Fields of every question; names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: StartValue | FollowedSecret }[];
  /** To the service. */
  readonly tls?: FollowedTls;
  readonly timeoutMs: number;
  readonly maxPending: number;
  /** Requests pass while the service is out of reach. */
  readonly allowsOnFailure: boolean;
  readonly cache: DecisionCacheConfig | null;
  /** Bytes of the body that is sent along; null: none is. */
  readonly maxBody: number | null;
  /** Lower-case names of fields that only the decision service writes. */
  readonly toService: readonly string[];
  readonly slot: Slot;
  readonly detail: string | undefined;
}

/** Bytes of a decision at most. */
const longestAnswer = 65_536;

export const createExternalAuthorization = (config: ExternalAuthorizationConfig): ExternalAuthorization =>
  new ExternalAuthorization(config);

class ExternalAuthorization implements Living {
  readonly name: string;
  /** The environment may name a proxy that cannot be used. */
  readonly required = true;
  readonly #config: ExternalAuthorizationConfig;
  readonly #cache: DecisionCache | undefined;
  readonly #counts: DecisionCounts;
  #headers: Readonly<Record<string, string>>;
  #pending = 0;
  #log: Log;
  #client: Client | undefined = undefined;

  constructor(config: ExternalAuthorizationConfig) {
    this.#config = config;
    this.name = `${config.at} externalAuthorization`;
    this.#headers = this.#currentHeaders();
    this.#counts = new DecisionCounts(config.protocol.target);
    this.#cache = config.cache === null ? undefined : new DecisionCache(config.cache);
    this.#log = createLog({ policy: "externalAuthorization" });
  }

  start(life: Life): void {
    const { headers, protocol, timeoutMs, tls, maxPending } = this.#config;
    for (const url of protocol.named) if (!isCallable(url)) throw new StartError(unusable);
    this.#log = life.log;
    tls?.follow(life);
    for (const { name, value } of headers)
      if (typeof value !== "string")
        value.follow(
          life,
          (text) => assertFieldValue(name, text),
          () => {
            this.#headers = this.#currentHeaders();
          },
        );
    this.#client = createClient({
      named: protocol.named,
      maxBytes: longestAnswer,
      connectMs: timeoutMs,
      headMs: timeoutMs,
      wholeMs: timeoutMs,
      // A second try would come behind the deadline, and a decision is wanted now.
      attempts: 1,
      maxInFlight: maxPending,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.metrics(this.#pending);
  }

  stop(): void {
    this.#client?.close();
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const { maxBody } = this.#config;
    return maxBody !== null && x.hasBody ? this.#withBody(x, maxBody) : this.#decide(x, undefined);
  }

  async #withBody(x: Exchange, maxBytes: number): Promise<boolean> {
    const body = await x.readBody(maxBytes);
    // Not a decision on half of it: 413 is the answer, or the client is gone.
    return body === undefined || this.#decide(x, body);
  }

  #decide(x: Exchange, body: Uint8Array | undefined): boolean | Promise<boolean> {
    const { protocol, detail } = this.#config;
    const question = protocol.ask(x, body);
    if (question === undefined) return refuseAsDecided(x, 403, detail);
    const key = this.#cache?.keyOf(x, question);
    const known = key === undefined ? undefined : this.#cache?.find(key);
    return known === undefined ? this.#asked(x, question, key) : this.#follow(x, known, true);
  }

  async #asked(x: Exchange, question: Question, key: string | undefined): Promise<boolean> {
    const ask = (): Promise<Verdict> => this.#ask(x, question);
    const verdict = key === undefined || this.#cache === undefined ? await ask() : await this.#cache.decide(key, x, ask);
    return this.#follow(x, verdict, false);
  }

  async #ask({ trace }: Exchange, question: Question): Promise<Verdict> {
    if (this.#client === undefined) return { kind: "unclear", why: "the gateway has not started" };
    const since = clock.monotonic();
    this.#pending++;
    try {
      const headers = { ...question.headers, ...this.#headers };
      return this.#config.protocol.judge(await this.#client.call({ ...question, headers, trace }));
    } catch (error) {
      if (error instanceof CallFailure)
        return { kind: outOfReach.includes(error.kind) ? "outOfReach" : "unclear", why: error.message };
      // What cannot be sent, as a field that no parser would take.
      return { kind: "unclear", why: error instanceof Error ? error.message : "it cannot be asked" };
    } finally {
      this.#pending--;
      this.#counts.asked(clock.monotonic() - since);
    }
  }

  #currentHeaders(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#config.headers.map(({ name, value }) => [name, currentSecret(value)]));
  }

  #follow(x: Exchange, verdict: Verdict, isKept: boolean): boolean {
    this.#counts.decided(verdict.kind, isKept);
    const { allowsOnFailure, detail, protocol, slot } = this.#config;
    if (verdict.kind === "allow") {
      x.slots[slot] = verdict.fields;
      return false;
    }
    if (verdict.kind === "refuse") return refuseAsDecided(x, verdict.status, detail, verdict.fields);
    const { kind, why } = verdict;
    const passes = allowsOnFailure && kind === "outOfReach";
    const event = kind === "unclear" ? "no decision in the answer" : "decision service out of reach";
    this.#log.write("warning", event, { service: protocol.target, why, request: passes ? "passes" : "refused" });
    return !passes && refuseUndecided(x);
  }

  /** Who reads these fields trusts the decision service, and nobody else who may have written them. */
  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    const { toService, slot } = this.#config;
    dropClaims(upstream.headers, toService);
    for (const name of toService) upstream.headers.delete(name);
    // Set by `request` alone; absent where a request passed undecided.
    const fields = x.slots[slot] as readonly string[] | undefined;
    if (fields !== undefined) upstream.headers.append(fields);
  }
}

/** It may be read from the environment, and may hold a password, so that it is not shown. */
const unusable =
  "the URL of the decision service is not an http or https URL without user and password. Correct it, or the environment variable that it is read from";

function isCallable(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

/** What passes by itself. A flood of requests is not among them: whoever floods would open the door. */
const outOfReach: readonly FailureKind[] = [
  "name",
  "connect",
  "connectTimeout",
  "proxy",
  "headTimeout",
  "wholeTimeout",
  "broken",
];
