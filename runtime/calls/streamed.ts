import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { contained } from "../life/boundary.ts";
import type { Ways } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import { type Answer, failureOf, plain, type Sent } from "./exchange.ts";
import { CallFailure, shownUrl } from "./failure.ts";
import { createPool } from "./pool.ts";
import { asWritten } from "./written.ts";

/** A call whose answer is read while it comes, for as long as it comes: a watch, a stream of events. */
export interface StreamedCall extends Sent {
  readonly ways: Ways;
  /** Milliseconds from the request to the head of its answer. */
  readonly headMs: number;
  /** Ends the call, which rejects with the reason. */
  readonly signal: AbortSignal;
  /** A part of what a 200 answers with. What it throws ends the call. */
  data(chunk: Buffer): void;
}

/** Bytes that are read of an answer that is not 200. */
const longestRefusal = 65_536;

/**
 * Makes the call on a connection of its own. Resolves when the answer has ended; its `body` is empty for a 200, which `data` was
 * told of, and the beginning of the content otherwise. Rejects with a `CallFailure`, or with the reason of the signal.
 */
export async function streamed(call: StreamedCall): Promise<Answer> {
  const { url, method, body, ways, signal } = call;
  const { path, headers } = await asWritten(call, ways, signal);
  const pool = createPool(url.origin, ways, 1);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const streaming = new Streaming(call, resolve, reject);
      if (streaming.isOver) return;
      pool.dispatch(
        { origin: url.origin, path, method: method as Dispatcher.HttpMethod, headers, body: body ?? null },
        streaming,
      );
    });
  } finally {
    void pool.destroy().catch(() => {});
  }
}

type DispatchHandler = Dispatcher.DispatchHandler;

/** The handler of undici: it is told of each part of the answer. */
class Streaming implements DispatchHandler {
  readonly #call: StreamedCall;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #head: Deadline;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  readonly #refusal: Buffer[] = [];
  #length = 0;
  isOver = false;

  constructor(call: StreamedCall, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    const { url, headMs, signal } = call;
    const late = `${shownUrl(url)} did not answer within ${headMs} ms. Look at whether it is overloaded`;
    this.#head = new Deadline(headMs, () => this.broke(new CallFailure("headTimeout", late)));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort);
  }

  /** Of `contained`: what threw ends this call. */
  broke(error: unknown): void {
    if (this.isOver) return;
    this.#end();
    this.#reject(error);
    this.#controller?.abort(error instanceof Error ? error : new Error(String(error)));
  }

  readonly #onAbort = contained(this, (): void => this.broke(this.#call.signal.reason));

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.isOver) controller.abort(new Error("no longer wanted"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers (RFC 9110 §15.2) come before the one that counts.
    if (status < 200 || this.isOver) return;
    this.#head.settle();
    this.#status = status;
    this.#headers = plain(headers);
    const { "content-encoding": coding = "identity" } = this.#headers;
    if (coding === "identity") return;
    const { url } = this.#call;
    this.broke(new CallFailure("protocol", `${shownUrl(url)} answered in the coding ${coding}, which was not asked for`));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#status !== 200) {
      this.#length += chunk.length;
      if (this.#length <= longestRefusal) this.#refusal.push(chunk);
      return;
    }
    try {
      this.#call.data(chunk);
    } catch (error) {
      this.broke(error);
    }
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.#end();
    this.#resolve({
      url: this.#call.url,
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#refusal),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.isOver) this.broke(failureOf(this.#call.url, error));
  }

  #end(): void {
    this.isOver = true;
    this.#head.settle();
    this.#call.signal.removeEventListener("abort", this.#onAbort);
  }
}
