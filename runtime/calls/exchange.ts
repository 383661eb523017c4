import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { contained } from "../life/boundary.ts";
import { Deadline } from "./deadline.ts";
import { CallFailure, shownUrl } from "./failure.ts";
import { Pieces } from "./pieces.ts";

export interface Sent {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** See `Call.onData`. */
  readonly onData?: ((chunk: Buffer) => void) | undefined;
}

export interface Answer {
  /** Whom it came from, at the end of all redirects. */
  readonly url: URL;
  readonly status: number;
  /** By lower-case name; of several lines the first, but for list fields, which are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ExchangeLimits {
  /** Milliseconds from the request to the head of its answer. */
  readonly headMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** One request and its answer on one connection. Rejects with a `CallFailure`, or with the reason of the signal. */
export const exchange = (pool: Dispatcher, path: string, sent: Sent, limits: ExchangeLimits): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const receiving = new Receiving(sent, limits, resolve, reject);
    if (receiving.isOver) return;
    const { url, method, headers, body } = sent;
    pool.dispatch({ origin: url.origin, path, method: method as Dispatcher.HttpMethod, headers, body: body ?? null }, receiving);
  });

type DispatchHandler = Dispatcher.DispatchHandler;

/** The handler of undici: it is told of each part of the answer. */
class Receiving implements DispatchHandler {
  readonly #url: URL;
  readonly #onData: Sent["onData"];
  readonly #limits: ExchangeLimits;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #head: Deadline | undefined = undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  readonly #body = new Pieces();
  isOver = false;

  constructor(
    { url, onData }: Sent,
    limits: ExchangeLimits,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#url = url;
    this.#onData = onData;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
    if (limits.signal.aborted) this.#onAbort();
    else limits.signal.addEventListener("abort", this.#onAbort);
  }

  /** Of `contained`: what threw ends this call. */
  broke(error: unknown): void {
    this.#fail(error);
  }

  readonly #onAbort = contained(this, (): void => this.#fail(this.#limits.signal.reason));

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was queued behind others, and nobody waits for it any more.
    if (this.isOver) return controller.abort(new Error("no longer wanted"));
    const { headMs } = this.#limits;
    const message = `${shownUrl(this.#url)} did not answer within ${headMs} ms. Look at whether it is overloaded`;
    this.#head = new Deadline(headMs, () => this.#fail(new CallFailure("headTimeout", message)));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers (RFC 9110 §15.2) come before the one that counts.
    if (status < 200 || this.isOver) return;
    this.#head?.settle();
    this.#status = status;
    this.#headers = plain(headers);
    const { "content-encoding": coding = "identity", "content-length": length } = this.#headers;
    if (coding !== "identity")
      this.#fail(new CallFailure("protocol", `${shownUrl(this.#url)} answered in the coding ${coding}, which was not asked for`));
    else if (Number(length) > this.#limits.maxBytes && !this.#isPassedOn) this.#failTooLarge(`${length} bytes`);
    else if (this.#isPassedOn) this.#pass(Buffer.alloc(0));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#isPassedOn) return this.#pass(chunk);
    this.#body.add(chunk);
    if (this.#body.length > this.#limits.maxBytes) this.#failTooLarge("more");
  }

  get #isPassedOn(): boolean {
    return this.#onData !== undefined && this.#status === 200;
  }

  #pass(chunk: Buffer): void {
    try {
      this.#onData!(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.#end();
    this.#resolve({ url: this.#url, status: this.#status, headers: this.#headers, body: this.#body.take() });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.isOver) this.#fail(failureOf(this.#url, error));
  }

  #failTooLarge(what: string): void {
    const { maxBytes } = this.#limits;
    const message = `${shownUrl(this.#url)} answered with ${what}, and ${maxBytes} bytes are read at most`;
    this.#fail(new CallFailure("tooLarge", message));
  }

  #fail(error: unknown): void {
    if (this.isOver) return;
    this.#end();
    this.#reject(error);
    // The connection ends with it: what is left of the answer would have to be read.
    this.#controller?.abort(error instanceof Error ? error : new Error(String(error)));
  }

  #end(): void {
    this.isOver = true;
    this.#head?.settle();
    this.#limits.signal.removeEventListener("abort", this.#onAbort);
  }
}

const listFields = ["cache-control", "vary", "link", "www-authenticate"];

function plain(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === "__proto__") continue;
    found[name] = typeof value === "string" ? value : listFields.includes(name) ? value.join(", ") : value[0]!;
  }
  return found;
}

/** What undici says, in kinds of ours. What the connector rejects with passes through undici as it is. */
function failureOf(url: URL, error: NodeJS.ErrnoException): unknown {
  if (error instanceof CallFailure) return error;
  const { name, code = "", message } = error;
  if (name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW")
    return new CallFailure("protocol", `${shownUrl(url)} answered with something that is not HTTP/1.1: ${message}`, error);
  const why = code === "" || code.startsWith("UND_ERR_") ? message : code;
  return new CallFailure("broken", `the connection to ${shownUrl(url)} ended before its answer was whole: ${why}`, error);
}
