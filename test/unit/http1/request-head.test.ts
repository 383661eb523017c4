import { describe, expect, test } from "vitest";
import { lineKind, placeSize } from "../../../runtime/fields/header-list.ts";
import { reading } from "../../../runtime/http1/field-section.ts";
import { type RequestHead, RequestHeadReader } from "../../../runtime/http1/request-head.ts";

const limits = { headBytes: 200, fieldLines: 3 };

/** The head, what is wrong with it, or that more is needed. */
function read(text: string, bounds = limits): RequestHead | string {
  const reader = new RequestHeadReader(bounds, ["x-user*"]);
  const result = reader.read(Buffer.from(text, "latin1"), 0, text.length);
  return result === reading.complete ? reader.head! : result === reading.partial ? "more" : reader.problem;
}

const head = (...lines: string[]): string => ["GET / HTTP/1.1", ...lines, "", ""].join("\r\n");

describe("bounds of a request head", () => {
  test("the bytes of it all", () => {
    const of = (bytes: number): string => head(`a: ${"x".repeat(bytes - head("a: ").length)}`);
    expect(read(of(200))).toMatchObject({ method: "GET" });
    expect(read(of(201))).toBe("head-too-large");
    expect(read(of(201).slice(0, 200))).toBe("more");
    expect(read(of(202).slice(0, 201))).toBe("head-too-large");
    expect(read(`GET /${"x".repeat(300)}`)).toBe("target-too-long");
  });

  test("the number of fields", () => {
    expect(read(head("a: 1", "b: 2", "c: 3"))).toMatchObject({ minor: 1 });
    expect(read(head("a: 1", "b: 2", "c: 3", "d: 4"))).toBe("too-many-fields");
  });

  test("the length of the method, also of one whose end has not come", () => {
    expect(read(`${"M".repeat(32)} / HTTP/1.1\r\n\r\n`)).toMatchObject({ method: "M".repeat(32) });
    expect(read(`${"M".repeat(33)} / HTTP/1.1\r\n\r\n`)).toBe("bad-request-line");
    expect([read("M".repeat(32)), read("M".repeat(33))]).toEqual(["more", "bad-request-line"]);
  });

  test("the digits of a length", () => {
    expect(read(head("Content-Length: 999999999999999"))).toMatchObject({ contentLength: 999_999_999_999_999 });
    expect(read(head("Content-Length: 1000000000000000"))).toBe("bad-content-length");
    for (const none of ["", "-1", "+1", "1,1", "1 1", "0x1", "/", ":"])
      expect(read(head(`Content-Length: ${none}`)), none).toBe("bad-content-length");
  });
});

test.each([
  ["a request line that is none", " / HTTP/1.1\r\n\r\n", "bad-request-line"],
  ["no target", "GET  HTTP/1.1\r\n\r\n", "bad-request-line"],
  ["a later version (RFC 9110 §15.6.6)", "GET / HTTP/2.0\r\n\r\n", "bad-version"],
  ["the latest version that could be", "GET / HTTP/9.1\r\n\r\n", "bad-version"],
  ["an earlier version", "GET / HTTP/0.9\r\n\r\n", "bad-version"],
  ["a version past the digits", "GET / HTTP/:.1\r\n\r\n", "bad-request-line"],
  ["a minor version in front of the digits", "GET / HTTP/1./\r\n\r\n", "bad-request-line"],
  ["a later minor version", "GET / HTTP/1.2\r\n\r\n", "bad-version"],
  ["what is no version", "GET / HTTP/1.x\r\n\r\n", "bad-request-line"],
  ["a version in lower case", "GET / http/1.1\r\n\r\n", "bad-request-line"],
  ["a line feed alone behind the request line", "GET / HTTP/1.1\n\r\n", "bad-request-line"],
  ["more behind the version", "GET / HTTP/1.1 x\r\n\r\n", "bad-request-line"],
  ["two lengths (RFC 9112 §6.3)", head("Content-Length: 1", "Content-Length: 1"), "bad-content-length"],
  ["a length and chunks (RFC 9112 §6.1)", head("Content-Length: 1", "Transfer-Encoding: chunked"), "ambiguous-length"],
  ["chunks and a length", head("Transfer-Encoding: chunked", "Content-Length: 1"), "ambiguous-length"],
  ["a length of nothing and chunks", head("Content-Length: 0", "Transfer-Encoding: chunked"), "ambiguous-length"],
  ["two codings", head("Transfer-Encoding: gzip, chunked"), "bad-transfer-encoding"],
  ["chunks twice", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), "bad-transfer-encoding"],
  ["chunks in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-transfer-encoding"],
  ["a length as services know variables (RFC 3875 §4.1.18)", head("Content_Length: 1"), "bad-content-length"],
  ["a coding as they do", head("Transfer_Encoding: chunked"), "bad-transfer-encoding"],
])("a head is refused: %s", (_name, text, problem) => {
  expect(read(text)).toBe(problem);
});

test.each([
  [
    "connection",
    lineKind.connection,
    ["Host", "TE", "Expect", "Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings", "Proxy-Authorization"],
  ],
  [
    "forwarding",
    lineKind.forwarding,
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto"],
  ],
  ["claim", lineKind.claim, ["X-Real-IP", "X-Forwarded-Prefix", "X-User", "x_user_id", "X-USER-ROLES"]],
  ["end to end", lineKind.endToEnd, ["Accept", "Hosts", "X-Forwarde", "Y-User", "Authorization", "Cookie", "Forwarder", "Te-st"]],
])("lines of this kind are told from others: %s", (_name, kind, names) => {
  for (const name of names) {
    const found = read(head(`${name}: x`), { headBytes: 1_000, fieldLines: 10 });
    expect(typeof found === "string" ? found : found.headers.places[placeSize - 1], name).toBe(kind);
  }
});

test("what Connection names concerns the connection alone (RFC 9110 §7.6.1)", () => {
  const { headers } = read(head("Connection: close, X-Mine", "x-mine: 1", "X-Mines: 2")) as RequestHead;
  expect([0, 1, 2].map((line) => headers.places[line * placeSize + 4])).toEqual([
    lineKind.connection,
    lineKind.connection,
    lineKind.endToEnd,
  ]);
});

test("an upgrade is asked for by both fields, and not in HTTP/1.0 (RFC 9110 §7.8)", () => {
  const asks = (minor: number, ...lines: string[]): string =>
    (read([`GET / HTTP/1.${minor}`, ...lines, "", ""].join("\r\n")) as RequestHead).upgrade;
  expect(asks(1, "Connection: upgrade", "Upgrade: websocket")).toBe("websocket");
  expect(asks(0, "Connection: upgrade", "Upgrade: websocket")).toBe("");
  expect(asks(1, "Upgrade: websocket")).toBe("");
  expect(asks(1, "Connection: upgrade")).toBe("");
});
