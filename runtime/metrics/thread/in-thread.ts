import { Readable } from "node:stream";
import type { MessagePort } from "node:worker_threads";
import { createGzip } from "node:zlib";
import type { MetricsItem } from "../../gateway/metrics.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { expose } from "../exposition/expose.ts";
import { familiesOf } from "../families-of.ts";
import type { FromThread, ToThread } from "./messages.ts";

/** Bytes of a chunk, roughly: each one costs the thread that has requests some 50 µs, however long it is. */
const chunkBytes = 262_144;

/** What the thread does: it writes what is scraped, as far as somebody reads it. */
export function answerScrapes(port: MessagePort): void {
  const scrapes = new Map<number, Scrape>();
  const received = (message: ToThread): void => {
    const { scrape: id } = message;
    let scrape = scrapes.get(id);
    if (scrape === undefined) scrapes.set(id, (scrape = new Scrape(id, port)));
    if ("item" in message) scrape.take(message.item);
    else if ("accept" in message) scrape.begin(message.accept, message.isZipped);
    else if ("isWanted" in message) void scrape.next();
    else scrapes.delete(id);
  };
  const broke = (error: unknown): void => {
    for (const scrape of scrapes.values()) scrape.broke(error);
  };
  port.on("message", contained({ broke }, received));
}

class Scrape implements Contained {
  readonly #id: number;
  readonly #port: MessagePort;
  readonly #items: MetricsItem[] = [];
  #chunks: AsyncIterator<Uint8Array> | undefined;

  constructor(id: number, port: MessagePort) {
    this.#id = id;
    this.#port = port;
  }

  take(item: MetricsItem): void {
    this.#items.push(item);
  }

  begin(accept: string, isZipped: boolean): void {
    const written = Readable.from(joinedChunks(expose(accept, familiesOf(this.#items)).chunks));
    const bytes = isZipped ? written.pipe(createGzip({ level: 1, chunkSize: chunkBytes })) : written;
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  async next(): Promise<void> {
    try {
      const { value } = await this.#chunks!.next();
      // A copy of its own: what Node makes of short texts is a part of a memory that others have parts of.
      const chunk = value === undefined ? undefined : new Uint8Array(value);
      this.#say(chunk === undefined ? {} : { chunk }, chunk);
    } catch (error) {
      this.broke(error);
    }
  }

  broke(error: unknown): void {
    this.#say({ error: error instanceof Error ? error.message : String(error) });
  }

  #say(answer: Omit<FromThread, "scrape">, moved?: Uint8Array<ArrayBuffer>): void {
    this.#port.postMessage({ scrape: this.#id, ...answer } satisfies FromThread, moved === undefined ? [] : [moved.buffer]);
  }
}

/** Few long ones of many short ones. */
function* joinedChunks(chunks: Iterable<string | Uint8Array>): Generator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    const part = Buffer.from(chunk);
    parts.push(part);
    length += part.length;
    if (length < chunkBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}
