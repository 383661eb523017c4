import zlib, { brotliDecompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBrotliCoding } from "../../../runtime/policies/compress/brotli.ts";
import type { Coding, CodingStream } from "../../../runtime/policies/compress/coding.ts";
import { hasEngines } from "../../../runtime/policies/compress/engine.ts";
import { createGzipCoding } from "../../../runtime/policies/compress/gzip.ts";
import { createZstdCoding } from "../../../runtime/policies/compress/zstd.ts";

type Unpack = (bytes: Uint8Array, options?: { readonly finishFlush: number }) => Buffer;

/** From Node 22.15 on, and so not in the types of the oldest Node that is supported. */
const { zstdDecompressSync: unzstd } = zlib as unknown as { readonly zstdDecompressSync?: Unpack };

const codings: readonly (readonly [name: string, create: (level: number) => Coding, unpack: Unpack, flush: number])[] = [
  ["br", (level) => createBrotliCoding({ level }), brotliDecompressSync, zlib.constants.BROTLI_OPERATION_FLUSH],
  // ZSTD_e_flush
  ...(unzstd === undefined ? [] : [["zstd", (level: number) => createZstdCoding({ level })!, unzstd, 1] as const]),
];

/** Text that repeats itself near and far, and noise, in pieces of any size; true: nothing more comes for now. */
const pieces = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ text: fc.string({ maxLength: 40 }), times: fc.nat({ max: 3_000 }) }) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 70_000, size: "max" }) },
    { weight: 3, arbitrary: fc.constant(true as const) },
  ),
  { maxLength: 8 },
);

const streamed = (coding: Coding): CodingStream => coding.stream(() => expect.fail("nobody asks for room here"));

test("this Node has engines that compress at once", () => {
  expect(hasEngines()).toBe(true);
});

test("a Node without zstd gets no coding of that name, and one with it does", () => {
  expect(createZstdCoding({ level: 3 })?.name).toBe(unzstd === undefined ? undefined : "zstd");
});

describe.each(codings)("an answer that is compressed by %s", (_name, create, unpack, flush) => {
  test("has the same content, however it comes, and can be read up to each pause (traffic row 60)", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 6 }), fc.nat({ max: 100 }), (parts, level, offset) => {
        const stream = streamed(create(level));
        const coded: Uint8Array[] = [];
        const content: Uint8Array[] = [];
        for (const part of parts) {
          if (part === true) {
            const more = stream.lull!();
            if (more === undefined) continue;
            coded.push(more as Uint8Array);
            const read = unpack(Buffer.concat(coded), { finishFlush: flush });
            expect(read.equals(Buffer.concat(content))).toBe(true);
          } else {
            const bytes = part instanceof Uint8Array ? part : Buffer.from(part.text.repeat(part.times));
            content.push(bytes);
            // In a buffer that others write to afterwards.
            const lent = Buffer.concat([Buffer.alloc(offset, 1), bytes, Buffer.alloc(7, 2)]);
            coded.push(stream.piece(lent, offset, offset + bytes.length) as Uint8Array);
            lent.fill(0);
          }
        }
        coded.push(stream.end!() as Uint8Array);
        expect(unpack(Buffer.concat(coded)).equals(Buffer.concat(content))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("gives its engine back once, and takes nothing behind its end", () => {
    const coding = create(4);
    const stream = streamed(coding);
    const bytes = Buffer.from("text");
    stream.piece(bytes, 0, 4);
    stream.end!();
    stream.close!();
    expect(() => stream.piece(bytes, 0, 4)).toThrow("an answer went on behind its end");
    // One that is left before its first byte has none.
    streamed(coding).close!();
  });
});

describe.each([
  ["gzip", (level: number) => createGzipCoding({ level }), zlib.gunzipSync as Unpack] as const,
  ...codings.map(([name, create, unpack]) => [name, create, unpack] as const),
])("whole answers in %s", (_name, create, unpack) => {
  test("follow each other through one engine, and none has anything of another", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 65_536, size: "max" }), { maxLength: 4 }), (bodies) => {
        const coding = create(1);
        for (const body of [...bodies, Buffer.alloc(65_536), Buffer.alloc(0)]) {
          const coded = coding.whole(body);
          expect(unpack(coded).equals(Buffer.from(body))).toBe(true);
          // As if it were the first of all.
          expect(Buffer.from(create(1).whole(body)).equals(Buffer.from(coded))).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });
});
