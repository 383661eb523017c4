import { randomUUID } from "node:crypto";
import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";

export interface RequestIdConfig {
  /** Field name as it is sent. */
  readonly header: string;
  /** Keep the client's id where it is fit. */
  readonly trust: boolean;
}

export const createRequestId = (config: RequestIdConfig): RequestId => new RequestId(config);

class RequestId {
  readonly #header: string;
  readonly #lowerName: string;
  readonly #trust: boolean;

  constructor(config: RequestIdConfig) {
    this.#header = config.header;
    this.#lowerName = config.header.toLowerCase();
    this.#trust = config.trust;
  }

  request(x: Exchange): void {
    x.requestId = (this.#trust && this.#fromClient(x)) || randomUUID();
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    upstream.headers.set(this.#header, x.requestId);
  }

  response(x: Exchange): void {
    // A preflight is answered without request hooks.
    if (x.requestId === "") this.request(x);
    x.answer!.headers.set(this.#header, x.requestId);
  }

  /** The id that the client sent, once and fit for a log line; empty otherwise. */
  #fromClient(x: Exchange): string {
    const sent = x.headers.single(this.#lowerName);
    return typeof sent === "string" && isFit(sent) ? sent : "";
  }
}

/** 1 to 128 visible ASCII characters. */
function isFit(id: string): boolean {
  if (id.length === 0 || id.length > 128) return false;
  for (let index = 0; index < id.length; index++) {
    const code = id.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
