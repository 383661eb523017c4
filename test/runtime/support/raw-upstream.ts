import { type AddressInfo, createServer, type Socket } from "node:net";

/** A service made of bytes: `serve` gets each connection. */
export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** Connections so far. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

export async function rawUpstream(serve: (socket: Socket, index: number) => void): Promise<RawUpstream> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
    serve(socket, sockets.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Collects what a connection sends and waits for parts of it. */
export class Received {
  text = "";
  isEnded = false;
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    socket.setEncoding("latin1");
    const notify = (): void => {
      for (const wake of this.#wake.splice(0)) wake();
    };
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      notify();
    });
    socket.on("close", () => {
      this.isEnded = true;
      notify();
    });
  }

  async until(condition: (text: string) => boolean): Promise<string> {
    while (!condition(this.text)) {
      if (this.isEnded) throw new Error(`the connection ended after: ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.text;
  }

  async end(): Promise<string> {
    while (!this.isEnded) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.text;
  }
}

/** Answers every request head with the same bytes; bodies are not looked at. */
export function answering(answer: string | ((head: string) => string)): (socket: Socket) => void {
  return (socket) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        socket.write(typeof answer === "string" ? answer : answer(head), "latin1");
      }
    });
  };
}

export const ok = (body: string, fields = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
