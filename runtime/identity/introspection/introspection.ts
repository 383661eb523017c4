// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { type Client, createClient } from "../../calls/client.ts";
import type { FollowedTls } from "../../calls/followed-tls.ts";
import { SingleFlight } from "../../calls/single-flight.ts";
import type {
  Authentication,
  Exchange,
  ExchangeTrace,
  Rejection,
  SecurityScheme,
  UpstreamRequest,
} from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { label } from "../../metrics/label.ts";
import type { Validator } from "../../validation/violations.ts";
import { concealAuthorization } from "../conceal-authorization.ts";
import { type Caller, FairPlaces } from "../fair-places.ts";
import { readConfirmation } from "../jose/confirmation.ts";
import { type JsonObject, jsonObject } from "../jose/json-object.ts";
import { longestToken } from "../jose/read-jws.ts";
import { type IdentityClaims, identityOf } from "../jwt/identity-claims.ts";
import { presentedToken } from "../jwt/presented-token.ts";
import { type ResourceMetadata, withMetadata } from "../resource-metadata.ts";
import { type ClientProof, type ClientProofConfig, clientProof, followProof } from "./client-proof.ts";
import { Endpoint, type EndpointConfig } from "./endpoint.ts";
import { type AnswerRules, judgeAnswer } from "./judge-answer.ts";
import { type Verdict, VerdictCache } from "./verdict-cache.ts";

export interface IntrospectionConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly challenge: string;
  readonly resource?: ResourceMetadata;
  readonly grants: "roles" | "scopes";
  readonly forward: boolean;
  readonly endpoint: EndpointConfig;
  readonly client: ClientProofConfig;
  readonly hint: string | null;
  readonly rules: AnswerRules;
  readonly identity: IdentityClaims;
  readonly claims: (Validator & { readonly __emitted: "validator" }) | null;
  /** Milliseconds. */
  readonly cacheMs: number;
  readonly negativeCacheMs: number;
  readonly timeoutMs: number;
  readonly tls?: FollowedTls;
}

/** Throws a `StartError` where key, certificates or proxy cannot be used. */
export const createIntrospection = (config: IntrospectionConfig): Introspection => new Introspection(config);

/** Bytes of an answer at most: claims, not documents. */
const longestAnswer = 256 * 1024;

/** Milliseconds between two lines about an issuer that does not answer as it should. */
const quietMs = 10_000;

/** Tokens that are asked about at a time, and that may wait for it. */
const atOnce = 32;
const mostWaiting = 512;

const busy: Rejection = { rejected: "unavailable", reason: "Too many tokens wait to be asked about.", retryAfter: 1 };

const unreachable: Rejection = {
  rejected: "unavailable",
  reason: "Whether the token is active cannot be asked at the moment.",
  retryAfter: 2,
};

