import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { lingerOnClose } from "./linger.ts";
import type { NodeExchange } from "./node-exchange.ts";

/**
 * Answers what node:http could not read as a request and closes the connection. `code` is Node's error code, or
 * `connect` for the CONNECT method. Where an answer is on its way already, bytes of ours would corrupt it.
 */
export function answerClientError(socket: Socket, code: string, exchange: NodeExchange | undefined): void {
  const isAnswering = exchange !== undefined && !exchange.isDone && exchange.response.headersSent;
  if (code === "ECONNRESET" || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const { status, slug, title } = refusalOf(code);
  const body = JSON.stringify({ type: `urn:gatewright:problem:${slug}`, title, status });
  lingerOnClose(socket);
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
  socket.destroySoon();
}

function refusalOf(code: string): { status: number; slug: string; title: string } {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, slug: "head-too-large", title: "The head of the request is too large" };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, slug: "content-too-large", title: "The chunk extensions of the request are too large" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, slug: "request-timeout", title: "The request took too long to arrive" };
    case "connect":
      return { status: 405, slug: "method-not-allowed", title: "CONNECT is not supported" };
    default:
      return { status: 400, slug: "bad-request", title: "The request is not valid HTTP/1.1" };
  }
}
