import { connect, type Socket } from "node:net";

export interface LoadOptions {
  readonly clients: number;
  /** Requests of all clients together, after which they stop by themselves. */
  readonly most: number;
  /** A connection for each request, instead of one that is kept while the gateway keeps it. */
  readonly isFresh?: boolean;
  readonly target?: string;
}

/**
 * Clients that send one request after the other and try nothing twice. What a client gets instead of an answer is a
 * failure; one that gets nothing at all keeps `done` waiting.
 */
export class Load {
  answered = 0;
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  /** What came instead of an answer. */
  readonly failures: string[] = [];
  readonly done: Promise<void>;
  readonly #port: number;
  readonly #options: LoadOptions;
  readonly #request: string;
  #sent = 0;
  #isStopped = false;
  #wake: (() => void)[] = [];

  constructor(port: number, options: LoadOptions) {
    this.#port = port;
    this.#options = options;
    this.#request = `GET ${options.target ?? "/things"} HTTP/1.1\r\nHost: load\r\n\r\n`;
    this.done = Promise.all(Array.from({ length: options.clients }, () => this.#client())).then(() => {});
  }

  /** Resolves as soon as so many requests more were answered, or when the load has ended. */
  async further(count: number): Promise<void> {
    const goal = this.answered + count;
    while (this.answered < goal && !this.#isStopped && this.#sent < this.#options.most)
      await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** No request more; resolves when every client has its last answer. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.done;
  }

  async #client(): Promise<void> {
    let socket: Socket | undefined;
    while (!this.#isStopped && this.#sent < this.#options.most) {
      this.#sent++;
      try {
        socket ??= await opened(this.#port);
        const { status, isLast } = await answerOn(socket, this.#request);
        this.answered++;
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (isLast || this.#options.isFresh === true) {
          socket.destroy();
          socket = undefined;
        }
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        socket?.destroy();
        socket = undefined;
      }
      for (const wake of this.#wake.splice(0)) wake();
    }
    socket?.destroy();
    for (const wake of this.#wake.splice(0)) wake();
  }
}

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.on("error", (error) => reject(new Error(`not connected: ${error.message}`)));
  });

/** Sends the request and reads its answer, which has a `Content-Length`. */
function answerOn(socket: Socket, request: string): Promise<{ status: number; isLast: boolean }> {
  return new Promise((resolve, reject) => {
    let text = "";
    const settle = (act: () => void): void => {
      socket.off("data", onData).off("close", onClose).off("error", onError);
      act();
    };
    const onData = (bytes: Buffer): void => {
      text += bytes.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      settle(() => resolve({ status: Number(head.slice(9, 12)), isLast: /^connection: close$/im.test(head) }));
    };
    const onClose = (): void => settle(() => reject(new Error(`closed after ${text.length} bytes`)));
    const onError = (error: Error): void => settle(() => reject(error));
    socket.on("data", onData).on("close", onClose).on("error", onError);
    socket.write(request);
  });
}
