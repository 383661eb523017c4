import fc from "fast-check";

/** The first, `weight` times as often as all others together. */
const mostly = <T>(usual: T, weight: number, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const pick = fc.constantFrom;

const lineEnd = mostly("\r\n", 60, "\n", "\r", "\r\r\n", "\n\r", "\r\n ", "\r\n\t", " \r\n", "\0\r\n", "\r\n\r\n");
const separator = mostly(": ", 40, ":", " :", " : ", ":\t", "\t:", ": \t ", "", " ", "::", ":\0", ":\v", "=");
const octets = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1"));

const method = mostly(
  "GET",
  2,
  "POST",
  "PUT",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "PATCH",
  "TRACE",
  "CONNECT",
  "M-SEARCH",
  "get",
  "PRI",
);
const targets = [
  "/",
  "/a?b=c",
  "*",
  "http://a/b",
  "a:80",
  "//a/b",
  "/a b",
  "/a#f",
  "http://u@a/",
  "/\\..",
  "",
  "/%2e%2e/",
  "a",
  "HTTP://A",
];
const target = mostly("/", 4, ...targets);
const version = mostly(
  "HTTP/1.1",
  12,
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/0.9",
  "HTTP/2.0",
  "http/1.1",
  "HTTP/1.10",
  "HTTP/01.1",
  "HTTP/1,1",
  "",
);
const space = mostly(" ", 40, "  ", "\t", " \t", "\v", "");

const connection = pick(
  "close",
  "keep-alive",
  "Content-Length",
  "Transfer-Encoding, close",
  "upgrade",
  "TE, close",
  ",",
  "close\t,x",
);
const contentLengths = [
  "0",
  "5",
  "05",
  "+5",
  "-5",
  "5,5",
  "5, 5",
  "0x5",
  "5 5",
  "5.0",
  "",
  "99999999999999999999",
  "5\t",
  "5;",
  "1e1",
  "٥",
];
const transferEncodings = [
  "chunked",
  "Chunked",
  "chunked ",
  "\vchunked",
  "chunked, identity",
  "identity, chunked",
  "xchunked",
  "identity",
];
const otherEncodings = ["gzip, chunked", "chunked, chunked", '"chunked"', "chunked;q=1", "", ",chunked", "chunked,", "chunk\ted"];

const pair = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> => fc.tuple(name, value);
const odd = pair(
  pick(
    "Content_Length",
    "Content-Length ",
    " Transfer-Encoding",
    "Transfer-Encoding\0",
    "X Y",
    "",
    "Transfer\u00adEncoding",
    "X-\x80",
    "(x)",
  ),
  pick("5", "chunked"),
);
const ordinary = pair(
  pick("X-A", "Cookie", "Accept", "TE", "Trailer", "Via", "Expect", "Upgrade", "Keep-Alive", "HTTP2-Settings"),
  fc.oneof(pick("a", "trailers", "100-continue", "h2c", "websocket", ""), octets(6)),
);
const named = fc.oneof(
  { weight: 16, arbitrary: ordinary },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: pair(pick("Host", "host"), pick("a", "b:80", "a, b", "", "a@b", "a b")) },
  { weight: 3, arbitrary: pair(pick("Connection", "Proxy-Connection"), connection) },
  { weight: 1, arbitrary: pair(pick("Content-Length", "content-length"), pick(...contentLengths)) },
  { weight: 1, arbitrary: pair(pick("Transfer-Encoding", "transfer-encoding"), pick(...transferEncodings, ...otherEncodings)) },
);
const line = fc.tuple(named, separator, lineEnd).map(([[name, value], between, end]) => `${name}${between}${value}${end}`);

const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
const content = fc.oneof(octets(12), pick("hello", hidden, "0\r\n\r\n", `0\r\n\r\n${hidden}`, ""));

