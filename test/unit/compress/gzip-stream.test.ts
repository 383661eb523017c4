import { constants, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GzipStream, windowFor } from "../../../runtime/policies/compress/gzip-stream.ts";

/** Text that repeats itself near and far, and noise, in pieces of any size; true: nothing more comes for now. */
const pieces = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ text: fc.string({ maxLength: 40 }), times: fc.nat({ max: 3_000 }) }) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 70_000, size: "max" }) },
    { weight: 3, arbitrary: fc.constant(true as const) },
  ),
  { maxLength: 12 },
);

const streamed = (level = 4): GzipStream => new GzipStream(level, () => expect.fail("nobody asks for room here"));

describe("an answer that is compressed as it comes", () => {
  test("is one member of gzip with the same content, however it comes (RFC 1952)", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 100 }), (parts, level, offset) => {
        const stream = streamed(level);
        const coded: Uint8Array[] = [];
        const content: Uint8Array[] = [];
        for (const part of parts) {
          if (part === true) coded.push(stream.lull() ?? Buffer.alloc(0));
          else {
            const bytes = part instanceof Uint8Array ? part : Buffer.from(part.text.repeat(part.times));
            content.push(bytes);
            // In a buffer that others write to afterwards.
            const lent = Buffer.concat([Buffer.alloc(offset, 1), bytes, Buffer.alloc(7, 2)]);
            coded.push(Buffer.from(stream.piece(lent, offset, offset + bytes.length)));
            lent.fill(0);
          }
        }
        coded.push(stream.end());
        const all = Buffer.concat(coded);
        expect(gunzipSync(all).equals(Buffer.concat(content))).toBe(true);
        // A second member would begin with another head; of the trailer, the length is that of all content.
        expect(all.readUInt32LE(all.length - 4)).toBe(Buffer.concat(content).length);
      }),
      { numRuns: 60 },
    );
  });

  test("can be read up to where it paused, each time it pauses (traffic row 60)", () => {
    const stream = streamed();
    let coded = Buffer.alloc(0);
    let read = "";
    for (let event = 0; event < 200; event++) {
      const text = `id: ${event}\ndata: {"n":${event * 7_919},"text":"${"x".repeat(event)}"}\n\n`;
      const bytes = Buffer.from(text);
      coded = Buffer.concat([coded, stream.piece(bytes, 0, bytes.length), stream.lull()!]);
      read += text;
      // What is there of it, as a client reads it that does not wait for the end.
      if (event % 10 === 0) expect(`${gunzipSync(coded, { finishFlush: constants.Z_SYNC_FLUSH })}`).toBe(read);
    }
  });

  test("is almost as short as one that is compressed as a whole", () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `{"id":${at * 37},"name":"customer ${(at * 7_919) % 977}"}`).join(",");
    const bytes = Buffer.from(text);
    const stream = streamed();
    const coded = Buffer.concat([stream.piece(bytes, 0, bytes.length), stream.end()]);
    const whole = streamed();
    const inPieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 16_384) {
      inPieces.push(whole.piece(bytes, at, Math.min(bytes.length, at + 16_384)));
      inPieces.push(whole.lull() ?? Buffer.alloc(0));
    }
    expect(gunzipSync(coded).equals(bytes)).toBe(true);
    expect(Buffer.concat([...inPieces, whole.end()]).length).toBeLessThan(coded.length * 1.05);
  });

  test("has a window that holds what it can look back to", () => {
    for (const bytes of [0, 1, 250, 251, 4_096, 32_506, 32_507, 98_304]) {
      const bits = windowFor(bytes);
      expect([bits >= 9, bits <= 15, bits === 15 || 2 ** bits >= bytes + 262], `${bytes}`).toEqual([true, true, true]);
    }
  });
});
