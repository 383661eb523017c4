import type { Place, StartValue } from "../../exchange/exchange.ts";

/** What `stores.NAME.memcached` becomes. */
export interface MemcachedStoreConfig {
  /** As in `stores`: `pages`. */
  readonly name: string;
  /** Where in the configuration it stands, for messages: `gateway.yaml:12`. */
  readonly from: Place | string;
  /** `host:port`. What is about one URI is in one of them. */
  readonly servers: readonly StartValue[];
  /** What every key begins with: `shop:`. Gateways with the same one share what they keep. */
  readonly keyPrefix: string;
  /** Milliseconds in which a call has to be answered; what stands for an answer comes then. */
  readonly timeout: number;
  /** Most calls that wait for an answer of one server at the same time; further ones fail at once. */
  readonly inFlight: number;
  /** After so many failures in a row, calls fail at once, and one every `open` milliseconds tries again. */
  readonly breaker: { readonly misses: number; readonly open: number };
  /** Largest item that the servers take (`-I`). */
  readonly maxItemBytes: number;
}
