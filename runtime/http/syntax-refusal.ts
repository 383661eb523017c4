import { STATUS_CODES } from "node:http";
import type { SyntaxProblem } from "../http1/field-section.ts";

interface Refusal {
  readonly status: number;
  readonly slug: string;
  readonly title: string;
}

/** Status and problem details for what could not be read as a request. */
export function syntaxAnswer(problem: SyntaxProblem | "timeout"): { readonly status: number; readonly body: string } {
  const { status, slug, title } = refusalOf(problem);
  return { status, body: JSON.stringify({ type: `urn:gatewright:problem:${slug}`, title, status }) };
}

/** The same as a whole answer of HTTP/1.1, in octets; the connection closes behind it. */
export function syntaxRefusal(problem: SyntaxProblem | "timeout"): string {
  const { status, body } = syntaxAnswer(problem);
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}

function refusalOf(problem: SyntaxProblem | "timeout"): Refusal {
  switch (problem) {
    case "timeout":
      return { status: 408, slug: "request-timeout", title: "The request took too long to arrive" };
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
