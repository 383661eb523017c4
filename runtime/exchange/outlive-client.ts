import type { Exchange } from "./exchange.ts";

/** A request that was sent to the service goes on to its end, also where its client leaves before: of the transport. */
export type OutliveClient = (x: Exchange) => void;
