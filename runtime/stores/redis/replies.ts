/** What a server may say instead of doing what it was asked: the first word of an error reply. */
export type ReplyCode =
  | "READONLY"
  | "LOADING"
  | "MASTERDOWN"
  | "CLUSTERDOWN"
  | "MOVED"
  | "ASK"
  | "TRYAGAIN"
  | "CROSSSLOT"
  | "OOM"
  | "MISCONF"
  | "NOREPLICAS"
  | "NOSCRIPT"
  | "BUSY"
  | "WRONGPASS"
  | "NOAUTH"
  | "NOPERM"
  | "WRONGTYPE"
  | "ERR";

export interface ReplyRow {
  /**
   * `stated`: the answer for a store that fails. `reconnect`: that, and the connection is made anew, with the Sentinels asked
   * which server it is now. `slots`: that, and the cluster is asked anew who has which keys. `script`: the script is sent as a
   * whole, once: the server did nothing.
   */
  readonly then: "stated" | "reconnect" | "slots" | "script";
  /** A failure of the store: after a few in a row it is not asked for a while. */
  readonly miss: boolean;
  /** To be read behind the name of the store, for whoever runs it. */
  readonly why: string;
}

export const replies: Readonly<Record<ReplyCode, ReplyRow>> = {
  READONLY: {
    then: "reconnect",
    miss: true,
    why: "is a replica that takes no writes: a fail-over is under way, or the URL names a replica",
  },
  LOADING: { then: "stated", miss: true, why: "is still loading its data" },
  MASTERDOWN: { then: "reconnect", miss: true, why: "is a replica that has lost its primary" },
  CLUSTERDOWN: { then: "slots", miss: true, why: "is a cluster that is down: a part of the keys has no server" },
  MOVED: { then: "slots", miss: true, why: "sent the key from server to server" },
  ASK: { then: "slots", miss: true, why: "sent the key from server to server" },
  TRYAGAIN: { then: "slots", miss: true, why: "is moving the key to another server" },
  CROSSSLOT: {
    then: "stated",
    miss: false,
    why: "was asked for keys of several servers at once: a mistake of the gateway; please report it",
  },
  OOM: {
    then: "stated",
    miss: true,
    why: "is full: it has reached `maxmemory` and evicts nothing. Give it more memory, or another `maxmemory-policy`",
  },
  MISCONF: { then: "stated", miss: true, why: "takes no writes, as it cannot save its data to disk. See its log" },
  NOREPLICAS: { then: "stated", miss: true, why: "takes no writes, as too few replicas are connected (`min-replicas-to-write`)" },
  NOSCRIPT: { then: "script", miss: false, why: "does not know the script" },
  BUSY: { then: "stated", miss: true, why: "is busy with a script of somebody else" },
  WRONGPASS: { then: "stated", miss: true, why: "refused user and password. Check `username` and `password` of the store" },
  NOAUTH: {
    then: "stated",
    miss: true,
    why: "demands a password. Set `password` of the store, and `username` where its ACL has users",
  },
  NOPERM: {
    then: "stated",
    miss: true,
    why: "does not permit the command to this user. Allow EVAL, EVALSHA, GET, SET, DEL, TIME and PTTL on its keys, for `onStoreFailure: local` also PEXPIRE, ZADD, ZRANGE and ZREMRANGEBYSCORE, for `identity.revoked` also HGET, HSET, HDEL, HLEN, HINCRBY, ZADD, ZREM, ZCARD and ZRANGEBYSCORE, for keys of `apiKey` also HGET, HMGET, HSET, HDEL, HINCRBY and HSCAN, for `idempotency` also HMGET, HSET and PEXPIRE, for `cache` also MGET, GETRANGE, PEXPIRE, PUBLISH and SUBSCRIBE, for `discover.redis` also SCAN and SUBSCRIBE",
  },
  WRONGTYPE: {
    then: "stated",
    miss: false,
    why: "holds something else under a key of the gateway. Give each program a `keyPrefix` of its own",
  },
  ERR: { then: "stated", miss: false, why: "answered with an error" },
};

/** What a reply begins with; `ERR` where it is none of those that are known. */
export function codeOf(message: string): ReplyCode {
  // Valkey and Redis 7 put what a script met behind a word of their own.
  const [, word] = /^(?:ERR )?-?([A-Z]+)\b/.exec(message) ?? [];
  return word !== undefined && word in replies ? (word as ReplyCode) : "ERR";
}
