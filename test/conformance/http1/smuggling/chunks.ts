import { group, hidden, inChunks, octetName, post, refused, taken, type WireCase } from "./wire-case.ts";

/** The gateway may have passed on what stood before the error: the service saw the begin of a request, and no end. */
const body = (name: string, bytes: string, outcome: WireCase["outcome"] = refused): WireCase => ({
  name,
  bytes: post("Transfer-Encoding: chunked\r\n", bytes),
  outcome,
});

const size = (text: string, outcome?: WireCase["outcome"]): WireCase =>
  body(`size ${JSON.stringify(text)}`, `${text}\r\nhello\r\n0\r\n\r\n`, outcome);

const strangeOctets = [
  0x00, 0x01, 0x08, 0x09, 0x0b, 0x0c, 0x20, 0x2b, 0x2c, 0x2d, 0x2e, 0x3a, 0x5f, 0x67, 0x78, 0x7f, 0x80, 0xa0, 0xff,
];

export const chunks = [
  group("sizes of chunks", "RFC 9112 §7.1; Node.js CVE-2022-32213 and its relatives", [
    size("5", taken("POST /a")),
    size("05", taken("POST /a")),
    size("00000005", taken("POST /a")),
    size("000000005"),
    size("+5"),
    size("-5"),
    size("0x5"),
    size(" 5"),
    size("5 "),
    size("5\t"),
    size("\t5"),
    size("5_"),
    size("5h"),
    size("h"),
    size(""),
    size("5 5"),
    size("5,5"),
    size("5\x00"),
    size('"5"'),
    size("\xef\xbc\x95"),
    // 2^32 + 5, 2^64 + 5: they are 5 to whoever counts in so many bits.
    size("100000005"),
    size("10000000000000005"),
    size("fffffffffffffffb"),
    size("f".repeat(300)),
    body("the last one written with a sign", "-0\r\n\r\n"),
    body("the last one written with zeros", "0000\r\n\r\n", taken("POST /a")),
    body("the last one written as 0x0", "0x0\r\n\r\n"),
  ]),
  group(
    "sizes of chunks with a strange octet",
    "E. Toreini et al., T-Reqs (2021)",
    strangeOctets.flatMap((code) => {
      const octet = String.fromCharCode(code);
      return [
        body(`${octetName(code)} before the size`, `${octet}5\r\nhello\r\n0\r\n\r\n`),
        body(`${octetName(code)} behind the size`, `5${octet}\r\nhello\r\n0\r\n\r\n`),
        body(`${octetName(code)} behind the data`, `5\r\nhello${octet}\r\n0\r\n\r\n`),
      ];
    }),
  ),
  group("line ends of chunks", "RFC 9112 §2.2, §7.1; J. Kallus and B. Caswell, Funky Chunks (2025)", [
    body("LF behind the size", "5\nhello\r\n0\r\n\r\n"),
    body("CR behind the size", "5\rhello\r\n0\r\n\r\n"),
    body("CR CR LF behind the size", "5\r\r\nhello\r\n0\r\n\r\n"),
    body("LF behind the data", "5\r\nhello\n0\r\n\r\n"),
    body("CR behind the data", "5\r\nhello\r0\r\n\r\n"),
    body("nothing behind the data", "5\r\nhello0\r\n\r\n"),
    body("two octets that are no line end behind the data", `5\r\nhelloXX0\r\n\r\n${hidden}`),
    body("more data than the size says", "3\r\nhello\r\n0\r\n\r\n"),
    body("less data than the size says", "7\r\nhello\r\n0\r\n\r\n"),
    body("LF behind the last size", "0\n\r\n"),
    body("LF behind the trailers", "0\r\n\n"),
    body("CR and another octet behind the trailers", `0\r\n\rX${hidden}`),
    body("no blank line behind the last chunk", `0\r\n${hidden}`),
    body("the next request is hidden behind a false end", `2\r\n\r\n\r\n0\r\n\r\n`, taken("POST /a")),
  ]),
  group("extensions of chunks", "RFC 9112 §7.1.1; J. Kallus and B. Caswell, Funky Chunks (2025)", [
    body("a name", "5;a\r\nhello\r\n0;b\r\n\r\n", taken("POST /a")),
    body("a name and a value", "5;a=b;c=d\r\nhello\r\n0\r\n\r\n", taken("POST /a")),
    body("a quoted value", '5;a="b;c \\" d"\r\nhello\r\n0\r\n\r\n', taken("POST /a")),
    body("none behind the semicolon", "5;\r\nhello\r\n0\r\n\r\n"),
    body("no name", "5;=b\r\nhello\r\n0\r\n\r\n"),
    body("no value", "5;a=\r\nhello\r\n0\r\n\r\n"),
    body("white space", "5; a=b\r\nhello\r\n0\r\n\r\n"),
    body("an open quote", '5;a="b\r\nhello\r\n0\r\n\r\n'),
    body("a line end in quotes", `5;a="\r\nhello\r\n0\r\n\r\n${hidden}"\r\n`),
    body("a bare LF", `5;a\nb\r\nhello\r\n0\r\n\r\n`),
    body("a bare LF behind the name: the line ends here for some", `2;\nxx\r\n26\r\n0\r\n\r\n${hidden}\r\n0\r\n\r\n`),
    body("a bare CR", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    body("NUL", "5;a=\x00\r\nhello\r\n0\r\n\r\n"),
    body("2 KiB", `5;a=${"b".repeat(2_048)}\r\nhello\r\n0\r\n\r\n`),
    body("a little of it at each of many chunks", `${`1;a=${"b".repeat(64)}\r\nx\r\n`.repeat(64)}0\r\n\r\n`),
  ]),
  group("trailers", "RFC 9110 §6.5, RFC 9112 §7.1.2; TE.TE by trailers, Node.js CVE-2022-35256", [
    body("an ordinary one", "5\r\nhello\r\n0\r\nX: 1\r\n\r\n", taken("POST /a")),
    body("Content-Length", `5\r\nhello\r\n0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`),
    body("Transfer-Encoding", `5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`),
    body("Host", "5\r\nhello\r\n0\r\nHost: b\r\n\r\n", taken("POST /a")),
    body("Authorization", "5\r\nhello\r\n0\r\nAuthorization: Basic eDp5\r\n\r\n", taken("POST /a")),
    body("X-Forwarded-For", "5\r\nhello\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n", taken("POST /a")),
    body("Connection: close", "5\r\nhello\r\n0\r\nConnection: close\r\n\r\n", taken("POST /a")),
    body("a space before the colon", "5\r\nhello\r\n0\r\nX : 1\r\n\r\n"),
    body("folded", "5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n"),
    body("a bare LF", "5\r\nhello\r\n0\r\nX: 1\n\r\n"),
    body("a bare LF as the blank line", `5\r\nhello\r\n0\r\nX: 1\r\n\n${hidden}`),
    body("NUL", "5\r\nhello\r\n0\r\nX: \x00\r\n\r\n"),
    body("a request in place of them", `5\r\nhello\r\n0\r\n${hidden}`),
    body("a request among them", `5\r\nhello\r\n0\r\nX: 1\r\n${hidden}`),
    body("10 KiB", `5\r\nhello\r\n0\r\nX: ${"1".repeat(10_240)}\r\n\r\n`),
    body("100 of them", `5\r\nhello\r\n0\r\n${"X: 1\r\n".repeat(100)}\r\n`),
  ]),
  group("requests in bodies", "RFC 9112 §7.1", [
    body("a request in a chunk", inChunks(hidden), taken("POST /a")),
    body("a body that ends in a chunk, to those who look for its end", inChunks(`0\r\n\r\n${hidden}`), taken("POST /a")),
    body("a request behind the end", `0\r\n\r\n${hidden}`, ["POST /a", "GET /hidden", "GET /last"]),
  ]),
];
