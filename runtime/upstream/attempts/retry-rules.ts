import type { GrpcStatus } from "../../grpc/status.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import { isIdempotent } from "../failure.ts";
import type { BackoffConfig } from "./backoff.ts";
import { type Outcome, outcomes } from "./outcome.ts";

/** When a request is sent again, and how often. */
export interface RetryRules {
  /** All together, the first one included. */
  readonly attempts: number;
  /** Outcomes, statuses of HTTP and of gRPC after which another attempt is made. */
  readonly on: readonly (Outcome | GrpcStatus | number)[];
  readonly backoff: BackoffConfig;
  /** Milliseconds in which one attempt must bring the head of an answer; 0: as many as the request has. */
  readonly perTry: number;
}

/** What one operation says otherwise than its service. */
export interface OperationRetry extends Partial<RetryRules> {
  /** Its authors say that it does no harm to send a request twice, whatever the method. */
  readonly isIdempotent?: true;
  /** Its spec declares the header parameter `Idempotency-Key`: the service knows a request that it has seen. */
  readonly honoursKey?: true;
}

/** Whether the request may reach the service twice (RFC 9110 §9.2.2). */
export function mayRepeat(x: HttpExchange, own: OperationRetry | undefined): boolean {
  if (isIdempotent(x.method) || own?.isIdempotent === true) return true;
  // Of a service that does not honour it, the client's field proves nothing (istio#13851).
  return own?.honoursKey === true && (x.headers.get("idempotency-key") ?? "") !== "";
}

/** Whether the rules want another attempt after this one. `status`: that of a gRPC call by name; 0 where no head came. */
export function isRetriable({ on }: RetryRules, outcome: Outcome, status: GrpcStatus | number, mayBeRepeated: boolean): boolean {
  const { retry } = outcomes[outcome];
  if (retry === "never" || (retry === "idempotent" && !mayBeRepeated)) return false;
  return on.includes(outcome) || on.includes(status);
}
