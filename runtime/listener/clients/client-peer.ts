// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto, { type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate, Peer } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { problems, type Trust } from "./trust.ts";

/** What a connection asks for the trust that is in force. */
export interface TrustInForce {
  readonly trust: Trust;
}

/**
 * A client behind TLS. Whether its certificate counts is asked again and again: it ends, and what vouched for it may be
 * withdrawn while the connection lives.
 */
export class ClientPeer implements Peer {
  readonly ip: string;
  readonly connectionIp: string;
  readonly port: number;
  readonly secure = true;
  readonly serverName: string | undefined;
  readonly socket: TLSSocket;
  readonly #inForce: TrustInForce;
  readonly #sent: readonly [X509Certificate, ...X509Certificate[]] | undefined;
  readonly #shown: ClientCertificate | undefined;
  readonly #isResumed: boolean;
  #trust: Trust;
  #until = Number.NEGATIVE_INFINITY;
  #isWhole = true;
  #problem: string | undefined = undefined;

  constructor({ ip, connectionIp, port }: Peer, socket: TLSSocket, inForce: TrustInForce) {
    this.ip = ip;
    this.connectionIp = connectionIp;
    this.port = port;
    this.socket = socket;
    const { servername } = socket as { readonly servername?: string | false | null };
    this.serverName = typeof servername === "string" && servername !== "" ? servername.toLowerCase() : undefined;
    this.#inForce = inForce;
    this.#trust = inForce.trust;
    this.#isResumed = socket.isSessionReused();
    // Without a certificate there is nothing to judge, whatever a session that is resumed says of one (nodejs/node#35317).
    const leaf = socket.getPeerX509Certificate();
    if (leaf === undefined) return;
    this.#sent = chainOf(leaf);
    this.#shown = { raw: leaf.raw, thumbprint: crypto.hash("sha256", leaf.raw, "base64url") };
    if (isRefused(socket)) this.#problem = this.#whyRefused();
    else this.#judge();
  }

  /** It showed one, good or not. */
  get hasShown(): boolean {
    return this.#sent !== undefined;
  }

  get certificate(): ClientCertificate | undefined {
    return this.certificateProblem === undefined ? this.#shown : undefined;
  }

  get certificateProblem(): string | undefined {
    if (this.#sent === undefined || this.#problem !== undefined) return this.#problem;
    if (this.#trust !== this.#inForce.trust || clock.wall() > this.#until) this.#judge();
    return this.#problem;
  }

  #judge(): void {
    const { trust } = this.#inForce;
    // What it was vouched for by is not known here any more.
    if (this.#trust !== trust && !this.#isWhole) {
      this.#problem = problems.changed;
      return;
    }
    this.#trust = trust;
    const verdict = trust.judge(this.#sent!, this.#isResumed, clock.wall());
    this.#isWhole = verdict.isWhole !== false;
    if (verdict.problem === undefined) this.#until = verdict.until;
    else this.#problem = verdict.problem;
  }

  /** In our words where we see it too; OpenSSL looks at more: what a key may be used for, constraints of names. */
  #whyRefused(): string {
    return this.#trust.judge(this.#sent!, this.#isResumed, clock.wall()).problem ?? problems.untrusted;
  }
}

/** Those that a client sends in a row, at most; OpenSSL allows for 10 as well. */
const longestChain = 10;

function chainOf(leaf: X509Certificate): [X509Certificate, ...X509Certificate[]] {
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  for (let next = leaf.issuerCertificate; next !== undefined && chain.length <= longestChain; next = next.issuerCertificate)
    chain.push(next);
  return chain;
}

/** What OpenSSL says of the certificate, as servers of node:tls ask it. */
function isRefused(socket: TLSSocket): boolean {
  const { ssl } = socket as unknown as { readonly ssl: { verifyError(): Error | null | undefined } };
  const error = ssl.verifyError();
  return error !== null && error !== undefined;
}
