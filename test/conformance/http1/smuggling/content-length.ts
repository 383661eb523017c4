import { group, hidden, last, octetName, post, refused, taken, type WireCase } from "./wire-case.ts";

/** The content begins with an octet that begins no request. */
const lines = (name: string, text: string, outcome: WireCase["outcome"] = refused): WireCase => ({
  name,
  bytes: post(text, "(hi)!"),
  outcome,
});

const value = (text: string, outcome?: WireCase["outcome"]): WireCase =>
  lines(`value ${JSON.stringify(text)}`, `Content-Length: ${text}\r\n`, outcome);

/** The content is the next request to whoever overlooks the length. */
const withContent = (method: string, outcome: WireCase["outcome"]): WireCase => ({
  name: `content of a ${method} that is a request`,
  bytes: `${method} /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  outcome,
});

const strangeOctets = [
  0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1f, 0x22, 0x27, 0x2b, 0x2c, 0x2d, 0x2e, 0x3b, 0x5f, 0x7f, 0x85, 0xa0, 0xff,
];

export const contentLength = [
  group("Content-Length, obfuscated", "RFC 9112 §6.3, RFC 9110 §8.6", [
    value("5", taken("POST /a")),
    value("5 \t", taken("POST /a")),
    value("05", taken("POST /a")),
    value("000000000000005", taken("POST /a")),
    value("0000000000000000000000005"),
    value(""),
    value(" "),
    value("+5"),
    value("-5"),
    value("-0"),
    value("0x5"),
    value("0b101"),
    value("5h"),
    value("5 5"),
    value("5,5"),
    value("5, 5"),
    value("5, 6"),
    value("5;"),
    value("5.0"),
    value("5e0"),
    value("1_0"),
    value('"5"'),
    value("five"),
    // An Arabic-Indic and a full-width five in UTF-8, and a superscript two in Latin-1.
    value("\xd9\xa5"),
    value("\xef\xbc\x95"),
    value("\xb2"),
    value("9007199254740993"),
    // 2^64 + 5.
    value("18446744073709551621"),
    value("9".repeat(200)),
    lines("twice the same", "Content-Length: 5\r\nContent-Length: 5\r\n"),
    lines("two that differ", "Content-Length: 5\r\nContent-Length: 6\r\n"),
    lines("twice in two spellings", "Content-Length: 5\r\ncontent-length: 0\r\n"),
    lines("an empty one behind", "Content-Length: 5\r\nContent-Length:\r\n"),
    lines("an empty one before", "Content-Length:\r\nContent-Length: 5\r\n"),
    lines("a space before the colon", "Content-Length : 5\r\n"),
    lines("a space before the name", " Content-Length: 5\r\n"),
    lines("folded", "Content-Length:\r\n 5\r\n"),
    lines("folded in two", "Content-Length: 5\r\n 0\r\n"),
    lines("behind a bare LF", "X: a\nContent-Length: 5\r\n"),
    lines("behind a bare CR", "X: a\rContent-Length: 5\r\n"),
    lines("an underscore", "Content_Length: 5\r\n"),
    lines("an underscore beside the right one", "Content-Length: 5\r\nContent_Length: 0\r\n"),
    lines("no colon", "Content-Length 5\r\n"),
    lines("another name that ends so", "X-Content-Length: 5\r\n", ["POST /a", 400]),
  ]),
  group(
    "Content-Length with a strange octet",
    "E. Toreini et al., T-Reqs (2021)",
    strangeOctets.flatMap((code) => {
      const octet = String.fromCharCode(code);
      return [
        value(`${octet}5`),
        value(`5${octet}`),
        lines(`${octetName(code)} behind the name`, `Content-Length${octet}: 5\r\n`, isToken(code) ? ["POST /a", 400] : refused),
      ];
    }),
  ),
  group("Content where none is expected", "RFC 9110 §9.3; J. Kettle, Browser-Powered Desync Attacks (2022)", [
    withContent("GET", taken("GET /a")),
    withContent("HEAD", taken("HEAD /a")),
    withContent("DELETE", taken("DELETE /a")),
    withContent("OPTIONS", taken("OPTIONS /a")),
    withContent("CONNECT", [405]),
    withContent("TRACE", [405, "GET /last"]),
    {
      name: "CONNECT with an eager client",
      bytes: `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n${hidden}`,
      outcome: [405],
    },
    {
      name: "HTTP/1.0 without a length",
      bytes: `POST /a HTTP/1.0\r\n\r\n${hidden}`,
      outcome: ["POST /a"],
    },
    {
      name: "HTTP/1.0 with a length, kept",
      bytes: `POST /a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      outcome: taken("POST /a"),
    },
    {
      name: "no length: what follows is the next request",
      bytes: `POST /a HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`,
      outcome: ["POST /a", "GET /hidden", "GET /last"],
    },
    {
      name: "nominated by Connection",
      bytes: post(`Connection: Content-Length\r\nContent-Length: ${hidden.length}\r\n`, hidden),
      outcome: taken("POST /a"),
    },
    {
      name: "0.CL: the length covers the next request",
      bytes: post(`Connection: close\r\nContent-Length: ${last.length}\r\n`),
      outcome: ["POST /a"],
    },
  ]),
];

function isToken(code: number): boolean {
  return "!#$%&'*+-.^_`|~".includes(String.fromCharCode(code));
}
