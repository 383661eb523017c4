import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeContent } from "../../../runtime/body/content-coding.ts";

const content = Buffer.from('{"id":1}');
const codings = {
  gzip: gzipSync(content),
  deflate: deflateSync(content),
  "deflate ": deflateRawSync(content),
  br: brotliCompressSync(content),
};

describe.each(Object.entries(codings))("a body in %s", (name, coded) => {
  test("is read with nothing behind it", () => {
    expect(decodeContent(coded, name, 100).value).toEqual(content);
  });

  // Readers differ: gzip(1) warns, zlib tells where it ended, Go's and Java's go on or fail (traffic part 3, point 11).
  test.each(["x", "\0", "\0".repeat(20), '{"id":2}', "\x1f\x8b"])(
    "is malformed with other bytes behind its end: %j",
    (behind) => {
      const { value, problem } = decodeContent(Buffer.concat([coded, Buffer.from(behind, "latin1")]), name, 100);
      expect([value, problem?.detail]).toEqual([undefined, `The body is no valid ${name.trim()}.`]);
    },
  );
});

test("members of gzip that follow each other are one content (RFC 1952 §2.2), and are bounded together (traffic row 62)", () => {
  const two = Buffer.concat([codings.gzip, codings.gzip]);
  expect(decodeContent(two, "gzip", 2 * content.length).value).toEqual(Buffer.concat([content, content]));
  expect(decodeContent(two, "gzip", 2 * content.length - 1).problem?.isTooLarge).toBe(true);
});
