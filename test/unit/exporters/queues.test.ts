import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoundedQueue } from "../../../runtime/exporters/bounded-queue.ts";
import { ByteBuffer } from "../../../runtime/exporters/byte-buffer.ts";
import { EncodedQueue, type Encoding } from "../../../runtime/exporters/encoded-queue.ts";
import type { Cut, Queue, QueueBounds } from "../../../runtime/exporters/queue.ts";

/** Numbers as texts in brackets: what is around them is longer than one of them. */
const numbers: Encoding<number> = {
  createBuffer: () => new ByteBuffer(),
  write: (item, into) => into.utf8(`,${item}`),
  front: 9,
  behind: 9,
  frame(bytes, from, to) {
    bytes.write("<numbers>", from - 9, "latin1");
    bytes.write("</numbers", to, "latin1");
    return bytes.subarray(from - 9, to + 9);
  },
};

const numbersIn = (batch: Uint8Array | readonly number[]): readonly number[] => {
  if (!(batch instanceof Uint8Array)) return batch;
  const [, list] = /^<numbers>((?:,\d+)+)<\/numbers$/.exec(Buffer.from(batch).toString()) ?? [];
  if (list === undefined) throw new Error(`broken: ${Buffer.from(batch).toString()}`);
  return list.slice(1).split(",").map(Number);
};

type Numbers = Queue<number, Uint8Array | readonly number[]>;
const kinds: Readonly<Record<string, (bounds: QueueBounds, most: number, dropped: (count: number) => void) => Numbers>> = {
  "of things": (bounds, _, dropped) =>
    new BoundedQueue(bounds, { count: () => 1, bytes: (item) => String(item).length + 1 }, dropped),
  "of bytes": (bounds, most, dropped) => new EncodedQueue(bounds, most, numbers, dropped),
};

/** What is done to a queue: something comes, a batch goes out, one that is out comes back in halves, or is gone, or time passes. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), count: fc.integer({ min: 1, max: 9 }) }) },
  fc.record({ kind: fc.constant("cut" as const), most: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constantFrom("halve" as const, "release" as const), which: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant("expire" as const), age: fc.integer({ min: 3, max: 30 }) }),
);
const bounds = fc.record({
  items: fc.integer({ min: 1, max: 20 }),
  bytes: fc.integer({ min: 2, max: 60 }),
  full: fc.constantFrom("dropOldest" as const, "dropNewest" as const),
});

describe.each(Object.entries(kinds))("a queue %s", (_, createQueue) => {
  test("telemetry row 23: loses nothing that it does not count, keeps the order, and never holds more than its bounds", () => {
    fc.assert(
      fc.property(bounds, fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 60 }), (limits, most, steps) => {
        let dropped = 0;
        const queue = createQueue(limits, most, (count) => {
          dropped += count;
        });
        const out: Cut<Uint8Array | readonly number[]>[] = [];
        const waiting: number[] = [];
        let [taken, gone, now] = [0, 0, 0];
        /** How many were dropped, the queue says; which ones, `full` does: whoever has just come is the last in line. */
        const lose = (count: number, isNewest: boolean): void => {
          waiting.splice(isNewest ? waiting.length - count : 0, count);
        };
        for (const one of steps) {
          now++;
          if (one.kind === "add")
            for (let index = 0; index < one.count; index++) {
              const before = dropped;
              waiting.push(taken);
              queue.add(taken++, now);
              lose(dropped - before, limits.full === "dropNewest");
            }
          else if (one.kind === "cut") {
            const cut = queue.cut(one.most);
            expect(cut === undefined).toBe(waiting.length === 0);
            if (cut === undefined) continue;
            const expected = waiting.splice(0, cut.count);
            expect([numbersIn(cut.batch), expected.length > 0, cut.count <= one.most]).toEqual([expected, true, true]);
            out.push(cut);
          } else if (one.kind === "expire") {
            const before = dropped;
            queue.expire(now - one.age);
            lose(dropped - before, false);
            expect(queue.oldest).toBeGreaterThanOrEqual(now - one.age);
          } else {
            const [cut] = out.splice(one.which, 1);
            if (cut === undefined) continue;
            const halves = one.kind === "halve" ? cut.halves() : undefined;
            if (halves === undefined) {
              gone += cut.count;
              cut.release();
            } else {
              expect(halves.flatMap(({ batch }) => numbersIn(batch))).toEqual(numbersIn(cut.batch));
              expect(halves.map(({ since }) => since >= cut.since)).toEqual([true, true]);
              out.push(...halves);
            }
          }
          expect([queue.waiting, queue.count + dropped + gone]).toEqual([waiting.length, taken]);
          expect([queue.count <= limits.items, queue.bytes <= limits.bytes]).toEqual([true, true]);
        }
        for (const cut of out) cut.release();
        queue.clear();
        expect([queue.count, queue.bytes, queue.oldest]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
      }),
      { numRuns: 300 },
    );
  });
});

test("a batch that is sent again is the same after others have come and gone", () => {
  const queue = new EncodedQueue<number>({ items: 1_000, bytes: 1e6, full: "dropOldest" }, 10, numbers, () => {});
  const fill = (from: number): void => {
    for (let item = from; item < from + 10; item++) queue.add(item, 0);
  };
  fill(0);
  const held = queue.cut(10)!;
  for (let round = 1; round < 20; round++) {
    fill(round * 10);
    queue.cut(10)!.release();
  }
  expect(numbersIn(held.batch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
