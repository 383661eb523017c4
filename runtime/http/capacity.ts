import { readFileSync } from "node:fs";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { ServerLoad } from "../gateway/load.ts";

/** Descriptors that are neither for clients nor for services: of Node itself, the admin listener, those turned away. */
const reserve = 64;

/** An empty load with its bounds: those configured, or what the descriptors of this process bear. */
export function emptyLoad(limits: ListenerConfig["limits"]): ServerLoad {
  const bearable = Math.max(32, descriptorLimit() - reserve);
  // Each request may need a connection to a service; most connections of clients are idle.
  const requests = bearable >> 2;
  return {
    connections: 0,
    mostConnections: limits?.connections ?? Math.min(bearable - requests, 20_000),
    requests: 0,
    mostRequests: limits?.requests ?? Math.min(requests, 10_000),
    refusedConnections: 0,
    refusedRequests: 0,
    unread: undefined,
    bodies: undefined,
  };
}

/** Node raises its limit to the hard one when it starts, so that this one is final. */
function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? 1_048_576 : Math.min(Number(limit), 1_048_576);
  } catch {
    // Of no system that has no /proc is it known; this much they all bear.
    return 4_096;
  }
}
