import { connect, type Socket } from "node:net";

/** Frames of HTTP/2 (RFC 9113 §6), written by hand: what no client library would send. */
export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8, continuation: 9 } as const;
export const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Field lines as literals without indexing and without Huffman code (RFC 7541 §6.2.2). */
export const block = (lines: readonly (readonly [name: string, value: string])[]): Buffer =>
  Buffer.concat(lines.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.of(...length, rest), bytes]);
}

export const get: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "shop.example.com"],
];

export const post = [[":method", "POST"] as const, ...get.slice(1)];

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A client made of frames. */
export class FrameClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  isClosed = false;
  #rest = Buffer.alloc(0);
  #wake: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.on("data", (bytes: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      this.#read();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  /** Preface and empty settings. */
  begin(): this {
    return this.write(preface, frame(frameType.settings, 0, 0));
  }

  write(...frames: readonly Uint8Array[]): this {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
    return this;
  }

  /** The first frame that fits; undefined where the connection ended without one. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined || this.isClosed) return found;
      await this.#more();
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#more();
  }

  /** Everything sent so far was dealt with. */
  async settled(): Promise<void> {
    const before = this.frames.filter(({ type }) => type === frameType.ping).length;
    this.write(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    while (!this.isClosed && this.frames.filter(({ type }) => type === frameType.ping).length === before) await this.#more();
  }

  close(): void {
    this.socket.destroy();
  }

  #read(): void {
    for (;;) {
      const bytes = this.#rest;
      if (bytes.length < 9 || bytes.length < 9 + bytes.readUIntBE(0, 3)) break;
      const end = 9 + bytes.readUIntBE(0, 3);
      this.frames.push({
        type: bytes[3]!,
        flags: bytes[4]!,
        stream: bytes.readUInt32BE(5),
        payload: Buffer.from(bytes.subarray(9, end)),
      });
      this.#rest = bytes.subarray(end);
    }
    this.#notify();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
