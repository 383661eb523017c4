import type { ByteBuffer } from "./byte-buffer.ts";
import type { Cut, Dropped, Queue, QueueBounds } from "./queue.ts";

/** How things become bytes one by one, and many of them a message. */
export interface Encoding<Item, Into extends ByteBuffer = ByteBuffer> {
  createBuffer(): Into;
  /** Appends it. */
  write(item: Item, into: Into): void;
  /** Bytes that `frame` may take in front of what was written, and behind it. */
  readonly front: number;
  readonly behind: number;
  /** The message with what stands from `from` to `to`, in the same bytes. */
  frame(bytes: Buffer, from: number, to: number): Uint8Array;
}

/** Segments that are kept for what comes. */
const mostSpare = 4;

/** Of the bound in bytes, how much a segment may hold: what is dropped from its begin is only let go with all of it. */
const shareOfSegment = 8;
const leastSegment = 16_384;

/**
 * A queue of things that are encoded as they come. They are bytes in few large buffers from then on: nothing that the garbage
 * collector has to look at or to move, and of a size that is known.
 */
export class EncodedQueue<Item, Into extends ByteBuffer = ByteBuffer> implements Queue<Item, Uint8Array> {
  readonly #bounds: QueueBounds;
  readonly #encoding: Encoding<Item, Into>;
  readonly #dropped: Dropped;
  /** Items of a segment, and bytes after which it takes no further one. */
  readonly #most: number;
  readonly #mostBytes: number;
  /** One is a batch, or what is left of it. All but the last one have something in them. */
  readonly #segments: Segment<Into>[] = [];
  readonly #spare: Segment<Into>[] = [];
  #waiting = 0;
  #count = 0;
  #weight = 0;

  /** `most`: items of a batch. */
  constructor(bounds: QueueBounds, most: number, encoding: Encoding<Item, Into>, dropped: Dropped) {
    this.#bounds = bounds;
    this.#most = Math.min(most, bounds.items);
    this.#mostBytes = encoding.front + Math.max(leastSegment, bounds.bytes / shareOfSegment);
    this.#encoding = encoding;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#weight;
  }

  get oldest(): number {
    if (this.#waiting === 0) return Number.POSITIVE_INFINITY;
    const { times, first } = this.#segments[0]!;
    return times[first]!;
  }

  countOf(): number {
    return 1;
  }

  add(item: Item, now: number): void {
    const { items, bytes, full } = this.#bounds;
    // Then it need not be encoded.
    if (full === "dropNewest" && this.#count >= items) return this.#dropped(1);
    const segment = this.#last();
    const { into } = segment;
    const start = into.end;
    this.#encoding.write(item, into);
    const size = into.end - start;
    while (this.#count >= items || this.#weight + size > bytes) {
      // What is on its way cannot be called back, so an item may find no room though all that waits was dropped.
      if (full === "dropNewest" || this.#waiting === 0) {
        into.end = start;
        return this.#dropped(1);
      }
      this.#dropOldest();
    }
    segment.note(into.end, now);
    this.#waiting++;
    this.#count++;
    this.#weight += size;
  }

  cut(most: number): Cut<Uint8Array> | undefined {
    if (this.#waiting === 0) return undefined;
    const segment = this.#segments[0]!;
    const { first, size } = segment;
    if (size - first > most) {
      const part = this.#copyOf(segment, first, first + most);
      segment.first += most;
      this.#waiting -= most;
      return this.#cutOf(part);
    }
    this.#segments.shift();
    this.#waiting -= size - first;
    return this.#cutOf(segment);
  }

  expire(before: number): void {
    while (this.oldest < before) this.#dropOldest();
  }

  clear(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  /** The one that takes what comes. */
  #last(): Segment<Into> {
    const { length } = this.#segments;
    if (length > 0) {
      const last = this.#segments[length - 1]!;
      // All of it was dropped.
      if (last.first === last.size) last.clear();
      if (last.size < this.#most && last.into.end < this.#mostBytes) return last;
    }
    const next = this.#empty();
    this.#segments.push(next);
    return next;
  }

  #empty(): Segment<Into> {
    const { createBuffer, front } = this.#encoding;
    const segment = this.#spare.pop() ?? new Segment(createBuffer(), front, this.#most);
    segment.clear();
    return segment;
  }

  #keep(segment: Segment<Into>): void {
    if (this.#spare.length < mostSpare) this.#spare.push(segment);
  }

  #dropOldest(): void {
    const segment = this.#segments[0]!;
    this.#weight -= segment.startOf(segment.first + 1) - segment.startOf(segment.first);
    this.#count--;
    this.#waiting--;
    segment.first++;
    // The last one may just be written to.
    if (segment.first === segment.size && this.#segments.length > 1) {
      this.#segments.shift();
      this.#keep(segment);
    }
    this.#dropped(1);
  }

  /** A segment of its own with some of the items of another. */
  #copyOf(segment: Segment<Into>, from: number, to: number): Segment<Into> {
    const copy = this.#empty();
    const start = segment.startOf(from);
    copy.into.append(segment.into.bytes.subarray(start, segment.startOf(to)));
    for (let index = from; index < to; index++)
      copy.note(segment.startOf(index + 1) - start + this.#encoding.front, segment.times[index]!);
    return copy;
  }

  #cutOf(segment: Segment<Into>): Cut<Uint8Array> {
    const { into, first, size, times } = segment;
    const [from, to, count] = [segment.startOf(first), into.end, size - first];
    into.reserve(this.#encoding.behind);
    return {
      batch: this.#encoding.frame(into.bytes, from, to),
      count,
      since: times[first]!,
      halves: () => {
        if (count === 1) return undefined;
        const middle = first + Math.ceil(count / 2);
        return [this.#cutOf(this.#copyOf(segment, first, middle)), this.#cutOf(this.#copyOf(segment, middle, size))];
      },
      release: () => {
        this.#count -= count;
        this.#weight -= to - from;
        this.#keep(segment);
      },
    };
  }
}

/** Items one behind the other. */
class Segment<Into extends ByteBuffer> {
  readonly into: Into;
  readonly #front: number;
  /** Of each item: where it ends, and when it came. */
  readonly #ends: Int32Array;
  readonly times: Float64Array;
  size = 0;
  /** Those before it were dropped. */
  first = 0;

  constructor(into: Into, front: number, most: number) {
    this.into = into;
    this.#front = front;
    this.#ends = new Int32Array(most);
    this.times = new Float64Array(most);
  }

  clear(): void {
    this.into.end = this.#front;
    this.size = 0;
    this.first = 0;
  }

  note(end: number, time: number): void {
    this.#ends[this.size] = end;
    this.times[this.size] = time;
    this.size++;
  }

  startOf(index: number): number {
    return index === 0 ? this.#front : this.#ends[index - 1]!;
  }
}