const chunkSize = fc.tuple(
  mostly("", 15, "0", "00000000", "+", "-", "0x", " ", "\t", "1_", "ffffffff0000000", "g"),
  mostly("", 15, " ", "\t", ";a=b", ';a="b"', ';a="\\""', "; a", ";", ";\n", ";a\r", "\0", "h"),
);
const chunk = fc.tuple(content, chunkSize, lineEnd, lineEnd).map(([data, [before, after], first, second]) => {
  if (data === "") return "";
  return `${before}${data.length.toString(16)}${after}${first}${data}${second}`;
});
const chunkedBody = fc
  .tuple(
    fc.array(chunk, { maxLength: 3 }),
    mostly("0", 15, "00", "0;x", "-0", "", "0 "),
    lineEnd,
    fc.array(line, { maxLength: 2 }),
    lineEnd,
  )
  .map(([chunks, last, first, trailers, end]) => `${chunks.join("")}${last}${first}${trailers.join("")}${end}`);

/** Framing field lines, and the bytes behind the head that they announce. */
const framed: fc.Arbitrary<readonly [lines: string, body: string]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(["", ""] as const) },
  { weight: 2, arbitrary: content.map((body) => [`Content-Length: ${body.length}\r\n`, body] as const) },
  { weight: 3, arbitrary: chunkedBody.map((body) => ["Transfer-Encoding: chunked\r\n", body] as const) },
  {
    weight: 1,
    arbitrary: chunkedBody.map((body) => [`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, body] as const),
  },
);

const head = (start: fc.Arbitrary<string>, fixed: string): fc.Arbitrary<string> =>
  fc
    .tuple(start, lineEnd, fc.array(line, { maxLength: 2 }), framed, fc.array(line, { maxLength: 2 }), lineEnd)
    .map(
      ([first, end, before, [framing, body], after, blank]) =>
        `${first}${end}${fixed}${before.join("")}${framing}${after.join("")}${blank}${body}`,
    );

const requestLine = fc
  .tuple(method, space, target, space, version)
  .map(([name, first, where, second, which]) => `${name}${first}${where}${second}${which}`);
const status = mostly("200", 4, "204", "304", "100", "101", "103", "404", "099", "600", "20", "2000", "abc", "+20");
const statusLine = fc
  .tuple(version, space, status, mostly(" OK", 6, "", " ", "\t", " a\0b", " \x80"))
  .map(([which, between, code, reason]) => `${which}${between}${code}${reason}`);

/** One octet put in, taken out or put in another's place, at a fraction of the length. */
const change = fc.tuple(fc.nat(), pick("in", "out", "over"), fc.oneof(pick(0, 9, 10, 11, 13, 32, 44, 58, 127, 255), fc.nat(255)));

function changed(bytes: Buffer, changes: readonly (readonly [number, string, number])[]): Buffer {
  let result = bytes;
  for (const [place, kind, octet] of changes) {
    const at = place % (result.length + 1);
    result = Buffer.concat([
      result.subarray(0, at),
      kind === "out" ? Buffer.alloc(0) : Buffer.of(octet),
      result.subarray(kind === "in" ? at : at + 1),
    ]);
  }
  return result;
}

const messages = (one: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.array(one, { minLength: 1, maxLength }), fc.oneof(fc.constant([]), fc.array(change, { maxLength: 2 })))
    .map(([texts, changes]) => changed(Buffer.from(texts.join(""), "latin1"), changes));

/** Bytes that a client may send: requests behind each other, most of them slightly wrong. */
export const requestBytes = messages(head(requestLine, "Host: a\r\n"), 3);

/** Bytes that a service may send: interim answers, an answer, and what should not be behind it. */
export const answerBytes = messages(head(statusLine, ""), 2);

/** Where reads of these bytes end, as fractions of their length. */
export const readEnds = fc.uniqueArray(fc.nat(9_999), { maxLength: 6 });

export const offsetsOf = (ends: readonly number[], length: number): number[] =>
  [...new Set(ends.map((end) => Math.floor((end * length) / 10_000)))].sort((a, b) => a - b);
