import { connect, type Socket } from "node:net";

/** A client that writes bytes as they are and sees the bytes that come back. */
export class RawClient {
  readonly socket: Socket;
  text = "";
  isEnded = false;
  #wake: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk: string) => {
      this.text += chunk;
      this.#notify();
    });
    const end = (): void => {
      this.isEnded = true;
      this.#notify();
    };
    this.socket.on("end", end);
    this.socket.on("close", end);
    this.socket.on("error", end);
  }

  write(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  /** Resolves as soon as the condition holds; rejects when the connection ends before. */
  async until(condition: (text: string) => boolean): Promise<string> {
    while (!condition(this.text)) {
      if (this.isEnded) throw new Error(`the connection ended after: ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.text;
  }

  /** Everything until the other side closed. */
  async rest(): Promise<string> {
    while (!this.isEnded) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.text;
  }

  /** One answer with Content-Length or without body; leaves later bytes in `text`. */
  async answer(isHead = false): Promise<RawAnswer> {
    await this.until((text) => text.includes("\r\n\r\n"));
    const end = this.text.indexOf("\r\n\r\n") + 4;
    const head = this.text.slice(0, end - 4);
    const length = isHead ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    await this.until((text) => text.length >= end + length);
    const body = this.text.slice(end, end + length);
    this.text = this.text.slice(end + length);
    const [start = "", ...lines] = head.split("\r\n");
    return { status: Number(start.split(" ")[1]), lines, body, field: (name) => fieldOf(lines, name) };
  }

  /** Resolves when the system has what was written. */
  async sent(): Promise<void> {
    await new Promise<void>((resolve) => void this.socket.write("", () => resolve()));
  }

  close(): void {
    this.socket.destroy();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly lines: readonly string[];
  readonly body: string;
  field(name: string): string | undefined;
}

export function fieldOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}

/** One request on a connection of its own. */
export async function exchange(port: number, request: string, isHead = false): Promise<RawAnswer> {
  const client = new RawClient(port);
  try {
    return await client.write(request).answer(isHead);
  } finally {
    client.close();
  }
}

export const get = (path: string, fields = ""): string => `GET ${path} HTTP/1.1\r\nHost: shop.example.com\r\n${fields}\r\n`;
