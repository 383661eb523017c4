import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type SessionOptions,
} from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { onTestFinished } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { http2Pool } from "../../../runtime/upstream/http2/http2-pool.ts";
import type { Service, ServiceConfig } from "../../../runtime/upstream/service.ts";
import { createTls } from "../../../runtime/upstream/tls.ts";
import type { Authority, Certified } from "../../harness/certificates.ts";
import { service } from "../../runtime/support/gateway.ts";

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: number) => void;

export async function listening(server: Server | Http2Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A service that speaks HTTP/2, and its connections; in clear unless it has a certificate. */
export async function http2Service(onStream: OnStream, options: SessionOptions = {}, certified?: Certified) {
  const sessions: ServerHttp2Session[] = [];
  const server =
    certified === undefined
      ? createServer(options)
      : createSecureServer({ cert: certified.certificate, key: certified.key, ...options });
  server.on("session", (session: ServerHttp2Session) => {
    session.on("error", () => {});
    const index = sessions.push(session) - 1;
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on("error", () => {});
      onStream(stream, headers, index);
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return { url: `http${certified === undefined ? "" : "s"}://127.0.0.1:${port}`, sessions, server };
}

/** The service as the gateway asks it, for the length of one test. */
export function http2(url: string, change: Partial<ServiceConfig> = {}, authority?: Authority): Service {
  const ca = authority === undefined ? {} : { ca: { pem: authority.certificate as StartValue, from: "a file" } };
  const tls = url.startsWith("https") ? { tls: createTls({ service: "orders", ...ca, protocol: "h2" }) } : {};
  const made = service([url], { protocol: http2Pool, ...tls, ...change });
  onTestFinished(() => made.close());
  return made;
}

/** Answers with the content of the request. */
export function echo(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    // A stream that was reset ends as well.
    if (stream.destroyed) return;
    stream.respond({ ":status": 200, "x-method": headers[":method"], "x-path": headers[":path"] });
    stream.end(Buffer.concat(chunks));
  });
}
