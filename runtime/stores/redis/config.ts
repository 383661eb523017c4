import type { Place, StartValue } from "../../exchange/exchange.ts";

/** What `stores.NAME.redis` becomes. */
export interface RedisStoreConfig {
  /** As in `stores`: `default`. */
  readonly name: string;
  /** Name of the gateway, which its connections have too (`CLIENT LIST`). */
  readonly gateway: string;
  /** Where in the configuration it stands, for messages: `gateway.yaml:12`. */
  readonly from: Place | string;
  readonly server: RedisServer;
  /** Both may stand in the URL as well; what stands here goes first. */
  readonly user?: StartValue;
  readonly password?: StartValue;
  /** Number of the database; 0 in a cluster. Undefined: that of the URL, or 0. */
  readonly database?: number;
  /** What every key begins with: `shop:`. Gateways with the same one share what they keep. Without braces, which mean something to a cluster. */
  readonly keyPrefix: string;
  /** Milliseconds in which a call has to be answered; what stands for an answer comes then. */
  readonly timeout: number;
  /** Most calls that wait for an answer at the same time; further ones fail at once. */
  readonly inFlight: number;
  /** After so many failures in a row, calls fail at once, and one every `open` milliseconds tries again. */
  readonly breaker: { readonly misses: number; readonly open: number };
  /** Where connections are secured: `rediss:` in a URL asks for it too. */
  readonly tls?: RedisTls;
  /** Whether the gateway waits for the store before it listens, and refuses to start without. */
  readonly required: boolean;
}

/** URLs are `redis://` or `rediss://`, and may hold user, password and the number of a database. */
export type RedisServer =
  | { readonly kind: "single"; readonly url: StartValue }
  /** Asks the Sentinels which server of `group` is the primary, and again after a fail-over. */
  | {
      readonly kind: "sentinel";
      readonly urls: readonly StartValue[];
      readonly group: string;
      /** For the Sentinels themselves. */
      readonly user?: StartValue;
      readonly password?: StartValue;
    }
  | { readonly kind: "cluster"; readonly urls: readonly StartValue[] };

/** Text in PEM. The certificate of the server is always verified. */
export interface RedisTls {
  readonly ca?: StartValue;
  /** What the gateway shows of itself, with its key: both or neither. */
  readonly certificate?: StartValue;
  readonly key?: StartValue;
  /** Name to ask for and to find in the certificate; the host where absent. */
  readonly serverName?: string;
}
