import { describe, expect, test } from "vitest";
import { decodeContent } from "../../../runtime/body/content-coding.ts";
import { isWholeFrames, zstdCoding } from "../../../runtime/body/zstd.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");
/** Made by `zstdCompressSync` and `createZstdCompress` of Node 24. */
const frames = {
  "of one segment": hex("28b52ffd20073900007b2261223a317d"),
  "with a checksum": hex("28b52ffd24f09d00006068656c6c6f20776f726c64200100e1532509d5a08904"),
  "that streamed": hex("28b52ffd00583900007b2261223a317d"),
  "of several blocks, one of them one byte that is repeated": hex("28b52ffd00585400001000000100fbff39c00202001000039f0400"),
};
const good = frames["of one segment"];
const skipped = hex("502a4d180400000001020304");

describe.each(Object.entries(frames))("a frame of zstd %s", (_what, frame) => {
  test("is whole from its first byte to its last, and nowhere before", () => {
    const lengths = Array.from({ length: frame.length + 1 }, (_, length) => length);
    expect(lengths.filter((length) => isWholeFrames(frame.subarray(0, length)))).toEqual([frame.length]);
  });

  test("is not with something behind it, unless that is a frame", () => {
    expect(isWholeFrames(Buffer.concat([frame, hex("00")]))).toBe(false);
    expect(isWholeFrames(Buffer.concat([frame, Buffer.alloc(20)]))).toBe(false);
    expect(isWholeFrames(Buffer.concat([frame, frame.subarray(0, -1)]))).toBe(false);
    expect(isWholeFrames(Buffer.concat([skipped, frame, skipped, frame]))).toBe(true);
  });
});

test("what says of itself that it is longer than it is, is not whole", () => {
  expect(isWholeFrames(hex("502a4d18ffffffff01020304"))).toBe(false);
  expect(isWholeFrames(hex("28b52ffd2007ffffff7b2261223a317d"))).toBe(false);
  expect(isWholeFrames(hex("28b52ffd20073f00007b2261223a317d")), "a kind of block that there is not").toBe(false);
  expect(isWholeFrames(Buffer.from("no frame at all"))).toBe(false);
});

const zstd = zstdCoding();

test.runIf(zstd === undefined)("a Node without zstd does not read it", () => {
  const { problem } = decodeContent(good, "zstd", 100, zstd);
  expect(problem).toMatchObject({
    unsupported: "coding",
    detail: "The content coding is not supported; gzip, deflate and br are.",
  });
});

describe.runIf(zstd !== undefined)("a body in zstd", () => {
  const read = (bytes: Buffer, most = 100) => decodeContent(bytes, "zstd", most, zstd);

  test("is read, within its bound", () => {
    expect(Buffer.from(read(good).value!).toString()).toBe('{"a":1}');
    expect(read(good, 6).problem?.isTooLarge).toBe(true);
  });

  test.each<readonly [string, Buffer]>([
    ["cut off", good.subarray(0, -1)],
    ["cut off behind its head", good.subarray(0, 6)],
    ["with other bytes behind it", Buffer.concat([good, hex("78")])],
    ["with a wrong checksum", hex("28b52ffd24f09d00006068656c6c6f20776f726c64200100e1532509d5a08905")],
    ["with a window of 16 MiB (RFC 9659)", hex("28b52ffd00703900007b2261223a317d")],
    ["with a window of 128 MiB", hex("28b52ffd00883900007b2261223a317d")],
  ])("is malformed %s", (_what, bytes) => {
    const { value, problem } = read(bytes);
    expect([value, problem?.detail]).toEqual([undefined, "The body is no valid zstd."]);
  });

  test("may have a window of 8 MiB", () => {
    expect(Buffer.from(read(hex("28b52ffd00683900007b2261223a317d")).value!).toString()).toBe('{"a":1}');
  });
});
