import { exponential, fixed } from "../chance.ts";
import type { EndpointPlan, Mood } from "../endpoint.ts";
import type { Figures } from "../figures.ts";
import type { GatewayOptions } from "../gateway.ts";

// What scenarios are made of.

/** A gateway with an algorithm, and further options of its service. */
export const gateway = (algorithm: string, more: GatewayOptions = {}): GatewayOptions => ({
  ...more,
  service: [`loadBalancer: { algorithm: ${algorithm} }`, more.service ?? ""].join("\n"),
});

export const always = (mood: Mood, workers?: number): EndpointPlan => ({
  moods: [{ from: 0, mood }],
  ...(workers === undefined ? {} : { workers }),
});

export const many = (count: number, plan: EndpointPlan): EndpointPlan[] => Array.from({ length: count }, () => plan);

/** Moods from a second on. */
export const inTurn = (...moods: readonly (readonly [from: number, mood: Mood])[]): EndpointPlan => ({
  moods: moods.map(([from, mood]) => ({ from, mood })),
});

export const good: Mood = { latency: exponential(100) };
export const failingFast: Mood = { latency: fixed(1), fails: { share: 1, afterMs: 1, how: 500 } };

export const algorithms = Object.fromEntries(
  ["random", "roundRobin", "leastRequests", "powerOfTwo"].map((algorithm) => [algorithm, gateway(algorithm)]),
);
export const peers = { nginx: "nginx", haproxy: "haproxy" } as const;

/** Within a part of what theory says. */
export const isNear = (found: number, theory: number, part: number): boolean => Math.abs(found / theory - 1) <= part;
export const most = ({ shares }: Figures): number => Math.max(...shares);
export const least = ({ shares }: Figures): number => Math.min(...shares);
