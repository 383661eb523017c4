import { Worker } from "node:worker_threads";
import type { Exposition, MetricsItem } from "../../gateway/metrics.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { inSlices } from "../../life/in-slices.ts";
import { writeEvent } from "../../log/log.ts";
import { mediaTypeOf } from "../exposition/expose.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { threadCode } from "./thread-code.gen.ts";

export interface ScrapeThread {
  readonly __made: true;
  /** Undefined where there can be no thread: the scrape has to be written here. */
  scrape(accept: string, items: Iterable<MetricsItem>): Exposition | undefined;
}

export const createScrapeThread = (_config: object): ScrapeThread => new OneThread();

/** Mebibytes of text in the making; what is written is taken by and by. */
const mostMebibytes = 256;

interface Reader {
  readonly resolve: (chunk: Uint8Array | undefined) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Where there are many operations, to write what they counted takes a third of a second: too long for a thread that has
 * requests to answer, in slices too. It copies the numbers, which takes some milliseconds, and another one writes.
 */
class OneThread implements ScrapeThread, Contained {
  declare readonly __made: true;
  readonly #readers = new Map<number, Reader>();
  #worker: Worker | undefined = undefined;
  #isDenied = false;
  #last = 0;

  scrape(accept: string, items: Iterable<MetricsItem>): Exposition | undefined {
    const worker = (this.#worker ??= this.#start());
    if (worker === undefined) return undefined;
    return { mediaType: mediaTypeOf(accept), bytes: (isZipped) => this.#bytes(worker, items, accept, isZipped) };
  }

  async *#bytes(worker: Worker, items: Iterable<MetricsItem>, accept: string, isZipped: boolean): AsyncGenerator<Uint8Array> {
    const scrape = ++this.#last;
    const say = (message: ToThread, moved: ArrayBuffer[] = []): void => worker.postMessage(message, moved);
    const next = (): Promise<Uint8Array | undefined> =>
      new Promise((resolve, reject) => {
        this.#readers.set(scrape, { resolve, reject });
        // One that ended meanwhile answers nobody.
        if (this.#worker !== worker) return this.#settle(scrape, (reader) => reader.reject(new Error("the thread has ended")));
        say({ scrape, isWanted: true });
      });
    try {
      await inSlices(items, (item) => say({ scrape, item }, movable(item)));
      say({ scrape, accept, isZipped });
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
    } finally {
      say({ scrape, isOver: true });
    }
  }

  #start(): Worker | undefined {
    if (this.#isDenied) return undefined;
    try {
      const worker = new Worker(threadCode, {
        eval: true,
        env: {},
        argv: [],
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: mostMebibytes },
      });
      worker.unref();
      worker.on(
        "message",
        contained(this, ({ scrape, chunk, error }: FromThread): void =>
          this.#settle(scrape, ({ resolve, reject }) => (error === undefined ? resolve(chunk) : reject(new Error(error)))),
        ),
      );
      worker.on(
        "error",
        contained(this, (error: Error): void => this.broke(error)),
      );
      return worker;
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "ERR_ACCESS_DENIED") throw error;
      this.#isDenied = true;
      const advice = "Start the gateway with --allow-worker to have scrapes written beside it.";
      writeEvent("warning", "scrapes are written in the thread that answers requests", { advice });
      return undefined;
    }
  }

  /** The next scrape starts another one. */
  broke(error: unknown): void {
    this.#worker = undefined;
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const scrape of [...this.#readers.keys()]) this.#settle(scrape, ({ reject }) => reject(reason));
  }

  #settle(scrape: number, how: (reader: Reader) => void): void {
    const reader = this.#readers.get(scrape);
    this.#readers.delete(scrape);
    if (reader !== undefined) how(reader);
  }
}

/** Numbers are handed over, not copied once more. */
const movable = (item: MetricsItem): ArrayBuffer[] =>
  "operations" in item && item.numbers instanceof Float64Array && item.numbers.buffer instanceof ArrayBuffer
    ? [item.numbers.buffer]
    : [];
