import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { freePort } from "../../harness/free-port.ts";
import { keptFor } from "../../harness/kept-connections.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An endpoint whose answers a test changes, and which it stops and starts again, always at the same address. */
export class Origin {
  url = "";
  /** Paths of the requests, in the order in which they came. */
  readonly seen: string[] = [];
  answer: Answer = (_, response) => void response.end("ok");
  /** Connections that it has had. */
  made = 0;
  #server: Server | Http2Server | undefined = undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  /** For the length of one test. */
  static async start(answer?: Answer, version: 1 | 2 = 1): Promise<Origin> {
    const origin = await Origin.begin(answer, version);
    onTestFinished(() => origin.stop());
    return origin;
  }

  static async begin(answer?: Answer, version: 1 | 2 = 1): Promise<Origin> {
    const origin = new Origin();
    if (answer !== undefined) origin.answer = answer;
    await origin.start(version);
    return origin;
  }

  async start(version: 1 | 2 = 1): Promise<void> {
    const listener: Answer = (request, response) => {
      this.seen.push(request.url ?? "");
      this.answer(request, response);
    };
    // The compatibility layer of HTTP/2 has the methods that are used here.
    const server = version === 1 ? createServer({ keepAliveTimeout: keptFor }, listener) : createHttp2Server(listener as never);
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.made++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#port ||= await freePort();
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#port}`;
  }

  /** As if its process were killed. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Those that stand. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Requests for this path. */
  count(path: string): number {
    return this.seen.filter((one) => one === path).length;
  }
}
