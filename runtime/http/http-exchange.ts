import { type Problem, refuse } from "../answers/problem.ts";
import type { Hold } from "../body/hold.ts";
import type {
  Answer,
  BodyScreen,
  Exchange,
  ExchangeTrace,
  ForwardTarget,
  Identity,
  Peer,
  Report,
  UpstreamRecord,
} from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { ServerLoad } from "../gateway/load.ts";
import type { Operation } from "../gateway/operation.ts";
import { FieldError } from "../http1/field-text.ts";
import { Piece } from "../http1/read-buffer.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { clock } from "../life/clock.ts";
import type { WayBack } from "../upstream/way-back/way-back.ts";
import type { BodyReader } from "./body-reader.ts";
import type { Cancellable, ClientTransport } from "./client-transport.ts";
import { logError } from "./log-error.ts";
import type { PeerResolver } from "./peer.ts";
import type { RequestTime } from "./request-time.ts";
import type { ScreenedBody } from "./screened-body.ts";

/** What all exchanges of a server share. */
export interface ServerState {
  readonly gateway: Gateway;
  /** Who is believed about clients; undefined: nobody. */
  readonly proxies: PeerResolver | undefined;
  readonly load: ServerLoad;
  /** Undefined: requests may take as long as their parts do. */
  readonly time?: RequestTime | undefined;
  /** Processes that serve the gateway on this machine. */
  readonly workers: number;
  /** Answers say that they are the last on their connection from now on. */
  isDraining: boolean;
  /** So many of the next answers say that they are the last on their connection. */
  answersToClose: number;
}

/** What the server settled before there is an exchange. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly authority: string;
  readonly peer: Peer;
  readonly isPeerTrusted: boolean;
  /** What is wrong with the head as a whole; undefined where all is well. */
  readonly problem: Problem | undefined;
}

