import { createServer, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { fieldLines, type Message, type Reading } from "./message.ts";

/** A connection without a network that takes everything and says what it is told. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }

  /** Of node:net's sockets, which node:http sets these on. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

const strict = { insecureHTTPParser: false, maxHeaderSize: 262_144 } as const;

/** Streams hand on what they got in later turns of the event loop; how many depends on nothing but the message. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

class NodeRecord {
  readonly #incoming: IncomingMessage;
  readonly #start: string;
  #body = "";
  #isWhole = false;
  isBroken = false;

  constructor(incoming: IncomingMessage, start: string) {
    this.#incoming = incoming;
    this.#start = start;
    incoming.on("data", (chunk: Buffer) => (this.#body += chunk.toString("latin1")));
    incoming.on("end", () => (this.#isWhole = true));
    incoming.on("error", () => (this.isBroken = true));
  }

  message(): Message {
    const { rawHeaders, rawTrailers, complete } = this.#incoming;
    return {
      start: this.#start,
      fields: fieldLines(rawHeaders),
      body: this.#body,
      trailers: fieldLines(rawTrailers),
      isWhole: this.#isWhole || complete,
      isRefused: false,
    };
  }
}

/** The requests that Node's own server makes of these bytes, with its strict parser. */
export async function nodeRequests(bytes: Buffer): Promise<Reading> {
  const records: NodeRecord[] = [];
  let end: Reading["end"] = "more";
  const server = createServer({ ...strict, requireHostHeader: false });
  server.maxHeadersCount = 0;
  const take = (incoming: IncomingMessage): void => {
    const start = `${incoming.method} ${incoming.url} ${incoming.httpVersion}`;
    records.push(new NodeRecord(incoming, start));
  };
  server.on("request", take);
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("connect", (incoming: IncomingMessage) => {
    take(incoming);
    end = "over";
  });
  server.on("clientError", (error: NodeJS.ErrnoException) => {
    end = error.code === "HPE_CLOSED_CONNECTION" ? "over" : "refused";
  });
  const wire = new Wire();
  server.emit("connection", wire);
  wire.push(bytes);
  await settled();
  const reading = { messages: records.map((record) => record.message()), end };
  wire.destroy();
  return reading;
}

/** The answer that Node's own client makes of these bytes, with its strict parser, behind interim ones. */
export async function nodeAnswer(bytes: Buffer, { isHead = false, isEnded = false } = {}): Promise<Reading> {
  const interim: Message[] = [];
  let record: NodeRecord | undefined;
  let end: Reading["end"] = "more";
  const wire = new Wire();
  // node:http asks no more of a connection than a stream has.
  const outgoing = request({
    ...strict,
    method: isHead ? "HEAD" : "GET",
    host: "a",
    createConnection: () => wire as unknown as Socket,
  });
  outgoing.maxHeadersCount = 0;
  outgoing.on("information", ({ statusCode, httpVersion, rawHeaders }) => {
    const fields = fieldLines(rawHeaders);
    interim.push({ start: `${statusCode} ${httpVersion}`, fields, body: "", trailers: [], isWhole: true, isRefused: false });
  });
  outgoing.on("response", (incoming) => (record = new NodeRecord(incoming, `${incoming.statusCode} ${incoming.httpVersion}`)));
  outgoing.on("upgrade", () => (end = "over"));
  outgoing.on("error", () => (end = "refused"));
  outgoing.end();
  await settled();
  wire.push(bytes);
  if (isEnded) wire.push(null);
  await settled();
  const last = record?.message();
  if (record?.isBroken === true) end = "refused";
  outgoing.destroy();
  wire.destroy();
  const messages = last === undefined ? interim : [...interim, last];
  return { messages, end: end === "more" && last?.isWhole === true ? "over" : end };
}
