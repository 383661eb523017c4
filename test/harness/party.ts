import { createHash } from "node:crypto";
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Socket } from "node:net";
import { afterAll } from "vitest";
import type { Certified } from "./certificates.ts";
import { freePort } from "./free-port.ts";

/** What a party does with a request. */
export type Behaviour =
  | Said
  /** Never answers. */
  | "silent"
  /** Sends a head and a part of the body, and nothing further. */
  | "stuck"
  /** Ends the connection in front of the answer. */
  | "reset"
  /** Promises more bytes than it sends. */
  | "truncated"
  /** Says something that is not HTTP. */
  | "garbage"
  /** Sends a body without an end. */
  | "endless"
  | { readonly redirect: string; readonly status?: number }
  | ((request: IncomingMessage, body: string) => Behaviour);

interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** It has an `ETag`, and conditional requests are answered as such. */
  readonly etag?: boolean;
}

export interface PartyRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The same as it came. */
  readonly bytes: Buffer;
}

/**
 * Somebody whom a gateway calls: an issuer, a registry, a collector. It says what it is told to say, may be gone for a
 * while and come back on its port, and remembers what it was asked.
 */
export interface Party {
  readonly port: number;
  /** `http://127.0.0.1:port`, or `https://localhost:port`. */
  readonly origin: string;
  readonly requests: readonly PartyRequest[];
  readonly connections: number;
  /** What it does with requests for a path, from now on; each of several in turn, the last one for good. */
  on(path: string, ...behaviours: readonly [Behaviour, ...Behaviour[]]): void;
  /** Nobody listens on its port any more, and its connections are cut. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  /** Shows another certificate on new connections. */
  certify(certified: Certified): void;
}

/** Ends with the file of tests. `certified`: it speaks TLS. `clients`: authorities, without whose certificate nobody gets in. */
export async function startParty(certified?: Certified, clients?: string): Promise<Party> {
  const behaviours = new Map<string, Behaviour[]>();
  const requests: PartyRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = bytes.toString();
      const { method = "", url = "", headers } = request;
      requests.push({ method, target: url, headers, body, bytes });
      const known = behaviours.get(url.replace(/\?.*/, ""));
      const behaviour = (known !== undefined && known.length > 1 ? known.shift() : known?.[0]) ?? { status: 404 };
      behave(behaviour, request, response, body);
    });
  };
  const server: Server =
    certified === undefined
      ? createHttp(answer)
      : createHttps(
          {
            cert: certified.certificate,
            key: certified.key,
            ...(clients === undefined ? {} : { ca: clients, requestCert: true, rejectUnauthorized: true }),
          },
          answer,
        );
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => void server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const leave = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await freePort();
  await listen(port);
  afterAll(leave);
  return {
    port,
    origin: certified === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    get connections() {
      return connections;
    },
    on: (path, ...all) => void behaviours.set(path, [...all]),
    leave,
    comeBack: () => listen(port),
    certify({ certificate, key }) {
      if (!("setSecureContext" in server)) throw new Error("the party does not speak TLS");
      (server as unknown as { setSecureContext(options: object): void }).setSecureContext({ cert: certificate, key });
    },
  };
}

function behave(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse, body: string): void {
  const { socket } = request;
  if (typeof behaviour === "function") behave(behaviour(request, body), request, response, body);
  else if (behaviour === "silent") return;
  else if (behaviour === "stuck") response.writeHead(200, { "content-length": "1000" }).write("only a part");
  else if (behaviour === "reset") socket.resetAndDestroy();
  else if (behaviour === "truncated") socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly a part");
  else if (behaviour === "garbage") socket.end("SSH-2.0-OpenSSH_9.2\r\n");
  else if (behaviour === "endless") pour(response);
  else if ("redirect" in behaviour) response.writeHead(behaviour.status ?? 302, { location: behaviour.redirect }).end();
  else write(behaviour, request, response);
}

function write(
  { status = 200, headers = {}, body = "", etag = false }: Said,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const tag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  const fields = Object.entries({ ...headers, ...(etag ? { etag: tag } : {}) });
  for (const [name, value] of fields) response.setHeader(name, value as string | string[]);
  if (etag && request.headers["if-none-match"] === tag) response.writeHead(304).end();
  else response.writeHead(status).end(body);
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(16_384, "x");
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more).on("error", () => {});
  more();
}