/** The exchange of a running gateway. Only `runtime/http` and `runtime/upstream` know more of it than `Exchange`. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly peer: Peer;
  readonly startedAt: number;
  operation: Operation;
  requestId = "";
  /** Not there where nobody traces. */
  declare trace?: ExchangeTrace;
  /** The first service that was to be asked and had no endpoint that can be used. */
  declare withoutEndpoint?: string;
  identity: Identity | undefined = undefined;
  furtherIdentities: readonly Identity[] | undefined = undefined;
  slots: unknown[] = [];
  conditions = 0;
  bodyValue: unknown = undefined;
  maxBodyBytes = Number.POSITIVE_INFINITY;
  answer: Answer | undefined = undefined;
  readonly reports: Report[] = [];
  upstream: UpstreamRecord | undefined = undefined;
  target: ForwardTarget | undefined = undefined;
  bytesReceived = 0;
  bytesSent = 0;
  /** Set where the operation has hooks for answers of its service. */
  wayBack: WayBack | undefined = undefined;
  outcome: Exchange["outcome"] = "pending";
  readonly hasBody: boolean;
  isUnpacked = false;

  readonly state: ServerState;
  /** `harm-answer.ts` and `outlive-client.ts` put themselves in its place. */
  client: ClientTransport;
  readonly head: RequestHead;
  /** The address to name in forwarding fields comes from a connection whose own forwarding fields are believed. */
  readonly isPeerTrusted: boolean;
  readonly problem: Problem | undefined;
  /** What ends when the client is gone. */
  pending: Cancellable | undefined = undefined;
  /** The client is gone, which its transport may say more than once. True: the exchange goes on without it, up to its end. */
  onClientGone: (() => boolean) | undefined = undefined;
  /** Set when a policy asks for the request body as a whole. */
  bodyReader: BodyReader | undefined = undefined;
  /** Set when a policy lets the request body pass as it comes. */
  screened: ScreenedBody | undefined = undefined;
  /** What is held of bodies in memory, of the request and of the answer. */
  held: Hold | undefined = undefined;
  /** The head of the answer was given to the transport. */
  hasHead = false;
  #isAnswerSettled = false;
  #isDone = false;

  constructor(state: ServerState, client: ClientTransport, head: RequestHead, target: RequestTarget) {
    this.method = head.method;
    this.path = target.path;
    this.query = target.query;
    this.host = target.host;
    this.authority = target.authority;
    this.headers = head.headers;
    this.peer = target.peer;
    this.startedAt = clock.monotonic();
    this.operation = state.gateway.unmatched;
    this.hasBody = head.isChunked || head.contentLength > 0;
    this.state = state;
    this.client = client;
    this.head = head;
    this.isPeerTrusted = target.isPeerTrusted;
    this.problem = target.problem;
    state.load.requests++;
  }

  get sentTarget(): string {
    return this.head.target;
  }

  get upgrade(): string {
    return this.head.upgrade;
  }

  get time(): RequestTime | undefined {
    return this.state.time;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get body(): Uint8Array | undefined {
    return this.bodyReader?.whole ?? this.screened?.whole;
  }

  readBody(maxBytes: number): Promise<Uint8Array | undefined> {
    this.bodyReader ??= this.state.gateway.parts.createBodyReader!(this);
    return this.bodyReader.read(Math.min(maxBytes, this.maxBodyBytes));
  }

  unpackBody(bytes: Uint8Array): void {
    this.bodyReader!.replace(bytes);
    this.isUnpacked = true;
  }

  screenBody(screen: BodyScreen, maxBytes: number): Promise<Uint8Array | "streams" | undefined> {
    const screened = this.state.gateway.parts.createScreenedBody!(this, screen);
    this.screened = screened;
    return screened.read(Math.min(maxBytes, this.maxBodyBytes));
  }

  /** The service answers: what was held to be sent, once more where that failed, is needed no longer. */
  releaseBody(): void {
    this.bodyReader?.release();
    if (this.screened?.whole !== undefined) this.screened.release();
  }

  beginBody(): Promise<boolean | undefined> {
    this.bodyReader ??= this.state.gateway.parts.createBodyReader!(this);
    return this.bodyReader.begin();
  }

  hold(bytes: number): boolean {
    return this.held?.take(bytes) !== false;
  }

  letGo(bytes: number): void {
    this.held?.give(bytes);
  }

  /** Runs the chain; whatever it throws becomes a 500. */
  run(): void {
    try {
      const result = this.operation.request(this);
      if (result !== undefined) result.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Our own bug or that of a policy: nothing about it reaches the client. Does not throw: nobody is left who could catch. */
  fail(error: unknown): void {
    logError("a request failed inside the gateway", error, this);
    // Its connection may carry the next request by now.
    if (this.#isDone) return;
    try {
      if (!this.hasHead) {
        this.#refuseInternally();
        this.sendAnswer();
        return;
      }
    } catch (second) {
      logError("a request that failed could not be answered", second, this);
    }
    this.breakOff("refused");
  }

  #refuseInternally(): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.cancel();
    refuse(this, { status: 500, slug: "internal-error", title: "The gateway failed to handle the request", source: "gateway" });
  }

  /** Response hooks, once per exchange. False where one of them threw; the answer is then a plain 500 and was sent. */
  settleAnswer(): boolean {
    if (this.#isAnswerSettled) return true;
    this.#isAnswerSettled = true;
    if (this.operation.response === null) return true;
    try {
      this.operation.response(this);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** Sends the complete answer in `answer`, after the response hooks. */
  sendAnswer(): void {
    if (this.#isDone || !this.settleAnswer()) return;
    const { client } = this;
    const call = this.state.gateway.parts.grpcAnswer?.(this);
    const answer = call ?? this.answer;
    if (answer === undefined) throw new Error("send was called without an answer");
    if (this.hasHead) throw new Error("the exchange was answered twice");
    const bytes = bytesOf(answer.body);
    const { status } = answer;
    // RFC 9110 §8.6: no Content-Length in a 204, and in a 304 only that of the 200 it stands for, which we do not know.
    const isBodiless = call !== undefined || status === 204 || status === 304;
    if (!this.sendHead(answer, isBodiless ? "none" : bytes.length)) return;
    if (!isBodiless && this.method !== "HEAD" && bytes.length > 0) {
      this.bytesSent = bytes.length;
      client.sendBody(new Piece(bytes, 0, bytes.length, undefined));
    }
    client.sendEnd(undefined);
    client.flush();
  }

  /** False where a field of the answer cannot be sent; a plain 500 was sent instead. */
  sendHead(answer: Answer, bodyLength: number | "unknown" | "none"): boolean {
    this.hasHead = true;
    try {
      // A 205 has no content, and says so (RFC 9110 §15.3.6): to HTTP/1.1 it could have some, to clients that know it it has none.
      this.client.sendHead(answer.status, answer.headers, answer.status === 205 ? 0 : bodyLength);
      return true;
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      logError(`the answer of ${answer.source} cannot be sent`, error, this);
    }
    this.hasHead = false;
    this.#refuseInternally();
    // Its hooks have run and made the field: this answer goes without them.
    this.#isAnswerSettled = true;
    this.sendAnswer();
    return false;
  }

  /** Ends the connection without a clean end of the answer, so that the client knows it is not whole. */
  breakOff(outcome: "upstreamBroken" | "clientGone" | "refused"): void {
    if (this.outcome === "pending") this.outcome = outcome;
    this.client.abort();
    this.finish(false);
  }

  /** After the last byte, or after the connection broke. Called by the transport. */
  finish(isSent: boolean): void {
    if (this.#isDone) return;
    if (!isSent && (this.outcome === "pending" || this.outcome === "clientGone") && this.onClientGone?.() === true) return;
    this.#isDone = true;
    this.state.load.requests--;
    this.bodyReader?.release();
    this.screened?.release();
    this.held?.end();
    if (this.outcome === "pending") {
      if (!isSent) this.outcome = "clientGone";
      else if (this.answer !== undefined && this.answer.source !== "service" && this.answer.status >= 400)
        this.outcome = "refused";
      else this.outcome = "complete";
    }
    const { pending } = this;
    this.pending = undefined;
    try {
      pending?.cancel();
    } catch (error) {
      logError("what waited for a request failed inside the gateway", error, this);
    }
    if (this.operation.done === null) return;
    try {
      this.operation.done(this);
    } catch (error) {
      logError("a done hook failed", error, this);
    }
  }
}

function bytesOf(body: Answer["body"]): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  return body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
