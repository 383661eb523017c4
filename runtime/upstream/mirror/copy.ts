import type { UpstreamRequest } from "../../exchange/exchange.ts";
import type { CopyEnd, CopyListener, RequestCopy } from "../../exchange/mirroring.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { holdOf } from "../../http/body-hold.ts";
import { createBodyReader } from "../../http/body-reader.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { type Timer, timers } from "../../life/timers.ts";
import { forward } from "../forward.ts";
import type { Service } from "../service.ts";
import { BodyTee } from "./body-tee.ts";
import type { Copies } from "./copies.ts";
import { CopyTrace } from "./copy-trace.ts";

/**
 * One copy of a request, from the decision to make it to its end. It is the client of an exchange of its own, which takes every
 * answer and reads none of it.
 */
export class Copy implements ClientTransport, Contained, RequestCopy {
  readonly isBodyRead = true;
  readonly tunnel = undefined;
  readonly #x: HttpExchange;
  readonly #copies: Copies<never>;
  readonly #listener: CopyListener;
  /** What steps have left for their later hooks so far; what they learn of the answer is not for the copy. */
  readonly #slots: unknown[];
  readonly #conditions: number;
  #sent: HttpExchange | undefined = undefined;
  #trace: CopyTrace | undefined = undefined;
  #isOrdered = false;
  #status = 0;
  #timer: Timer | undefined = undefined;
  #isOver = false;

  constructor(x: HttpExchange, copies: Copies<never>, listener: CopyListener) {
    this.#x = x;
    this.#copies = copies;
    this.#listener = listener;
    this.#slots = x.slots.slice();
    this.#conditions = x.conditions;
  }

  begin(): void {
    const x = this.#x;
    const { maxBody } = this.#copies.order;
    const { body } = x;
    if (!x.hasBody) this.#sendLater(undefined);
    else if (body !== undefined) {
      if (body.length > maxBody) this.#end("body");
      else this.#sendLater(body);
    } else if (x.screened !== undefined || x.bytesReceived > 0 || x.head.contentLength > maxBody) this.#end("body");
    else
      x.client = new BodyTee(x.client, holdOf(x), maxBody, {
        whole: (bytes) => this.#sendLater(bytes),
        lost: (why) => this.#end(why),
      });
  }

  /** The request itself goes first. */
  #sendLater(body: Uint8Array | undefined): void {
    this.#isOrdered = true;
    setImmediate(contained(this, () => this.#send(body)));
  }

  #send(body: Uint8Array | undefined): void {
    if (this.#isOver) return;
    const { service, strip, prepend, timeout } = this.#copies.order;
    const copy = this.#exchange();
    this.#sent = copy;
    if (body !== undefined) {
      if (body.length > holdOf(copy).left) {
        this.giveUp("memory");
        return;
      }
      copy.bodyReader = createBodyReader(copy);
      copy.hold(body.length);
      copy.unpackBody(body);
      copy.isUnpacked = this.#x.isUnpacked;
    }
    this.#timer = timers.after(timeout, this, () => this.giveUp("late"));
    // Every target is a service.
    forward(copy, service as Service, { strip, prepend, responseTimeout: timeout, idleTimeout: timeout });
  }

  #exchange(): HttpExchange {
    const x = this.#x;
    const { order } = this.#copies;
    const { path, query, host, authority, peer, isPeerTrusted } = x;
    const target = { path, query, host, authority, peer, isPeerTrusted, problem: undefined };
    const copy = new HttpExchange(this.#copies.stateOf(x.state), this, x.head, target);
    const { operation } = x;
    copy.operation = {
      ...operation,
      upstreamRequest(asked, request: UpstreamRequest) {
        operation.upstreamRequest?.(asked, request);
        order.change(request);
      },
      response: null,
      done: null,
    };
    copy.target = order.service;
    copy.requestId = x.requestId;
    if (x.trace !== undefined) copy.trace = this.#trace = new CopyTrace(x.trace, x.method);
    copy.identity = x.identity;
    copy.furtherIdentities = x.furtherIdentities;
    copy.conditions = this.#conditions;
    copy.slots = this.#slots;
    return copy;
  }

  leave(): void {
    if (!this.#isOrdered) this.#end("unfinished");
  }

  /** Whatever of it is on its way is broken off. */
  giveUp(end: CopyEnd): void {
    this.#end(end);
    this.#sent?.breakOff("refused");
  }

  #end(end: CopyEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#copies.ended(this);
    const trace = this.#trace;
    const status = this.#status;
    this.#listener.ended(end, status, (found) => trace?.ended(status, end === "answered" ? "" : end, found));
  }

  broke(error: unknown): void {
    if (this.#sent === undefined) this.#end("failed");
    this.#sent?.fail(error);
  }

  // The answer.

  sendHead(status: number, _headers: HeaderList): void {
    this.#status = this.#sent!.answer!.source === "service" ? status : 0;
  }

  /** Of the answer of the service; 0: there is none so far. */
  protected get status(): number {
    return this.#status;
  }

  sendBody(_piece: Piece): boolean {
    return true;
  }

  sendEnd(_trailers: HeaderList | undefined): void {
    this.#end(this.#status === 0 ? "failed" : "answered");
    this.#sent!.finish(true);
  }

  abort(): void {
    this.#end("failed");
  }

  flush(): void {}
  sendInterim(): void {}

  // The request has its body with it.

  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  leaveBody(): void {}
}
