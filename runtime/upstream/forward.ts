import type { DispatchOptions, RawHandler } from "undici/lib/dispatcher/pool.js";
import { clock } from "../clock.ts";
import type { Answer, AnswerBody, Exchange, UpstreamRecord, UpstreamRequest } from "../exchange.ts";
import type { Cancellable, NodeExchange } from "../http/node-exchange.ts";
import { refuse } from "../problem.ts";
import { answerFields } from "./answer-fields.ts";
import { AnswerLook } from "./answer-look.ts";
import type { Endpoint } from "./endpoint.ts";
import { failureCode, failureProblem } from "./failure.ts";
import { RequestBody } from "./request-body.ts";
import { upstreamFields } from "./request-fields.ts";
import type { Service } from "./service.ts";

export interface ForwardConfig {
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
  /** Milliseconds until the head of the answer; 0: as the service says. */
  readonly responseTimeout: number;
}

/** Ends a chain: sends the request to the service and its answer to the client, as both come. */
export function forward(exchange: Exchange, service: Service, config: ForwardConfig): void {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as NodeExchange;
  if (x.isDone) return;
  const endpoint = service.pick();
  if (endpoint === undefined) {
    refuse(x, {
      status: 503,
      slug: "no-endpoint",
      title: "The service has no endpoint",
      headers: ["Retry-After", "5"],
      source: "gateway",
    });
    x.sendAnswer();
    return;
  }
  if (x.fields.contentLength > x.maxBodyBytes || x.bytesReceived > x.maxBodyBytes) {
    refuseTooLarge(x);
    return;
  }
  const upstream: UpstreamRequest = {
    method: x.method,
    basePath: endpoint.basePath,
    path: pathOf(x.path, endpoint.basePath + config.prepend, config.strip),
    query: x.query,
    host: undefined,
    headers: upstreamFields(x),
  };
  x.operation.upstreamRequest?.(x, upstream);
  new Forwarding(x, service, config, upstream).dispatch(endpoint);
}

function pathOf(path: string, prefix: string, strip: number): string {
  const rest = strip === 0 ? path : path.slice(strip);
  const whole = prefix + rest;
  return whole.charCodeAt(0) === 0x2f ? whole : `/${whole}`;
}

function refuseTooLarge(x: NodeExchange): void {
  const detail = `At most ${x.maxBodyBytes} bytes are accepted.`;
  refuse(x, { status: 413, slug: "content-too-large", title: "The request body is too large", detail, source: "gateway" });
  x.sendAnswer();
}

/** One request on its way to a service, and its answer on its way back. */
class Forwarding implements RawHandler, Cancellable {
  readonly #x: NodeExchange;
  readonly #record: UpstreamRecord;
  readonly #body: RequestBody | undefined;
  readonly #options: DispatchOptions;
  readonly #service: Service;
  #abort: ((error?: Error) => void) | undefined = undefined;
  #resume: (() => void) | undefined = undefined;
  #isRetried = false;
  #isOver = false;
  #hasHead = false;
  /** Bytes of body still to come; -1: until the service ends it. */
  #left = -1;
  #look: AnswerLook | undefined = undefined;

