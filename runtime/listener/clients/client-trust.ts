import { hkdfSync } from "node:crypto";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import type { Peer, Place, StartValue } from "../../exchange/exchange.ts";
import { FollowedFiles } from "../../files/followed-files.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { ClientPeer } from "./client-peer.ts";
import { RemoteRevocationList } from "./remote-list.ts";
import { listsOf, Trust, type TrustSources } from "./trust.ts";
import { TrustExpiry } from "./trust-expiry.ts";

/** Text that is read at start. */
export interface TrustText {
  readonly text: StartValue;
  /** As messages name it: `gateway.yaml:12 file clients.pem`. */
  readonly from: Place | string;
  /** Its path, where it is a file: it is followed. */
  readonly file?: string;
}

export interface ClientTrustConfig {
  /** Where it is configured: `gateway.yaml:6`. */
  readonly at: Place | string;
  /** `require`: there is no connection without a certificate that is good. */
  readonly mode: "request" | "require";
  readonly depth: number;
  readonly authorities: readonly TrustText[];
  /** Lists of revoked certificates; absent: nobody asks for any. */
  readonly lists?: readonly TrustText[];
  readonly remote?: readonly { readonly url: string; readonly intervalMs: number }[];
}

/** Throws a `StartError` that names what cannot be used. */
export const createClientTrust = (config: ClientTrustConfig): ClientTrust => new ClientTrust(config);

/** Milliseconds between looks at connections whose certificate may have ended. */
const lookMs = 1_000;

/** Seconds that a session may be resumed: only its first certificate is known then. */
const sessionSeconds = 300;

const longestFile = 64 * 1024 * 1024;

/**
 * Whom a listener asks for certificates, and what it thinks of them. OpenSSL verifies them in the handshake; whether they
 * still count is judged here, for each connection, whenever something has changed since.
 */
export class ClientTrust {
  declare readonly __made: true;
  readonly socketOptions: { readonly requestCert: true; readonly rejectUnauthorized: boolean };
  trust: Trust;
  readonly #config: ClientTrustConfig;
  readonly #remote: readonly RemoteRevocationList[];
  /** Connections whose certificate counts. */
  readonly #clients = new Set<ClientPeer>();
  readonly #refused = new Map<string, number>();
  readonly #expiry = new TrustExpiry(() => this.trust);
  #texts: readonly string[];
  #life: Life | undefined = undefined;

  constructor(config: ClientTrustConfig) {
    this.#config = config;
    this.#remote = (config.remote ?? []).map((one) => new RemoteRevocationList(one));
    // One that is missing is answered by OpenSSL with an alert that says so; the rest is for us to judge.
    this.socketOptions = { requestCert: true, rejectUnauthorized: config.mode === "require" };
    this.#texts = this.#followed.map(({ text }) => text);
    this.trust = this.#trustOf(this.#texts);
  }

  get #files(): readonly TrustText[] {
    return [...this.#config.authorities, ...(this.#config.lists ?? [])];
  }

