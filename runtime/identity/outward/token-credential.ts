import { createHash } from "node:crypto";
import { type Client, createClient } from "../../calls/client.ts";
import type { FollowedTls } from "../../calls/followed-tls.ts";
import type { Exchange, ExchangeTrace, StartValue } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { bearerIn } from "../bearer-in.ts";
import { authenticateClient, type ClientAuthentication } from "./client-authentication.ts";
import type { Given, ServiceCredential } from "./service-credential.ts";
import { readTokenAnswer, type TokenAnswer } from "./token-answer.ts";
import { TokenCache } from "./token-cache.ts";

export interface TokenCredentialConfig {
  readonly name: string;
  /** URL of the token endpoint. */
  readonly token: StartValue | string;
  readonly client: ClientAuthentication;
  /**
   * `clientCredentials`: the gateway for itself (RFC 6749 §4.4). Otherwise for its caller: `exchange` (RFC 8693), and
   * `onBehalfOf`, which is that of Microsoft Entra ID.
   */
  readonly grant: "clientCredentials" | "exchange" | "onBehalfOf";
  /** `scope`, `audience` and `resource` of the request; name and value alternating. */
  readonly parameters: readonly string[];
  /** To the token endpoint. */
  readonly tls?: FollowedTls;
}

/** Throws a `StartError` where the environment names a proxy that cannot be used. */
export const createTokenCredential = (config: TokenCredentialConfig): TokenCredential => new TokenCredential(config);

const longestAnswer = 65_536;

/** Callers whose exchanged tokens are remembered. */
const mostCallers = 10_000;

/** Tokens that a token endpoint gives to the gateway. */
export class TokenCredential implements ServiceCredential, Living {
  declare readonly __resource: "serviceCredentials";
  readonly name: string;
  readonly required = false;
  readonly #config: TokenCredentialConfig;
  readonly #client: Client;
  readonly #cache: TokenCache;
  #log: Log | undefined = undefined;

  constructor(config: TokenCredentialConfig) {
    this.name = config.name;
    this.#config = config;
    this.#client = createClient({
      named: [config.token],
      maxBytes: longestAnswer,
      connectMs: 2_000,
      headMs: 5_000,
      wholeMs: 10_000,
      attempts: 2,
      ...(config.tls === undefined ? {} : { tls: config.tls.tls }),
    });
    const isOwn = config.grant === "clientCredentials";
    this.#cache = new TokenCache({
      name: config.name,
      most: isOwn ? 1 : mostCallers,
      report: (why) => {
        if (why === undefined) this.#log?.write("info", "tokens for the service can be had again");
        else this.#log?.write("warning", "no token for the service", { reason: why });
      },
    });
  }

  /** The first request does not wait for it where it can be had meanwhile. */
  start(life: Life): void {
    this.#log = life.log;
    const { client, tls } = this.#config;
    tls?.follow(life);
    if ("keys" in client) client.keys.follow(life);
    // Any text may be a secret.
    else if (typeof client.secret !== "string")
      client.secret.follow(
        life,
        () => undefined,
        () => this.#cache.again(),
      );
    if (this.#config.grant === "clientCredentials") void this.#own(undefined);
  }

  stop(): void {
    this.#client.close();
  }

  give(x: Exchange, caller: string | undefined): Given | Promise<Given> {
    if (this.#config.grant === "clientCredentials") return this.#own(x.trace);
    const token = bearerIn(caller);
    const { identity } = x;
    if (typeof token !== "string" || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token) || identity === undefined) return undefined;
    // Two tokens of one subject may grant different things: the text is a part of the key, beside whom it speaks of.
    const about = JSON.stringify([identity.scheme, identity.issuer ?? "", identity.subject, token]);
    const key = createHash("sha256").update(about).digest("base64");
    return this.#cache.give(key, () => this.#ask(token, identity.expiresAt, x.trace));
  }

  refused(given: string): void {
    this.#cache.refused(given);
  }

  #own(trace: ExchangeTrace | undefined): Given | Promise<Given> {
    return this.#cache.give("", () => this.#ask(undefined, undefined, trace));
  }

  async #ask(subject: string | undefined, endsAt: number | undefined, trace: ExchangeTrace | undefined): Promise<TokenAnswer> {
    const { token: url, client, grant, parameters } = this.#config;
    const form = new URLSearchParams(grantOf(grant, subject));
    for (let index = 0; index < parameters.length; index += 2) form.append(parameters[index]!, parameters[index + 1]!);
    try {
      const fields = authenticateClient(client, form);
      const answer = await this.#client.call({
        url,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...fields },
        body: form.toString(),
        // An assertion counts once (RFC 7523 §3).
        isIdempotent: !("keys" in client),
        trace,
      });
      const read = readTokenAnswer(answer.status, answer.body);
      if (!("token" in read)) return { why: `${shown(url)} ${read.why}`, isCallers: read.isCallers && subject !== undefined };
      // What was given for a credential does not outlive it.
      return endsAt === undefined ? read : { ...read, lifeMs: Math.min(read.lifeMs, Math.max(1, endsAt - clock.wall())) };
    } catch (error) {
      return { why: messageOf(error), isCallers: false };
    }
  }
}

function grantOf(grant: TokenCredentialConfig["grant"], subject = ""): Readonly<Record<string, string>> {
  if (grant === "clientCredentials") return { grant_type: "client_credentials" };
  if (grant === "onBehalfOf") {
    const type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    return { grant_type: type, assertion: subject, requested_token_use: "on_behalf_of" };
  }
  return {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subject,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  };
}

/** A URL as logs may have it. */
const shown = (url: string): string => url.split("?", 1)[0]!;