  constructor(x: NodeExchange, service: Service, config: ForwardConfig, upstream: UpstreamRequest) {
    const { lines } = upstream.headers;
    if (upstream.host !== undefined) lines.push("Host", upstream.host);
    this.#x = x;
    this.#service = service;
    this.#record = { service: service.name, endpoint: "", startedAt: 0, headAt: 0, endedAt: 0, error: "" };
    const whole = x.body;
    this.#body = x.fields.hasBody && whole === undefined ? new RequestBody(x, () => this.#tooLarge()) : undefined;
    this.#options = {
      path: upstream.query === "" ? upstream.path : `${upstream.path}?${upstream.query}`,
      method: upstream.method,
      headers: lines,
      // Undici announces the length of bytes itself, whatever the framing with which they came.
      body: whole ?? this.#body ?? null,
      headersTimeout: config.responseTimeout === 0 ? service.responseTimeout : config.responseTimeout,
    };
    x.upstream = this.#record;
    x.pending = this;
  }

  dispatch(endpoint: Endpoint): void {
    this.#record.endpoint = endpoint.url;
    if (this.#record.startedAt === 0) this.#record.startedAt = clock.monotonic();
    endpoint.pool.dispatch(this.#options, this);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#isOver) abort();
    else this.#abort = abort;
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    // Interim answers are for the connection to the service (RFC 9110 §15.2).
    if (status < 200 || this.#isOver) return true;
    const x = this.#x;
    this.#resume = resume;
    this.#record.headAt = clock.monotonic();
    const headers = answerFields(raw);
    const answer: Answer = { status, headers, body: undefined, source: "service" };
    x.answer = answer;
    if (x.answerReader === undefined) {
      this.#sendHead(answer, headers.get("content-length"));
      return true;
    }
    const look = AnswerLook.open(x, x.answerReader, answer);
    if (look === undefined) return this.#sendInstead();
    this.#look = look;
    if (!look.isHeld) this.#sendHead(answer, headers.get("content-length"));
    return true;
  }

  /** False where something else was sent. `length` is that of the body as the service announced it. */
  #sendHead(answer: Answer, length: string | undefined): boolean {
    const x = this.#x;
    const { headers, status } = answer;
    if (!x.settleAnswer()) {
      this.cancel();
      return false;
    }
    this.#hasHead = true;
    // Where the body ends is settled by the transport: a hook that said otherwise would split the answer.
    if (headers.get("content-length") !== length) {
      if (length === undefined) headers.delete("content-length");
      else headers.set("Content-Length", length);
    }
    if (status === 204) headers.delete("content-length");
    else if (x.method !== "HEAD" && status !== 304 && length !== undefined) this.#left = Number(length);
    if (!x.writeHead(answer)) {
      this.cancel();
      return false;
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    const look = this.#look;
    if (look !== undefined) {
      const isHeld = look.isHeld;
      const hasRoom = look.add(chunk);
      if (isHeld) return hasRoom || this.#release(look, "tooLarge");
    }
    return this.#write(chunk);
  }

  #write(chunk: Buffer): boolean {
    const x = this.#x;
    x.bytesSent += chunk.length;
    if (this.#left >= 0) {
      this.#left -= chunk.length;
      if (this.#left <= 0) {
        x.writeLast(chunk);
        return true;
      }
    }
    if (x.response.write(chunk)) return true;
    x.response.once("drain", onDrain);
    return false;
  }

  /** Sends the answer that was held, or the one that took its place. False: the client has to catch up. */
  #release(look: AnswerLook, body: AnswerBody): boolean {
    const { answer, bytes } = look;
    if (!look.judge(body)) return this.#sendInstead();
    const announced = answer.headers.get("content-length");
    const length = announced === undefined && body !== "tooLarge" ? String(bytes.length) : announced;
    if (!this.#sendHead(answer, length) || bytes.length === 0) return true;
    return this.#write(bytes);
  }

  /** Who looked at the answer wants the client to have another one. */
  #sendInstead(): true {
    this.cancel();
    this.#x.pending = undefined;
    this.#sendAnswer();
    return true;
  }

  #sendAnswer(): void {
    try {
      this.#x.sendAnswer();
    } catch (failure) {
      this.#x.fail(failure);
    }
  }

  onComplete(): void {
    this.#record.endedAt = clock.monotonic();
    if (this.#isOver) return;
    const look = this.#look;
    if (look !== undefined) {
      if (look.isHeld) this.#release(look, look.bytes);
      else look.judgeAtEnd();
      if (this.#isOver) return;
    }
    this.#isOver = true;
    this.#x.pending = undefined;
    this.#x.response.end();
  }

  onError(error: Error): void {
    const x = this.#x;
    this.#body?.destroy();
    if (this.#isOver) return;
    if (this.#hasHead && x.response.writableEnded) {
      // Everything announced has arrived; what came after it does not concern the client.
      this.#isOver = true;
      return;
    }
    const code = failureCode(error);
    if (this.#mayRetry(code)) {
      this.#isRetried = true;
      const endpoint = this.#service.pick();
      if (endpoint !== undefined) return this.dispatch(endpoint);
    }
    this.#isOver = true;
    x.pending = undefined;
    this.#record.error = code;
    this.#record.endedAt = clock.monotonic();
    if (this.#hasHead) return x.breakOff("upstreamBroken");
    // A hook made a request that cannot be written: not the service's fault.
    if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") return x.fail(error);
    x.outcome = "upstreamBroken";
    refuse(x, failureProblem(code));
    this.#sendAnswer();
  }

  /** The client has taken what was written: the service may go on. */
  resume(): void {
    this.#resume?.();
  }

  /** The client is gone or was answered otherwise: nobody waits for the service any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#record.endedAt = clock.monotonic();
    this.#body?.destroy();
    this.#abort?.();
  }

  /**
   * A kept connection may be closed by the service at the moment it is used again. What changes nothing is sent once
   * more, where nothing of a body was sent (RFC 9110 §9.2.2).
   */
  #mayRetry(code: string): boolean {
    const { method, body } = this.#options;
    if (code !== "ECONNRESET" || this.#isRetried || this.#record.headAt !== 0) return false;
    return body === null && isIdempotent(method);
  }

  #tooLarge(): void {
    const x = this.#x;
    const hasHead = this.#hasHead;
    this.cancel();
    x.pending = undefined;
    if (hasHead) x.breakOff("refused");
    else refuseTooLarge(x);
  }
}

const isIdempotent = (method: string): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "PUT" || method === "DELETE";

function onDrain(this: NodeExchange["response"]): void {
  const pending = this.exchange?.pending;
  if (pending instanceof Forwarding) pending.resume();
}
