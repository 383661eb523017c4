import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { RawClient } from "../runtime/support/raw-client.ts";

/** A gateway whose routes `/feed` and `/other` take upgrades as `upgrade` says; `/plain` is an ordinary one. */
export const tunnelGateway = (upgrade: string, more = ""): string => `gateway: tunnels
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
  feed: { match: { path: /feed }, service: backend, policies: { public: tests, upgrade: ${upgrade} } }
  other: { match: { path: /other }, service: backend, policies: { public: tests, upgrade: ${upgrade} } }
  plain: { match: { path: /plain }, service: backend, policies: { public: tests } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"], timeout: { response: 60s } }
policies: { accessLog: {}, metrics: {} }
${more}`;

/** A handshake for a protocol that is nothing but bytes. */
export const bytesHandshake = "GET /feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n";
export const bytesAgreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n";

/** The handshake of RFC 6455 §1.3, whose answer is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`. */
export const webSocketHandshake =
  "GET /feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** One end of a connection: what came so far, and waiting for more. */
export class Line {
  readonly socket: Socket;
  text = "";
  isEnded = false;
  isClosed = false;
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    const notify = (): void => {
      for (const wake of this.#wake.splice(0)) wake();
    };
    socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      notify();
    });
    socket.on("end", () => {
      this.isEnded = true;
      notify();
    });
    socket.on("close", () => {
      this.isClosed = true;
      notify();
    });
    socket.on("error", notify);
  }

  /** Resolves once the condition holds; rejects where the connection is gone before. */
  async until(condition: (line: this) => boolean): Promise<this> {
    while (!condition(this)) {
      if (this.isClosed) throw new Error(`the connection is gone after: ${JSON.stringify(this.text.slice(0, 500))}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this;
  }

  has(text: string): Promise<this> {
    return this.until((line) => line.text.includes(text));
  }

  ended(): Promise<this> {
    return this.until((line) => line.isEnded || line.isClosed);
  }

  closed(): Promise<this> {
    return this.until((line) => line.isClosed);
  }
}

/** A service made of bytes, whose connections half-close. */
export interface BytesService {
  readonly url: string;
  /** The next connection that nobody took. */
  next(): Promise<Line>;
}

/** A service that agrees to `bytes`, unless `answer` is something else. Gone when the test is over. */
export async function bytesService(answer: string | null = bytesAgreed): Promise<BytesService> {
  const lines: Line[] = [];
  const waiting: ((line: Line) => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const line = new Line(socket);
    void line.has("\r\n\r\n").then(
      () => {
        if (answer !== null) socket.write(answer);
        const taker = waiting.shift();
        if (taker === undefined) lines.push(line);
        else taker(line);
      },
      () => {},
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: () => {
      const line = lines.shift();
      return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line);
    },
  };
}

/** A client that half-closes; gone when the test is over. */
export function client(port: number, bytes: string | Buffer): Line {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  return new Line(socket);
}

/** The answer to bytes on a connection of their own. */
export const answerTo = (port: number, bytes: string): ReturnType<RawClient["answer"]> => {
  const raw = new RawClient(port);
  onTestFinished(() => raw.close());
  return raw.write(bytes).answer();
};

/** One line of the access log. */
export interface Logged {
  readonly status: number;
  readonly upgrade?: string;
  readonly outcome: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
}
