import { type AddressInfo, createServer, type Socket } from "node:net";

/** Types of frames (RFC 9113 §6). */
const type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 } as const;

/** What a test says on one connection; nothing is checked, so that anything can be said. */
export class RawHttp2Connection {
  readonly socket: Socket;
  /** What came of bodies, by stream. */
  readonly bodies = new Map<number, string>();
  readonly #onEnd = new Map<number, () => void>();
  #waiting = Buffer.alloc(0);
  #hasPreface = false;

  constructor(socket: Socket, onRequest: (connection: RawHttp2Connection, stream: number) => void) {
    this.socket = socket;
    this.frame(type.settings, 0, 0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#waiting = Buffer.concat([this.#waiting, chunk]);
      // The client's preface: 24 octets.
      if (!this.#hasPreface && this.#waiting.length >= 24) {
        this.#hasPreface = true;
        this.#waiting = this.#waiting.subarray(24);
      }
      while (this.#hasPreface && this.#waiting.length >= 9) {
        const length = this.#waiting.readUIntBE(0, 3);
        if (this.#waiting.length < 9 + length) return;
        const [kind, flags] = [this.#waiting[3]!, this.#waiting[4]!];
        const stream = this.#waiting.readUInt32BE(5);
        const payload = this.#waiting.subarray(9, 9 + length);
        this.#waiting = this.#waiting.subarray(9 + length);
        if (kind === type.settings && (flags & 1) === 0) this.frame(type.settings, 1, 0);
        if (kind === type.ping && (flags & 1) === 0) this.frame(type.ping, 1, 0, payload);
        if (kind === type.headers) onRequest(this, stream);
        if (kind === type.data) this.bodies.set(stream, (this.bodies.get(stream) ?? "") + payload.toString("latin1"));
        if (kind === type.data && (flags & 1) === 1) this.#onEnd.get(stream)?.();
      }
    });
  }

  /** Calls `onEnd` once the body of a stream is whole. */
  whenWhole(stream: number, onEnd: () => void): void {
    this.#onEnd.set(stream, onEnd);
  }

  frame(kind: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): this {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = kind;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
    return this;
  }

  /** Literal fields without indexing (RFC 7541 §6.2.2). */
  head(stream: number, fields: Readonly<Record<string, string>>, isEnd = false): this {
    return this.lines(stream, Object.entries(fields), isEnd);
  }

  /** The same for names that come more than once. */
  lines(stream: number, lines: readonly (readonly [name: string, value: string])[], isEnd = false): this {
    const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
    const block = lines.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)]));
    return this.frame(type.headers, isEnd ? 5 : 4, stream, Buffer.concat(block));
  }

  data(stream: number, content: string, isEnd = false): this {
    return this.frame(type.data, isEnd ? 1 : 0, stream, Buffer.from(content));
  }

  reset(stream: number, code: number): this {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    return this.frame(type.reset, 0, stream, payload);
  }

  goaway(lastStream: number, code = 0): this {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(lastStream, 0);
    payload.writeUInt32BE(code, 4);
    return this.frame(type.goaway, 0, 0, payload);
  }
}

/** A service made of frames of HTTP/2; `index` counts requests over all connections. */
export async function rawHttp2Service(answer: (connection: RawHttp2Connection, stream: number, index: number) => void) {
  const connections: RawHttp2Connection[] = [];
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections.push(new RawHttp2Connection(socket, (connection, stream) => answer(connection, stream, count++)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close(): void {
      server.close();
      for (const { socket } of connections) socket.destroy();
    },
  };
}
