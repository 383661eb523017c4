import { platform, setPriority } from "node:os";
import type { MessagePort } from "node:worker_threads";
import type { MetricFamily, OperationPage } from "../../gateway/metrics.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { formatFor } from "../exposition/expose.ts";
import { pageLayout } from "../operations/operation-counts.ts";
import { gzipped } from "./gzip.ts";
import { inBursts } from "./in-bursts.ts";
import { KeptPage } from "./kept-page.ts";
import type { FromThread, PackedPage, ToThread } from "./messages.ts";
import { allZipped, piecesOf } from "./pieces.ts";

/**
 * Bytes of a chunk, roughly: each one costs the thread that has requests some 50 µs, however long it is. Where every core is busy,
 * it costs more: a message wakes that thread while this one still holds the lock of the port, and may have to wait to go on.
 */
const chunkBytes = 262_144;
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
  const told: Pick<OperationPage, "operations" | "bounds">[] = [];
  const pages: KeptPage[] = [];
  const changed = ({ page, known, policies, exemplars, from, to }: PackedPage, numbers: Float64Array): KeptPage => {
    if (known !== undefined) told[page] = known;
    // Of its own: the memory of the message is used again.
    const own = numbers.slice(from, to);
    return (pages[page] = new KeptPage({ layout: pageLayout, ...told[page]!, policies, exemplars, numbers: own }));
  };
  const received = (message: ToThread): void => {
    const { scrape: id } = message;
    let scrape = scrapes.get(id);
    if (scrape === undefined) scrapes.set(id, (scrape = new Scrape(id, port)));
    if ("items" in message)
      for (const item of message.items) {
        if (typeof item === "number") scrape.pages.push(pages[item]!);
        else if ("page" in item) scrape.pages.push(changed(item, message.numbers));
        else scrape.families.push(item);
      }
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
  readonly pages: KeptPage[] = [];
  readonly families: MetricFamily[] = [];
  readonly #id: number;
  readonly #port: MessagePort;
  #chunks: Iterator<Uint8Array> | undefined;

  constructor(id: number, port: MessagePort) {
    this.#id = id;
    this.#port = port;
  }

  begin(accept: string, isZipped: boolean): void {
    const format = formatFor(accept);
    const { pages, families } = this;
    const plain = () => inBursts(piecesOf(format, pages, families, (page, family) => page.written(family, format)));
    const packed = () => inBursts(piecesOf(format, pages, families, (page, family) => page.zipped(family, format)));
    this.#chunks = joined(isZipped ? gzipped(allZipped(packed())) : plain(), chunkBytes);
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
