import { Worker } from "node:worker_threads";
import type { Exposition, MetricsItem } from "../../gateway/metrics.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { inSlices } from "../../life/in-slices.ts";
import { writeEvent } from "../../log/log.ts";
import { formatFor } from "../exposition/expose.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { Packing } from "./packing.ts";
import { threadCode } from "./thread-code.gen.ts";

export interface ScrapeThread {
  readonly __made: true;
  /** Undefined where there can be no thread: the scrape has to be written here. */
  scrape(accept: string, items: Iterable<MetricsItem>): Exposition | undefined;
}

export const createScrapeThread = (_config: object): ScrapeThread => new OneThread();

/** Mebibytes of text in the making; what is written is taken by and by. */
const mostMebibytes = 256;
/**
 * Of what was just made: so little that it is cleared within 0.2 ms and by the thread itself. V8 has threads that help with
 * more, which all of the process share, and which are not as nice as this one.
 */
const mostYoungMebibytes = 2;

interface Running {
  readonly worker: Worker;
  readonly packing: Packing;
}

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
  #running: Running | undefined = undefined;
  #isDenied = false;
  #last = 0;

  scrape(accept: string, items: Iterable<MetricsItem>): Exposition | undefined {
    const running = (this.#running ??= this.#start());
    if (running === undefined) return undefined;
    return { mediaType: formatFor(accept).mediaType, bytes: (isZipped) => this.#bytes(running, items, accept, isZipped) };
  }

  async *#bytes(running: Running, items: Iterable<MetricsItem>, accept: string, isZipped: boolean): AsyncGenerator<Uint8Array> {
    const { worker, packing } = running;
    const scrape = ++this.#last;
    const say = (message: ToThread): void => worker.postMessage(message);
    const next = (): Promise<Uint8Array | undefined> =>
      new Promise((resolve, reject) => {
        this.#readers.set(scrape, { resolve, reject });
        // One that ended meanwhile answers nobody.
        if (this.#running !== running) return this.#settle(scrape, (reader) => reader.reject(new Error("the thread has ended")));
        say({ scrape, isWanted: true });
      });
    const used: Float64Array[] = [];
    try {
      await inSlices(packing.pack(items, used), (packed) => {
        if (packed !== undefined) say({ scrape, ...packed });
      });
      say({ scrape, accept, isZipped });
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
    } finally {
      say({ scrape, isOver: true });
      packing.giveBack(used);
    }
  }

  #start(): Running | undefined {
    if (this.#isDenied) return undefined;
    try {
      const worker = new Worker(threadCode, {
        eval: true,
        env: {},
        argv: [],
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: mostMebibytes, maxYoungGenerationSizeMb: mostYoungMebibytes },
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
        contained(this, (error: Error): void => this.#ended(worker, error.message)),
      );
      worker.on(
        "exit",
        contained(this, (code: number): void => this.#ended(worker, `it ended with ${code}`)),
      );
      return { worker, packing: new Packing() };
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "ERR_ACCESS_DENIED") throw error;
      this.#isDenied = true;
      const advice = "Start the gateway with --allow-worker to have scrapes written beside it.";
      writeEvent("warning", "scrapes are written in the thread that answers requests", { advice });
      return undefined;
    }
  }

  /** Told once of each, by its error or by its end. */
  #ended(worker: Worker, reason: string): void {
    if (this.#running?.worker !== worker) return;
    writeEvent("warning", "the thread that writes scrapes has ended", { reason, scrapes: this.#readers.size });
    this.broke(new Error(`the thread that writes scrapes has ended: ${reason}`));
  }

  /** The next scrape starts another thread. */
  broke(error: unknown): void {
    this.#running = undefined;
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const scrape of [...this.#readers.keys()]) this.#settle(scrape, ({ reject }) => reject(reason));
  }

  #settle(scrape: number, how: (reader: Reader) => void): void {
    const reader = this.#readers.get(scrape);
    this.#readers.delete(scrape);
    if (reader !== undefined) how(reader);
  }
}
