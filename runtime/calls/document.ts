import type { Client } from "./client.ts";
import { shownUrl } from "./failure.ts";
import { statusFailure } from "./status-failure.ts";

/** A version of a document that was not seen before. */
export interface FetchedDocument {
  readonly body: Buffer;
  readonly mediaType: string | undefined;
  /** It could be used: from now on only another one is wanted. */
  accept(): void;
}

export interface DocumentOptions {
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly validators?: Readonly<Record<string, string>>;
}

/** A document that is fetched again and again, in full only where it has changed (RFC 9110 §13.1). */
export class RemoteDocument {
  readonly #client: Client;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #validators: Readonly<Record<string, string>>;

  /** `validators`: of the document that was accepted before, by another process. */
  constructor(client: Client, url: string, { headers = {}, validators = {} }: DocumentOptions = {}) {
    this.#client = client;
    this.#url = url;
    this.#headers = headers;
    this.#validators = validators;
  }

  /** Fields with which a request asks for another document than the one that was accepted. */
  get validators(): Readonly<Record<string, string>> {
    return this.#validators;
  }

  /** Undefined where it is still the one that was accepted. Rejects with a `CallFailure`. */
  async fetch(signal?: AbortSignal): Promise<FetchedDocument | undefined> {
    const headers = { ...this.#headers, ...this.#validators };
    const answer = await this.#client.call({ url: this.#url, headers, ...(signal === undefined ? {} : { signal }) });
    const { status, body } = answer;
    if (status === 304 && Object.keys(this.#validators).length > 0) return undefined;
    if (status !== 200) throw statusFailure(answer, `${shownUrl(answer.url)} answered with ${status}, and 200 is expected`);
    const { etag, "last-modified": modified, "content-type": mediaType } = answer.headers;
    return {
      body,
      mediaType,
      // Not before: of one that cannot be used, `304` would say for ever that it has not changed.
      accept: () => {
        this.#validators = {
          ...(etag === undefined ? {} : { "if-none-match": etag }),
          ...(modified === undefined ? {} : { "if-modified-since": modified }),
        };
      },
    };
  }
}