class Introspection implements SecurityScheme<Authentication | Promise<Authentication>>, Living {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly invalidChallenge: string;
  readonly grants: "roles" | "scopes";
  readonly required = false;
  readonly #config: IntrospectionConfig;
  readonly #client: Client;
  readonly #endpoint: Endpoint;
  #proof: (endpoint: string) => ClientProof;
  readonly #cache = new VerdictCache();
  readonly #flights = new SingleFlight<Verdict>();
  readonly #places = new FairPlaces({ atOnce, waiting: mostWaiting });
  readonly #counts = { asked: 0, cached: 0, failed: 0, turnedAway: 0 };
  #log: Log | undefined = undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(config: IntrospectionConfig) {
    const { endpoint, tls, timeoutMs } = config;
    const option = `identity.schemes.${config.name}.introspection`;
    // As a part of the gateway; identities say the name of the scheme.
    this.name = `identity.schemes.${config.name}`;
    this.challenge = withMetadata(config.challenge, config.challenge, config.resource);
    this.invalidChallenge = `${this.challenge}, error="invalid_token"`;
    this.grants = config.grants;
    this.#config = config;
    this.#proof = clientProof(config.client, `${option}.client.key`);
    this.#client = createClient({
      named: ["url" in endpoint ? endpoint.url : endpoint.metadata],
      maxBytes: longestAnswer,
      wholeMs: timeoutMs,
      attempts: 2,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
    this.#endpoint = new Endpoint(endpoint, this.#client);
  }

  insufficientChallenge(needs: readonly string[]): string {
    const scope = this.grants === "scopes" ? `, scope="${needs.join(" ")}"` : "";
    return `${this.challenge}, error="insufficient_scope"${scope}`;
  }

  authenticate(x: Exchange): Authentication | Promise<Authentication> {
    const token = presentedToken(x, { in: "authorization" });
    if (token === undefined) return "absent";
    if (token === null)
      return { rejected: "malformed", reason: "The request has more than one token, or one that cannot be read." };
    if (!isToken(token)) return this.#invalid("The token is not one that an issuer could have made.");
    // Of the whole token: one with the same begin is another one.
    const key = crypto.hash("sha256", token, "base64url");
    const known = this.#cache.get(key, clock.wall());
    if (known === undefined) return this.#later(x, key, token);
    this.#counts.cached++;
    return this.#settled(x, known);
  }

  conceal(upstream: UpstreamRequest): void {
    if (!this.#config.forward) concealAuthorization(upstream.headers, "bearer");
  }

  async #later(x: Exchange, key: string, token: string): Promise<Authentication> {
    const caller = { ip: x.peer.ip, claimed: "" };
    return this.#settled(x, await this.#flights.run(key, () => this.#inTurn(caller, key, token, x.trace)));
  }

  #settled({ peer }: Exchange, { found, binding }: Verdict): Authentication {
    if (found.subject === undefined || binding === undefined) return found;
    if (binding.jkt !== undefined) return this.#invalid("The token is bound to a key, and comes without a proof of it.");
    return binding.x5t === peer.certificate?.thumbprint
      ? found
      : this.#invalid("The token is bound to a certificate, and comes without it.");
  }

  /** Neither who floods nor a slow issuer keeps anybody waiting longer than one question may take. */
  async #inTurn(caller: Caller, key: string, token: string, trace: ExchangeTrace | undefined): Promise<Verdict> {
    const latest = clock.monotonic() + this.#config.timeoutMs;
    const ask = async (): Promise<Verdict | undefined> => (clock.monotonic() < latest ? this.#ask(key, token, trace) : undefined);
    const verdict = await this.#places.run(caller, ask);
    if (verdict === undefined) {
      this.#counts.turnedAway++;
      return { found: busy, binding: undefined, until: 0 };
    }
    const { found } = verdict;
    if (found.subject === undefined && found.rejected === "invalid") this.#places.noteWrong(caller);
    return verdict;
  }

  /** Never rejects: what cannot be asked is a verdict as well, which is not kept. */
  async #ask(key: string, token: string, trace: ExchangeTrace | undefined): Promise<Verdict> {
    this.#counts.asked++;
    try {
      const verdict = this.#judged(await this.#answer(token, trace));
      this.#cache.set(key, verdict);
      return verdict;
    } catch (error) {
      this.#counts.failed++;
      this.#say(messageOf(error));
      return { found: unreachable, binding: undefined, until: 0 };
    }
  }

  async #answer(token: string, trace: ExchangeTrace | undefined): Promise<JsonObject | undefined> {
    const url = await this.#endpoint.url(trace);
    const { headers, form } = this.#proof(url);
    const { hint } = this.#config;
    const body = new URLSearchParams({ token, ...(hint === null ? {} : { token_type_hint: hint }), ...form }).toString();
    const sent = { ...headers, accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const answer = await this.#client.call({ url, method: "POST", headers: sent, body, isIdempotent: true, trace });
    if (answer.status === 401 || answer.status === 403)
      throw new Error(`the endpoint refuses the gateway itself with ${answer.status}. Check \`client\``);
    if (answer.status !== 200) throw new Error(`the endpoint answered with ${answer.status}, and 200 is expected`);
    return jsonObject(answer.body);
  }

  #judged(answer: JsonObject | undefined): Verdict {
    const { cacheMs, claims: isValid, identity: paths, name, negativeCacheMs, rules } = this.#config;
    const now = clock.wall();
    const refused = (reason: string): Verdict => ({
      found: this.#invalid(reason),
      binding: undefined,
      until: now + negativeCacheMs,
    });
    const judgement = judgeAnswer(answer, rules, now / 1000);
    if ("misread" in judgement) throw new Error(`what the endpoint says is not introspection: ${judgement.misread}`);
    if ("refused" in judgement) return refused(judgement.refused);
    // It was judged to be one.
    const claims = answer!;
    if (isValid !== null && !isValid(claims, null)) return refused("The claims of the token are not as they should be.");
    const binding = readConfirmation(claims);
    if (typeof binding === "string") return refused(binding);
    const ends = typeof claims.exp === "number" ? claims.exp * 1_000 : Number.POSITIVE_INFINITY;
    const identity = identityOf(claims, paths, { scheme: name, until: ends, keepsClaims: isValid !== null });
    if (typeof identity === "string") return refused(identity);
    return { found: identity, binding, until: Math.min(now + cacheMs, identity.expiresAt ?? Number.POSITIVE_INFINITY) };
  }

  #invalid(reason: string): Rejection {
    return { rejected: "invalid", reason, challenge: this.invalidChallenge };
  }

  #say(reason: string): void {
    const now = clock.monotonic();
    if (now - this.#saidAt < quietMs) return;
    this.#saidAt = now;
    this.#log?.write("error", "tokens cannot be introspected, and get 503", { reason });
  }

  start(life: Life): void {
    this.#log = life.log;
    const { client, name, tls } = this.#config;
    tls?.follow(life);
    const option = `identity.schemes.${name}.introspection.client.key`;
    followProof(client, option, life, (proof) => {
      this.#proof = proof;
    });
  }

  stop(): void {
    this.#client.close();
  }

  state(): Json {
    return { ...this.#counts };
  }

  metrics(): readonly MetricFamily[] {
    const scheme = label("scheme", this.#config.name);
    return [
      {
        name: "gatewright_introspections_total",
        help: "Tokens that were asked about, known from before, could not be asked about, or waited for it in vain.",
        type: "counter",
        samples: Object.entries(this.#counts).map(([outcome, value]) => ({
          labels: `${scheme},${label("outcome", outcome)}`,
          value,
        })),
      },
    ];
  }
}

/** RFC 6750 §2.1: what a bearer token may be made of. */
const isToken = (text: string): boolean => text.length > 0 && text.length <= longestToken && /^[A-Za-z0-9\-._~+/]+=*$/.test(text);
