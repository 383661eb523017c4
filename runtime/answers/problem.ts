import type { Exchange } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import type { Violation } from "../validation/violations.ts";

/** A problem detail (RFC 9457 §3.1) about to be answered. Says nothing about the inside of the gateway. */
export interface Problem {
  readonly status: number;
  /** Last part of `type`: `urn:gatewright:problem:<slug>`. Stable. */
  readonly slug: string;
  readonly title: string;
  readonly detail?: string;
  /** Further members of the problem object. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** What is wrong, for logs alone: it does not concern the client. */
  readonly findings?: readonly Violation[];
  /** Whose credentials were wrong, as `Rejection.about`: for damping, never sent. */
  readonly about?: string;
  /** Further field lines of the answer, name and value alternating. */
  readonly headers?: readonly string[];
  /** Policy that refuses, or `gateway`. */
  readonly source: string;
}

/** `type` of the problem object (RFC 9457 §3.1.1). */
export const problemType = ({ slug }: Pick<Problem, "slug">): string => `urn:gatewright:problem:${slug}`;

/** What `validate` found wrong with a message; empty for other problems. */
export const violationsIn = ({ members }: Problem): readonly Violation[] =>
  // Only `validate` writes the member, and it writes this.
  (members?.violations as readonly Violation[] | undefined) ?? [];

/** The gateway itself cannot take on more, or lacks what it needs for it. */
export const overload = {
  status: 503,
  slug: "overloaded",
  title: "The gateway has too much to do at the moment",
  headers: ["Retry-After", "1"],
  source: "gateway",
};

/** For a body of more than `most` bytes (RFC 9110 §15.5.14). */
export function refuseTooLarge(x: Exchange, most: number, source = "gateway"): true {
  const detail = `At most ${most} bytes are accepted.`;
  const findings = [tooManyBytes(most)];
  return refuse(x, { status: 413, slug: "content-too-large", title: "The request body is too large", detail, findings, source });
}

/** For logs. */
export const tooManyBytes = (most: number): Violation => ({
  in: "body",
  pointer: "",
  keyword: "size",
  message: `must have at most ${most} bytes`,
});

/** Makes `problem` the answer of the exchange. Returns true, so that a request hook can `return refuse(…)`. */
export function refuse(x: Exchange, problem: Problem): true {
  const body = JSON.stringify({
    type: problemType(problem),
    title: problem.title,
    status: problem.status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...(x.requestId === "" ? {} : { requestId: x.requestId }),
    ...(x.trace === undefined ? {} : { traceId: x.trace.traceId, spanId: x.trace.spanId }),
    ...problem.members,
  });
  const headers = new HeaderList(["Content-Type", "application/problem+json"]);
  if (problem.headers !== undefined) headers.append(problem.headers);
  x.answer = { status: problem.status, headers, body, source: problem.source, problem };
  return true;
}
