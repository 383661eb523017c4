import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

/**
 * A stream whose fields were refused halfway keeps those that were read before, and node:http2 ends the process where the
 * garbage collector takes the connection before such a stream (`current_nghttp2_memory_` is not zero, as of Node 20). Any
 * service can have that with one malformed answer. So what Node has of the connection is held here until what it has of
 * the stream is gone.
 *
 * Handles are under a symbol of Node's own. Without it nothing is held, and the order is left to chance as before.
 */
export class EndOrder {
  readonly #registry = new FinalizationRegistry<object>(ignore);
  readonly #session: object | undefined;
  readonly #key: symbol | undefined;

  /** `session` is connected. */
  constructor(session: ClientHttp2Session) {
    this.#key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "kHandle");
    this.#session = handleOf(session, this.#key);
  }

  /** To be asked for while the stream lives, and given back to `streamFirst` where it broke. */
  handleOf(stream: ClientHttp2Stream): object | undefined {
    return handleOf(stream, this.#key);
  }

  streamFirst(stream: object | undefined): void {
    if (stream !== undefined && this.#session !== undefined) this.#registry.register(stream, this.#session);
  }
}

function handleOf(owner: ClientHttp2Session | ClientHttp2Stream, key: symbol | undefined): object | undefined {
  if (key === undefined) return undefined;
  // Not in the types of Node.
  const handle = (owner as unknown as Record<symbol, unknown>)[key];
  return typeof handle === "object" && handle !== null ? handle : undefined;
}

function ignore(): void {}
