import { StartError } from "../../life/start-error.ts";
import type { RedisStoreConfig } from "./config.ts";

/** What a URL says of a server. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
  readonly secure: boolean;
}

export function placeOf({ name, from }: RedisStoreConfig, text: string): Place {
  const remedy = "Set one like `redis://host:6379` or `rediss://user:password@host:6379/0`.";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text may hold a password.
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === "" || !/^\/?\d*$/.test(url.pathname))
    throw new StartError(`stores.${name} (${from}): a URL of the store is not a URL of a Redis server. ${remedy}`);
  const number = url.pathname.replace("/", "");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    user: url.username === "" ? undefined : decodeURIComponent(url.username),
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    database: number === "" ? undefined : Number(number),
    secure: url.protocol === "rediss:",
  };
}
