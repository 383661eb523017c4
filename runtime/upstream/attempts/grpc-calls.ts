import type { HeaderList } from "../../fields/header-list.ts";
import { isGrpc } from "../../grpc/call.ts";
import { type GrpcStatus, readGrpcStatus } from "../../grpc/status.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import type { Attempt } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";

/**
 * What each status says of the endpoint that gave it. What concerns the caller and its request alone is nobody's failure
 * (linkerd/website#2126: endpoints that say PERMISSION_DENIED work).
 */
export const outcomeOfStatus: Readonly<Record<GrpcStatus, Outcome>> = {
  OK: "ok",
  // Somebody upstream of the service gave up, mostly the caller.
  CANCELLED: "abandoned",
  // What libraries make of an exception in a handler.
  UNKNOWN: "serverError",
  INVALID_ARGUMENT: "ok",
  // As if no head had come in time, which is what it would have come to.
  DEADLINE_EXCEEDED: "timeoutHead",
  NOT_FOUND: "ok",
  ALREADY_EXISTS: "ok",
  PERMISSION_DENIED: "ok",
  // It works, and wants less.
  RESOURCE_EXHAUSTED: "overloaded",
  FAILED_PRECONDITION: "ok",
  // Two callers met; the library says that whoever called begins again at a higher level.
  ABORTED: "ok",
  OUT_OF_RANGE: "ok",
  UNIMPLEMENTED: "ok",
  INTERNAL: "serverError",
  UNAVAILABLE: "serverError",
  DATA_LOSS: "serverError",
  UNAUTHENTICATED: "ok",
};

/** How many attempts a call had before; clients that repeat calls themselves write it too (gRFC A6). */
const previousAttempts = /\r\ngrpc[^\da-z:\r\n]previous[^\da-z:\r\n]rpc[^\da-z:\r\n]attempts:[^\r]*/gi;

export const createGrpcCalls = (): GrpcCalls => new GrpcCalls();

/** Reads how gRPC calls end: their status comes behind a 200, in trailers or in an answer that is nothing but trailers. */
export class GrpcCalls {
  /** `until`: when the caller's time is over, of a service that is told its deadline; undefined: it has what the caller wrote. */
  begin(attempt: Attempt, x: HttpExchange, until: number | undefined): void {
    attempt.isCallersTime = until === undefined ? x.headers.has("grpc-timeout") : attempt.deadline >= until;
  }

  /** The field lines of an attempt, of which there were `earlier` ones that the service may have seen. */
  fieldsOf(x: HttpExchange, rest: string, earlier: number): string {
    if (earlier === 0 || !isGrpc(x.headers)) return rest;
    const said = x.headers.single("grpc-previous-rpc-attempts") ?? "";
    const before = /^\d{1,6}$/.test(said) ? Number(said) : 0;
    return `\r\ngrpc-previous-rpc-attempts: ${before + earlier}${rest.replace(previousAttempts, "")}`;
  }

  /** An answer of trailers alone has the status in its head. */
  noteHead(attempt: Attempt, x: HttpExchange, { status, headers }: ResponseHead): void {
    if (status === 200 && headers.has("grpc-status") && isGrpc(x.headers)) note(attempt, headers);
  }

  noteEnd(attempt: Attempt, x: HttpExchange, trailers: HeaderList | undefined): void {
    if (attempt.status !== 200 || !isGrpc(x.headers)) return;
    if (trailers?.has("grpc-status") === true || attempt.grpcStatus === undefined) note(attempt, trailers);
  }
}

function note(attempt: Attempt, fields: HeaderList | undefined): void {
  const status = readGrpcStatus(fields?.single("grpc-status"));
  const pushback = pushbackOf(fields?.single("grpc-retry-pushback-ms"));
  attempt.grpcStatus = status;
  attempt.pushback = pushback;
  if (status === "DEADLINE_EXCEEDED" && attempt.isCallersTime === true) attempt.verdict = "abandoned";
  // As a 503 with `Retry-After`.
  else if (status === "UNAVAILABLE" && pushback !== undefined && pushback >= 0) attempt.verdict = "overloaded";
  else attempt.verdict = outcomeOfStatus[status];
}

/** Milliseconds (gRFC A6); -1: never again, which is also what it means where it cannot be read. */
function pushbackOf(text: string | null | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : -1;
}
