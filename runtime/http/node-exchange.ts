import { IncomingMessage, ServerResponse } from "node:http";
import { clock } from "../clock.ts";
import type { Answer, AnswerReader, Exchange, Identity, Peer, Report, UpstreamRecord } from "../exchange.ts";
import type { Gateway, Operation } from "../gateway.ts";
import { HeaderList } from "../header-list.ts";
import { refuse } from "../problem.ts";
import { BodyReader } from "./body-reader.ts";
import { lingerOnClose } from "./linger.ts";
import { logError } from "./log-error.ts";
import type { FieldFacts } from "./request-head.ts";

/** Node's messages with a way back to the exchange, so that listeners need no closure per request. */
export class GatewayRequest extends IncomingMessage {
  exchange: NodeExchange | undefined = undefined;
}
export class GatewayResponse extends ServerResponse<GatewayRequest> {
  exchange: NodeExchange | undefined = undefined;
}

/** What all exchanges of a server share. */
export interface ServerState {
  readonly gateway: Gateway;
  /** Answers say `Connection: close` from now on. */
  isDraining: boolean;
}

/** Something on its way that ends when the client is gone: the request to the service. */
export interface Cancellable {
  cancel(): void;
}

/** Bytes of an unread request body that are worth reading to keep a connection. */
const drainableBytes = 65_536;

/** Longest last piece of a body that is copied behind the head. */
const joinedBytes = 8_192;

