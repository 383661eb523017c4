import type { HeaderList } from "../../fields/header-list.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import type { Endpoint } from "../endpoint.ts";

/** How an active health check asks an endpoint; undefined in the config of one: it only opens a connection. */
export interface Check {
  /** The request as `Carrier.begin` takes it. */
  head(endpoint: Endpoint): string;
  isHead(): boolean;
  body(): Uint8Array | undefined;
  /** Why the answer says that the endpoint does not work; undefined: it works. */
  judge(answer: CheckAnswer): string | undefined;
}

export interface CheckAnswer {
  readonly head: ResponseHead;
  /** At most `mostBytes` of it. */
  readonly body: Buffer;
  readonly trailers: HeaderList | undefined;
}

/** Bytes of an answer that are looked at. */
export const mostBytes = 65_536;
