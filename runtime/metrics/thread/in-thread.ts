import { platform, setPriority } from "node:os";
import type { MessagePort } from "node:worker_threads";
import type { MetricsItem, OperationPage } from "../../gateway/metrics.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { expose } from "../exposition/expose.ts";
import { familiesOf } from "../families-of.ts";
import { pageLayout } from "../operations/operation-counts.ts";
import { gzipped } from "./gzip.ts";
import { inBursts } from "./in-bursts.ts";
import type { FromThread, PackedItem, ToThread } from "./messages.ts";

/**
 * Bytes of a chunk, roughly: each one costs the thread that has requests some 50 µs, however long it is. Where every core is busy,
 * it costs more: a message wakes that thread while this one still holds the lock of the port, and may have to wait to go on.
 */
const chunkBytes = 262_144;
/** What is compressed at a time, which takes some 0.5 ms. */
const pieceBytes = 131_072;
/**
 * How nice the thread is: where every core is busy, one that answers requests gets nine times as much (sched(7)), and this one
 * still enough to be done within the ten seconds that Prometheus waits.
 */
const niceness = 10;

/** What the thread does: it writes what is scraped, as far as somebody reads it. */
export function answerScrapes(port: MessagePort): void {
  stepBack();
  const scrapes = new Map<number, Scrape>();
  /** Of each page, by its number. */
  const known: Pick<OperationPage, "operations" | "bounds">[] = [];
  const unpacked = (item: PackedItem, numbers: Float64Array): MetricsItem => {
    if (!("page" in item)) return item;
    if (item.known !== undefined) known[item.page] = item.known;
    const { policies, exemplars, from, to } = item;
    return { layout: pageLayout, ...known[item.page]!, policies, exemplars, numbers: numbers.subarray(from, to) };
  };
  const received = (message: ToThread): void => {
    const { scrape: id } = message;
    let scrape = scrapes.get(id);
    if (scrape === undefined) scrapes.set(id, (scrape = new Scrape(id, port)));
    if ("items" in message) scrape.take(message.items.map((item) => unpacked(item, message.numbers)));
    else if ("accept" in message) scrape.begin(message.accept, message.isZipped);
    else if ("isWanted" in message) scrape.next();
    else scrapes.delete(id);
  };
  const broke = (error: unknown): void => {
    for (const scrape of scrapes.values()) scrape.broke(error);
  };
  port.on("message", contained({ broke }, received));
}

/** Linux has a nice value for each thread, of which 0 is the calling one (setpriority(2)); elsewhere it is the whole process. */
function stepBack(): void {
  if (platform() !== "linux") return;
  try {
    setPriority(0, niceness);
  } catch {
    // Whoever forbids it has the scheduler that Node has: scrapes are written all the same.
  }
}

class Scrape implements Contained {
  readonly #id: number;
  readonly #port: MessagePort;
  readonly #items: MetricsItem[] = [];
  #chunks: Iterator<Uint8Array> | undefined;

  constructor(id: number, port: MessagePort) {
    this.#id = id;
    this.#port = port;
  }

  take(items: readonly MetricsItem[]): void {
    this.#items.push(...items);
  }

  begin(accept: string, isZipped: boolean): void {
    const written = inBursts(bytesOf(expose(accept, familiesOf(this.#items)).chunks));
    this.#chunks = isZipped ? joined(gzipped(joined(written, pieceBytes)), chunkBytes) : joined(written, chunkBytes);
  }

  next(): void {
    try {
      const { value } = this.#chunks!.next() as IteratorResult<Uint8Array, undefined>;
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

function* bytesOf(chunks: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) if (chunk.length > 0) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

/** Few long ones of many short ones. */
function* joined(chunks: Iterable<Uint8Array>, atLeast: number): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length < atLeast) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}