/** The exchange on node:http. Only `runtime/http` and `runtime/upstream` know more of it than `Exchange`. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly headers: HeaderList;
  readonly peer: Peer;
  readonly startedAt: number;
  operation: Operation;
  requestId = "";
  identity: Identity | undefined = undefined;
  readonly slots: unknown[] = [];
  conditions = 0;
  bodyValue: unknown = undefined;
  maxBodyBytes = Number.POSITIVE_INFINITY;
  answer: Answer | undefined = undefined;
  readonly reports: Report[] = [];
  upstream: UpstreamRecord | undefined = undefined;
  bytesReceived = 0;
  bytesSent = 0;
  answerReader: AnswerReader | undefined = undefined;
  outcome: Exchange["outcome"] = "pending";

  readonly state: ServerState;
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;
  readonly fields: FieldFacts;
  /** The address to name in forwarding fields comes from a connection whose own forwarding fields are believed. */
  readonly isPeerTrusted: boolean;
  /** The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
  awaitsContinue: boolean;
  pending: Cancellable | undefined = undefined;
  /** Set when a policy asks for the request body as a whole. */
  bodyReader: BodyReader | undefined = undefined;
  /** The one before on the same connection, while it is not done: requests may be pipelined. */
  previous: NodeExchange | undefined = undefined;
  #isAnswerSettled = false;
  #isDone = false;

  constructor(state: ServerState, request: GatewayRequest, response: GatewayResponse, head: RequestHead) {
    this.method = request.method ?? "";
    this.path = head.path;
    this.query = head.query;
    this.host = head.host;
    this.headers = new HeaderList(request.rawHeaders);
    this.peer = head.peer;
    this.startedAt = clock.monotonic();
    this.operation = state.gateway.unmatched;
    this.state = state;
    this.request = request;
    this.response = response;
    this.fields = head.fields;
    this.isPeerTrusted = head.isPeerTrusted;
    this.awaitsContinue = head.awaitsContinue;
    request.exchange = this;
    response.exchange = this;
    response.on("close", onResponseClose);
  }

  get hasBody(): boolean {
    return this.fields.hasBody;
  }

  get body(): Uint8Array | undefined {
    return this.bodyReader?.whole;
  }

  readBody(maxBytes: number): Promise<Uint8Array | undefined> {
    this.bodyReader ??= new BodyReader(this);
    return this.bodyReader.read(Math.min(maxBytes, this.maxBodyBytes));
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

  /** Our own bug or that of a policy: nothing about it reaches the client. */
  fail(error: unknown): void {
    logError("a request failed inside the gateway", error, this);
    if (this.#isDone || this.response.headersSent) {
      this.breakOff("refused");
      return;
    }
    this.pending?.cancel();
    this.pending = undefined;
    refuse(this, { status: 500, slug: "internal-error", title: "The gateway failed to handle the request", source: "gateway" });
    this.sendAnswer();
  }

  /**
   * Response hooks, once per exchange. False where one of them threw; the answer is then a plain 500 and was sent.
   */
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
    const answer = this.answer;
    if (answer === undefined) throw new Error("send was called without an answer");
    if (this.response.headersSent) throw new Error("the exchange was answered twice");
    const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
    const { headers, status } = answer;
    const isBodiless = status === 204 || status === 304;
    headers.delete("transfer-encoding");
    // RFC 9110 §8.6: no Content-Length in a 204, and in a 304 only that of the 200 it stands for, which we do not know.
    if (isBodiless) headers.delete("content-length");
    else headers.set("Content-Length", String(body === undefined ? 0 : body.byteLength));
    if (!this.writeHead(answer)) return;
    if (isBodiless || body === undefined || this.method === "HEAD") this.response.end();
    else {
      this.bytesSent = body.byteLength;
      this.writeLast(body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    }
  }

  /**
   * The last bytes of the body. Short ones join the head in one Latin-1 string, which keeps every octet: node:http sends
   * it with one write, where a buffer behind a head costs a gathering write at twice the price.
   */
  writeLast(chunk: Buffer): void {
    if (chunk.length <= joinedBytes) this.response.end(chunk.toString("latin1"), "latin1");
    else this.response.end(chunk);
  }

  /** False where a field of the answer cannot be sent; a plain 500 was sent instead. */
  writeHead(answer: Answer): boolean {
    const { response, request, state } = this;
    if (state.isDraining) response.shouldKeepAlive = false;
    if (this.fields.hasBody && !request.complete && !this.#willBeRead()) {
      response.shouldKeepAlive = false;
      lingerOnClose(request.socket);
    }
    try {
      response.writeHead(answer.status, answer.headers.lines);
      return true;
    } catch (error) {
      logError(`the answer of ${answer.source} cannot be sent`, error, this);
      this.pending?.cancel();
      this.pending = undefined;
      refuse(this, { status: 500, slug: "internal-error", title: "The gateway failed to handle the request", source: "gateway" });
      const body = String(this.answer?.body);
      response.writeHead(500, [...this.answer!.headers.lines, "Content-Length", String(Buffer.byteLength(body))]);
      response.end(this.method === "HEAD" ? undefined : body);
      return false;
    }
  }

  /**
   * The rest of the request body will leave the connection soon, so that it can carry the next request. A client that
   * was never told to continue may or may not send the body: nobody could tell what the next bytes are.
   */
  #willBeRead(): boolean {
    if (this.awaitsContinue) return false;
    if (this.pending !== undefined) return true;
    return this.fields.contentLength >= 0 && this.fields.contentLength - this.bytesReceived <= drainableBytes;
  }

  /** Ends the connection without a clean end of the answer, so that the client knows it is not whole. */
  breakOff(outcome: "upstreamBroken" | "clientGone" | "refused"): void {
    if (this.outcome === "pending") this.outcome = outcome;
    this.response.destroy();
    this.request.socket?.destroy();
    this.finish();
  }

  /** After the last byte, or after the connection broke. */
  finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.outcome === "pending") {
      if (!this.response.writableFinished) this.outcome = "clientGone";
      else if (this.answer !== undefined && this.answer.source !== "service" && this.answer.status >= 400)
        this.outcome = "refused";
      else this.outcome = "complete";
    }
    const { pending } = this;
    this.pending = undefined;
    // Answers leave in order, so that all before this one are done.
    this.previous = undefined;
    pending?.cancel();
    if (this.fields.hasBody) this.#freeConnection();
    if (this.operation.done === null) return;
    try {
      this.operation.done(this);
    } catch (error) {
      logError("a done hook failed", error, this);
    }
  }

  /** What nobody read of the body must not stand before the next request: it is dropped, or the connection ends. */
  #freeConnection(): void {
    const { request, fields } = this;
    const { socket } = request;
    if (request.readableEnded || socket.destroyed) return;
    request.resume();
    const isShort = fields.contentLength >= 0 && fields.contentLength - this.bytesReceived <= drainableBytes;
    if (request.complete || isShort) return;
    lingerOnClose(socket);
    socket.destroySoon();
  }

  get isDone(): boolean {
    return this.#isDone;
  }
}

/** What the server settled before there is an exchange. */
export interface RequestHead {
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly peer: Peer;
  readonly isPeerTrusted: boolean;
  readonly fields: FieldFacts;
  readonly awaitsContinue: boolean;
}

function onResponseClose(this: GatewayResponse): void {
  this.exchange?.finish();
}
