import type { Answer } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { isGrpc } from "./call.ts";

/**
 * An answer of the gateway's own to a gRPC call, in the form that its client reads: trailers alone (gRPC over HTTP/2,
 * Responses). Undefined where it is no call, or the answer is none of ours. Logs and metrics keep the status of HTTP.
 */
export function grpcAnswer(x: HttpExchange): Answer | undefined {
  const { answer } = x;
  if (answer?.problem === undefined || x.client.isHttp2 !== true || !isGrpc(x.headers)) return undefined;
  const { problem, source } = answer;
  const headers = answer.headers.copy();
  headers.set("Content-Type", "application/grpc");
  headers.set("grpc-status", String(statusOf(answer.status)));
  headers.set(
    "grpc-message",
    percentEncoded(problem.detail === undefined ? problem.title : `${problem.title}. ${problem.detail}`),
  );
  return { status: 200, headers, body: undefined, source, problem };
}

/**
 * Ends a gRPC call whose answer has begun when its time is over: with its status, in trailers, which is what its client would
 * say of it. `outcome`: whose failure that is. False: it is no call, or its answer has no place for trailers, or there are steps on
 * its way back, to which the answer would seem whole.
 */
export function grpcTimeOver(x: HttpExchange, outcome: "refused" | "upstreamBroken"): boolean {
  const { answer, client } = x;
  if (client.isHttp2 !== true || x.wayBack !== undefined || !isGrpc(x.headers)) return false;
  if (answer === undefined || !isGrpc(answer.headers) || answer.headers.has("content-length")) return false;
  if (x.outcome === "pending") x.outcome = outcome;
  client.sendEnd(new HeaderList(["grpc-status", String(statusOf(504)), "grpc-message", "The time for the request is over"]));
  return true;
}

/**
 * The statuses that clients would make of these of HTTP, but for what they could not know: a 504 is a deadline and not
 * UNAVAILABLE, which they repeat; a 429 or 413 a limit; what we could not handle our own fault.
 */
function statusOf(status: number): number {
  switch (status) {
    case 400:
    case 422:
      return 3;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
    case 405:
    case 410:
    case 415:
    case 501:
      return 12;
    case 413:
    case 429:
      return 8;
    case 500:
      return 13;
    case 502:
    case 503:
      return 14;
    case 504:
      return 4;
    default:
      return 2;
  }
}

/** gRPC over HTTP/2, Responses: what is not printable ASCII, and `%`, as `%` and two digits for each byte of UTF-8. */
const percentEncoded = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25
        ? `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte),
    )
    .join("");