  get #followed(): readonly TrustText[] {
    return this.#files.filter(({ file }) => file !== undefined);
  }

  /** @param texts of the files that are followed, in their order */
  #trustOf(texts: readonly string[]): Trust {
    const { at, mode, depth, authorities, lists } = this.#config;
    const textOf = (one: TrustText): { readonly text: string; readonly from: string } => {
      const index = this.#followed.indexOf(one);
      return { text: texts[index] ?? one.text, from: one.from };
    };
    const hasLists = lists !== undefined || this.#remote.length > 0;
    const sources: TrustSources = {
      at,
      mode,
      depth,
      authorities: authorities.map(textOf),
      lists: hasLists
        ? [
            ...(lists ?? []).map(textOf).flatMap(({ text, from }) => listsOf(Buffer.from(text), from)),
            ...this.#remote.flatMap(({ lists: fetched }) => fetched),
          ]
        : undefined,
    };
    return new Trust(
      sources,
      clock.wall(),
      this.#remote.every(({ isThere }) => isThere),
    );
  }

  /** For contexts of TLS. `ticketKey`: what others make tickets with. */
  contextOptions(ticketKey: Buffer): SecureContextOptions {
    const { ca, crl, digest } = this.trust;
    return {
      ca: [...ca],
      ...(crl === undefined || crl.length === 0 ? {} : { crl: [...crl] }),
      sessionIdContext: digest.toString("hex").slice(0, 32),
      sessionTimeout: sessionSeconds,
      ticketKeys: this.derive(ticketKey),
    };
  }

  /**
   * Makes the key of tickets of this listener under the trust that is in force by now. Sessions hold what was found out when
   * they began: one that began where nobody asked for a certificate, or others were trusted, must not be resumed here
   * (nodejs/node#35317).
   */
  get derive(): (ticketKey: Buffer) => Buffer {
    const { digest } = this.trust;
    const known = new WeakMap<Buffer, Buffer>();
    return (ticketKey) => {
      const before = known.get(ticketKey);
      if (before !== undefined) return before;
      const derived = Buffer.from(hkdfSync("sha256", ticketKey, digest, "gatewright client trust", 48));
      known.set(ticketKey, derived);
      return derived;
    };
  }

  /** `onChange`: contexts have to be made anew. Rejects with a `StartError`. */
  async start(life: Life, onChange: () => void): Promise<void> {
    this.#life = life;
    const apply = (trust: Trust): void => {
      this.trust = trust;
      onChange();
      this.#look();
    };
    const [first, ...others] = this.#followed.map(({ file }) => file!);
    if (first !== undefined)
      new FollowedFiles<Trust>(
        {
          paths: [first, ...others],
          what: `client certificates of ${this.#config.at}`,
          maxBytes: longestFile,
          parse: (texts) => {
            const trust = this.#trustOf(texts);
            this.#texts = texts;
            return trust;
          },
          apply,
        },
        this.#texts,
      ).follow(life);
    let isStarting = true;
    await Promise.all(
      this.#remote.map((list) =>
        list.follow(life, () => {
          if (!isStarting) this.#renew(apply, life);
        }),
      ),
    );
    isStarting = false;
    if (this.#remote.length > 0) apply(this.#trustOf(this.#texts));
    life.every(lookMs, () => this.#look());
  }

  #renew(apply: (trust: Trust) => void, { log }: Life): void {
    try {
      apply(this.#trustOf(this.#texts));
      log.write("info", "lists of revoked certificates replaced");
    } catch (error) {
      log.write("warning", "list of revoked certificates cannot be used", {
        reason: messageOf(error),
        kept: "the one before stays in force",
      });
    }
  }

  own(tenure: Life): void {
    this.#expiry.watch(tenure);
    for (const list of this.#remote) list.fetch(tenure);
  }

  stop(): void {
    for (const list of this.#remote) list.stop();
  }

  /** The client of a connection whose handshake is over. Undefined: there is to be no such connection. */
  admit(socket: TLSSocket, peer: Peer): Peer | undefined {
    const client = new ClientPeer(peer, socket, this);
    const { certificate, certificateProblem } = client;
    if (certificate !== undefined) {
      this.#clients.add(client);
      socket.once(
        "close",
        contained(logged("a connection was not forgotten"), (): void => void this.#clients.delete(client)),
      );
      return client;
    }
    if (certificateProblem !== undefined) this.#refuse(client.ip, certificateProblem);
    return this.#config.mode === "require" ? undefined : client;
  }

  #refuse(address: string, reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    this.#life?.log.write("info", "client certificate refused", { reason, address });
  }

  /** Ends connections whose certificate has come to its end: also those that carry one long answer, or a tunnel. */
  #look(): void {
    for (const client of this.#clients) {
      const { certificateProblem, ip, socket } = client;
      if (certificateProblem === undefined) continue;
      this.#clients.delete(client);
      this.#refuse(ip, certificateProblem);
      socket.destroy();
    }
  }

  state(): Json {
    return this.#expiry.state();
  }

  metrics(): readonly MetricFamily[] {
    return this.#expiry.metrics(this.#refused);
  }
}
