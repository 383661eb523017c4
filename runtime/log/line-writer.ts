import { fstatSync, write, writeSync } from "node:fs";
import { type Contained, contained } from "../life/boundary.ts";
import { lineOf } from "./line-of.ts";
import { logLoss } from "./log-loss.ts";

const shortestPause = 1;
const longestPause = 64;

/** Milliseconds for which a line may wait for others to be written with it. */
const gatherMs = 10;

/** What the writer needs of the system; replaced in tests. */
export interface LineOutput {
  write(bytes: Uint8Array, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  /** Throws an errno exception, `EAGAIN` among them. */
  writeSync(bytes: Uint8Array): number;
  /** Largest number of bytes to hand over in one write. */
  readonly batchBytes: number;
}

/**
 * Writes lines to a file descriptor in batches: those of a few milliseconds, or as many as one write may hold, one write
 * at a time, off the main thread. Handing a write to another thread costs as much as making several lines. While the reader is slow, lines wait up to a bound; past it they are dropped and counted, and a line says how
 * many were lost as soon as there is room again. Memory stays bounded and no request waits for a log.
 */
export class LineWriter implements Contained {
  readonly #output: LineOutput;
  readonly #limit: number;
  readonly #onDropped: (count: number) => string;
  /** Lines that are gathered, each encoded as it comes: of many lines as one text, all would be copied several times. */
  readonly #batch: Buffer;
  #end = 0;
  #queue: Uint8Array[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  readonly #last: (() => void)[] = [];
  #gathering: NodeJS.Timeout | undefined = undefined;
  #isScheduled = false;
  #isWriting = false;
  /** Milliseconds until the next try where the reader has no room. */
  #pause = shortestPause;

  /** `limit`: most bytes that wait. `onDropped` makes the line that reports a loss, without its line feed. */
  constructor(output: LineOutput, limit: number, onDropped: (count: number) => string) {
    this.#output = output;
    this.#limit = limit;
    this.#onDropped = onDropped;
    this.#batch = Buffer.allocUnsafeSlow(output.batchBytes);
  }

  /** Lines lost for good and not reported yet. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a line; the line feed is put behind it. */
  write(line: string): void {
    // Up to three bytes for each unit of UTF-16.
    if (this.#end + line.length * 3 + 1 > this.#batch.length) return this.#writeSlowly(line);
    this.#keep(this.#end + this.#batch.write(line, this.#end));
  }

  /** Adds the line that `lineOf` makes of these, without making it. */
  writeMembers(members: string): void {
    const batch = this.#batch;
    const start = this.#end;
    if (members === "" || start + members.length * 3 + 2 > batch.length) return this.#writeSlowly(lineOf(members));
    const end = start + 1 + batch.write(members, start + 1);
    batch[start] = 0x7b;
    batch[end - 1] = 0x7d;
    this.#keep(end);
  }

  /** Of a line that ends here and is encoded behind the others. */
  #keep(end: number): void {
    const bytes = end + 1 - this.#end;
    if (this.#waitingBytes + bytes > this.#limit) return this.#lose(1);
    this.#batch[end] = 0x0a;
    this.#end = end + 1;
    this.#waitingBytes += bytes;
    this.#schedule();
  }

  /** Of one that perhaps does not fit behind the others. */
  #writeSlowly(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + bytes > this.#limit) return this.#lose(1);
    this.#append(line, bytes);
    this.#schedule();
  }

  /** `last` is called before the process ends, and may write. */
  atEnd(last: () => void): void {
    this.#last.push(last);
  }

  /** A full batch is written soon, another one when it has had the time to fill. */
  #schedule(): void {
    if (this.#isWriting || this.#isScheduled) return;
    if (this.#queue.length > 0) {
      this.#isScheduled = true;
      setImmediate(this.#pump);
    } else if (this.#end > 0) this.#gathering ??= setTimeout(this.#pump, gatherMs);
  }

  /** Writes everything that waits before it returns; for the end of the process. Gives up on a reader that is stuck. */
  flushSync(): void {
    for (const last of this.#last) last();
    if (this.#dropped > 0) this.#reportLoss();
    this.#seal();
    const pause = new Int32Array(new SharedArrayBuffer(4));
    let patience = 200;
    for (const bytes of this.#queue) {
      let offset = 0;
      while (offset < bytes.length) {
        try {
          offset += this.#output.writeSync(bytes.subarray(offset));
        } catch (error) {
          if (!isBusy(error) || --patience < 0) return;
          Atomics.wait(pause, 0, 0, 5);
        }
      }
    }
    this.#queue = [];
    this.#waitingBytes = 0;
  }

  #lose(lines: number): void {
    this.#dropped += lines;
    logLoss.lines += lines;
  }

  #append(line: string, bytes: number): void {
    if (this.#end + bytes > this.#batch.length) this.#seal();
    this.#waitingBytes += bytes;
    if (bytes > this.#batch.length) {
      this.#queue.push(Buffer.from(`${line}\n`));
      return;
    }
    this.#end += this.#batch.write(line, this.#end);
    this.#batch[this.#end++] = 0x0a;
  }

  #reportLoss(): void {
    const line = this.#onDropped(this.#dropped);
    this.#dropped = 0;
    this.#append(line, Buffer.byteLength(line) + 1);
  }

  #seal(): void {
    if (this.#end === 0) return;
    this.#queue.push(Buffer.from(this.#batch.subarray(0, this.#end)));
    this.#end = 0;
  }

  /** A write that cannot even be begun loses its lines, as one that fails. */
  broke(): void {
    this.#isWriting = false;
    this.#lose(1);
  }

  readonly #pump = contained(this, (): void => {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#isScheduled = false;
    if (this.#isWriting) return;
    if (this.#queue.length === 0) this.#seal();
    const bytes = this.#queue.shift();
    if (bytes === undefined) return;
    this.#isWriting = true;
    const onWritten = contained(this, (error: NodeJS.ErrnoException | null, written: number): void => {
      this.#isWriting = false;
      if (error !== null && isBusy(error)) {
        this.#queue.unshift(bytes);
        setTimeout(this.#pump, this.#pause);
        this.#pause = Math.min(longestPause, this.#pause * 2);
        return;
      }
      this.#pause = shortestPause;
      if (error !== null) {
        // The reader is gone or the disk is full: this batch is lost, the next may fare better.
        this.#waitingBytes -= bytes.length;
        this.#lose(bytes.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0));
      } else {
        this.#waitingBytes -= written;
        if (written < bytes.length) this.#queue.unshift(bytes.subarray(written));
        // Only after a success: a report that is lost itself would lose the count.
        if (this.#dropped > 0 && this.#waitingBytes < this.#limit / 2) this.#reportLoss();
      }
      this.#schedule();
    });
    this.#output.write(bytes, onWritten);
  });
}

const isBusy = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EAGAIN";

/**
 * A descriptor as output. Where several workers write to it, a write to a pipe stays within PIPE_BUF, so that their lines
 * never mix (POSIX write: such writes are atomic).
 */
export function descriptorOutput(descriptor: number, isShared = true): LineOutput {
  let isFile = false;
  try {
    isFile = fstatSync(descriptor).isFile();
  } catch {
    // A closed descriptor fails each write and is dealt with there.
  }
  return {
    write: (bytes, done) => write(descriptor, bytes, 0, bytes.length, null, done),
    writeSync: (bytes) => writeSync(descriptor, bytes, 0, bytes.length, null),
    batchBytes: isShared && !isFile ? 4_096 : 65_536,
  };
}
