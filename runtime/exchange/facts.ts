import { problemType } from "../answers/problem.ts";
import { clock } from "../life/clock.ts";
import type { Exchange } from "./exchange.ts";

// What expressions about an exchange that is over may ask (`exchange.*`). Undefined: it has none.

export const durationMs = (x: Exchange): number => micros(clock.monotonic() - x.startedAt);

export const upstreamMs = ({ upstream }: Exchange): number | undefined =>
  upstream === undefined || upstream.headAt === 0 ? undefined : micros(upstream.headAt - upstream.startedAt);

/** With three decimals. */
const micros = (milliseconds: number): number => Math.max(0, Math.round(milliseconds * 1000)) / 1000;

export const requestId = (x: Exchange): string | undefined => textOf(x.requestId);
export const operation = (x: Exchange): string => x.operation.id;
export const api = (x: Exchange): string | undefined => textOf(x.operation.api);
export const version = (x: Exchange): string | undefined => textOf(x.operation.version);
export const source = (x: Exchange): string | undefined => x.answer?.source;
export const outcome = (x: Exchange): string => x.outcome;
export const service = (x: Exchange): string | undefined => x.upstream?.service;
export const endpoint = (x: Exchange): string | undefined => textOf(x.upstream?.endpoint);
export const attempts = (x: Exchange): number => x.upstream?.attempts.length ?? 0;
export const error = (x: Exchange): string | undefined => textOf(x.upstream?.error);
export const bytesIn = (x: Exchange): number => x.bytesReceived;
export const bytesOut = (x: Exchange): number => x.bytesSent;
export const problem = ({ answer }: Exchange): string | undefined =>
  answer?.problem === undefined ? undefined : problemType(answer.problem);
export const traceId = (x: Exchange): string | undefined => x.trace?.traceId;
export const spanId = (x: Exchange): string | undefined => x.trace?.spanId;

const textOf = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
