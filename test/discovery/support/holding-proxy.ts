import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a client and a server, cuts connections, and holds back what the server says to some requests. */
export class HoldingProxy {
  /** Part of a request whose answer is held back from now on: `POST /v3/watch`. */
  holds: string | undefined = undefined;
  /** Part of a request that does not go on before `release`. */
  detains: string | undefined = undefined;
  #detained: (() => void)[] = [];
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((client) => {
      this.connections++;
      const server = connect(to, "127.0.0.1");
      let asked = "";
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          client.destroy();
          server.destroy();
        });
      }
      client.on("data", (bytes) => {
        asked += bytes.toString("latin1");
        if (this.detains !== undefined && asked.includes(this.detains)) this.#detained.push(() => server.write(bytes));
        else server.write(bytes);
      });
      server.on("data", (bytes) => {
        if (this.holds === undefined || !asked.includes(this.holds)) client.write(bytes);
      });
    });
  }

  static async start(to: number): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(to);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get isDetaining(): boolean {
    return this.#detained.length > 0;
  }

  /** What was detained goes on, and what comes later too. */
  release(): void {
    this.detains = undefined;
    for (const send of this.#detained.splice(0)) send();
  }

  /** Further ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
