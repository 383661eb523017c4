import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Name and value alternating, as sent. */
  readonly lines: readonly string[];
  /** All values of a field, joined. */
  field(name: string): string | undefined;
  /** Bytes of body so far. */
  length: number;
  isComplete: boolean;
  readonly closed: Promise<void>;
  /** Fields behind the body, name and value alternating, once the request is over. */
  readonly trailers: Promise<readonly string[]>;
}

export interface EchoUpstream {
  readonly url: string;
  readonly seen: Seen[];
  /** Resolves with the request number `count`, counted from 1. */
  request(count: number): Promise<Seen>;
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, seen: Seen) => void;

/** A service that remembers requests, and answers with what it saw as JSON, or as `handlers` by path say. */
export async function echoUpstream(handlers: Readonly<Record<string, Handler>> = {}): Promise<EchoUpstream> {
  const seen: Seen[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const one: Seen = {
      method: request.method!,
      target: request.url!,
      lines: request.rawHeaders,
      field: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      },
      length: 0,
      isComplete: false,
      closed: new Promise((resolve) => request.once("close", () => resolve())),
      trailers: new Promise((resolve) => request.once("close", () => resolve(request.rawTrailers))),
    };
    request.on("error", () => {});
    response.on("error", () => {});
    seen.push(one);
    for (const wake of waiting.splice(0)) wake();
    const handler = handlers[request.url!.split("?")[0]!];
    if (handler !== undefined) {
      handler(request, response, one);
      return;
    }
    request.on("data", (bytes: Buffer) => (one.length += bytes.length));
    request.on("end", () => {
      one.isComplete = true;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ method: one.method, target: one.target, headers: request.headers, length: one.length }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async request(count) {
      while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return seen[count - 1]!;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
