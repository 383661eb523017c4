import { describe, expect, test } from "vitest";
import { ChunkedBody } from "../../../runtime/http1/chunked-body.ts";

/** What is read of a body, cut into pieces of this many bytes: content and trailers, or that it is refused. */
function read(text: string, step = text.length): string {
  const bytes = Buffer.from(text, "latin1");
  const body = new ChunkedBody();
  let content = "";
  for (let start = 0; start < bytes.length && !body.isDone; start += step) {
    const end = Math.min(bytes.length, start + step);
    if (body.read(bytes, start, end) < 0) return "refused";
    for (let at = 0; at < body.ranges.length; at += 2) content += bytes.toString("latin1", body.ranges[at], body.ranges[at + 1]);
  }
  return body.isDone ? content + (body.trailers?.lines.join(" ") ?? "") : "more";
}

/** A trailer section of this many bytes. */
const trailers = (length: number): string => `a: ${"x".repeat(length - "a: \r\n\r\n".length)}\r\n\r\n`;

describe.each([
  ["at once", undefined],
  ["byte by byte", 1],
])("a chunked body (RFC 9112 §7.1), %s", (_name, step) => {
  test.each([
    ["chunks one after the other", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"],
    ["digits in both cases", "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"],
    [
      "every digit",
      `9\r\n123456789\r\nf\r\n${"y".repeat(15)}\r\nF0\r\n${"z".repeat(240)}\r\n0\r\n\r\n`,
      `123456789${"y".repeat(15)}${"z".repeat(240)}`,
    ],
    ["as many digits as are taken", "00000001\r\na\r\n00000000\r\n\r\n", "a"],
    ["digits of each chunk anew", "0001\r\na\r\n0001\r\nb\r\n0001\r\nc\r\n0\r\n\r\n", "abc"],
    ["as many bytes of extensions as are taken", `1;${"e".repeat(1_024)}\r\na\r\n0\r\n\r\n`, "a"],
    ["trailers", "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", "aX-Sum 1"],
    ["as long a trailer section as is taken", `0\r\n${trailers(8_192)}`, `a ${"x".repeat(8_192 - 7)}`],
  ])("is read: %s", (_what, text, wanted) => {
    expect(read(text, step)).toBe(wanted);
  });

  test.each([
    ["one digit more", "000000001\r\na\r\n0\r\n\r\n"],
    ["no digit", "\r\na\r\n0\r\n\r\n"],
    ["no digit in front of an extension", ";a\r\n0\r\n\r\n"],
    ["a byte more of extensions", `1;${"e".repeat(1_025)}\r\na\r\n0\r\n\r\n`],
    ["extensions of all chunks together", `1;${"e".repeat(1_000)}\r\na\r\n1;${"e".repeat(25)}\r\na\r\n0\r\n\r\n`],
    ["an extension that is none", "1; =\r\na\r\n0\r\n\r\n"],
    ["white space behind the size", "1 \r\na\r\n0\r\n\r\n"],
    ["a line feed alone behind the size", "1\na\r\n0\r\n\r\n"],
    ["a carriage return alone behind the size", "1\rXa\r\n0\r\n\r\n"],
    ["more than the size says", "1\r\nab\r\n0\r\n\r\n"],
    ["a line feed alone behind the content", "1\r\na\n0\r\n\r\n"],
    ["a carriage return alone behind the content", "1\r\na\rX0\r\n\r\n"],
    ["a letter past the digits", "g\r\na\r\n0\r\n\r\n"],
    ["a sign past the digits", ":\r\na\r\n0\r\n\r\n"],
    ["a sign", "+1\r\na\r\n0\r\n\r\n"],
    ["a prefix", "0x1\r\na\r\n0\r\n\r\n"],
    ["a byte more of trailers", `0\r\n${trailers(8_193)}`],
    ["a length among trailers", "0\r\nContent-Length: 1\r\n\r\n"],
    ["another framing among trailers", "0\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ])("is refused: %s", (_what, text) => {
    expect(read(text, step)).toBe("refused");
  });
});

test("what stands behind a body is left alone", () => {
  const text = "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
  const body = new ChunkedBody();
  expect(body.read(Buffer.from(text), 0, text.length)).toBe(text.indexOf("GET"));
  expect(body.read(Buffer.from("more"), 0, 4)).toBe(0);
});
