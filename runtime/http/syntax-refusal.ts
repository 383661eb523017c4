import { STATUS_CODES } from "node:http";
import { overload } from "../answers/problem.ts";
import type { SyntaxProblem } from "../http1/field-section.ts";

interface Refusal {
  readonly status: number;
  readonly slug: string;
  readonly title: string;
}

/** Why a connection ends with an answer that no exchange stands behind. */
export type ConnectionProblem = SyntaxProblem | "timeout" | "overloaded";

interface SyntaxAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Status and problem details for what could not be read as a request. */
export function syntaxAnswer(problem: ConnectionProblem): SyntaxAnswer {
  const { status, slug, title } = refusalOf(problem);
  const type = `urn:gatewright:problem:${slug}`;
  return { status, type, body: JSON.stringify({ type, title, status }) };
}

/** The same as a whole answer of HTTP/1.1, in octets; the connection closes behind it. */
export function syntaxRefusal(problem: ConnectionProblem): string {
  const { status, body } = syntaxAnswer(problem);
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
    `Content-Length: ${body.length}\r\n${status === 503 ? "Retry-After: 1\r\n" : ""}Connection: close\r\n\r\n${body}`
  );
}

function refusalOf(problem: ConnectionProblem): Refusal {
  switch (problem) {
    case "timeout":
      return { status: 408, slug: "request-timeout", title: "The request took too long to arrive" };
    case "overloaded":
      return overload;
    case "too-many-fields":
      return { status: 431, slug: "too-many-fields", title: "The request has too many header fields" };
    case "head-too-large":
      return { status: 431, slug: "head-too-large", title: "The head of the request is too large" };
    case "target-too-long":
      return { status: 414, slug: "target-too-long", title: "The request target is too long" };
    case "bad-version":
      return { status: 505, slug: "bad-version", title: "The version of HTTP is not supported" };
    default:
      return { status: 400, slug: "bad-request", title: "The request is not valid HTTP/1.1" };
  }
}
