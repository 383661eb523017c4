import UndiciPool, { type UndiciPool as Pool } from "undici/lib/dispatcher/pool.js";
import { contained, logged } from "../life/boundary.ts";
import { openSocket, type Ways } from "./connect.ts";

export type { Pool };

/** Connections to one origin, so many at most, each with one request at a time. */
export const createPool = (origin: string, ways: Ways, connections: number): Pool =>
  new UndiciPool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    // Our own deadlines are told apart.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_options, callback) => {
      openSocket(new URL(origin), ways).then(
        contained(logged("a connection of a call was not handed on"), (socket) => callback(null, socket)),
        contained(logged("a connection of a call was not handed on"), (error: Error) => callback(error, null)),
      );
    },
  });
