import { group, hidden, inChunks, octetName, post, refused, taken, type WireCase } from "./wire-case.ts";

const chunked = "5\r\nhello\r\n0\r\n\r\n";

/** The lines stand where one `Transfer-Encoding: chunked` would, and the body is chunked. */
const lines = (name: string, text: string, outcome: WireCase["outcome"] = refused): WireCase => ({
  name,
  bytes: post(text, chunked),
  outcome,
});

const value = (text: string, outcome?: WireCase["outcome"]): WireCase =>
  lines(`value ${JSON.stringify(text)}`, `Transfer-Encoding: ${text}\r\n`, outcome);

/** What is no Transfer-Encoding announces no body: the bytes behind the head are the next request, and are none. */
const ignored: WireCase["outcome"] = ["POST /a", 400];

const strangeOctets = [...Array.from({ length: 0x21 }, (_, code) => code), 0x22, 0x2c, 0x3b, 0x7f, 0x80, 0x85, 0xa0, 0xad, 0xff];

export const transferEncoding = [
  group("Transfer-Encoding, obfuscated", "RFC 9112 §6.1; J. Kettle, HTTP Desync Attacks (2019)", [
    lines("as it should be", "Transfer-Encoding: chunked\r\n", taken("POST /a")),
    lines("in capitals", "TRANSFER-ENCODING: CHUNKED\r\n", taken("POST /a")),
    lines("without a space", "Transfer-Encoding:chunked\r\n", taken("POST /a")),
    lines("a tab in place of the space", "Transfer-Encoding:\tchunked\r\n", taken("POST /a")),
    lines("white space around", "Transfer-Encoding: \t chunked \t\r\n", taken("POST /a")),
    lines("a space before the colon", "Transfer-Encoding : chunked\r\n"),
    lines("a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
    lines("a space before the name", " Transfer-Encoding: chunked\r\n"),
    lines("folded", "Transfer-Encoding:\r\n chunked\r\n"),
    lines("folded with a tab", "Transfer-Encoding:\r\n\tchunked\r\n"),
    lines("folded into another field", "X: a\r\n Transfer-Encoding: chunked\r\n"),
    lines("behind a bare LF", "X: a\nTransfer-Encoding: chunked\r\n"),
    lines("behind a bare CR", "X: a\rTransfer-Encoding: chunked\r\n"),
    lines("ended by a bare LF", "Transfer-Encoding: chunked\nX: a\r\n"),
    lines("ended by a bare CR", "Transfer-Encoding: chunked\rX: a\r\n"),
    lines("an underscore", "Transfer_Encoding: chunked\r\n"),
    lines("two hyphens", "Transfer--Encoding: chunked\r\n", ignored),
    lines("no hyphen", "TransferEncoding: chunked\r\n", ignored),
    lines("another name that ends so", "X-Transfer-Encoding: chunked\r\n", ignored),
    lines("another name that begins so", "Transfer-Encodings: chunked\r\n", ignored),
    lines("no colon", "Transfer-Encoding chunked\r\n"),
    lines("an equals sign", "Transfer-Encoding=chunked\r\n"),
    lines("in quotes", '"Transfer-Encoding": chunked\r\n'),
    lines("a soft hyphen", "Transfer\u00adEncoding: chunked\r\n"),
    value("chunked, identity"),
    value("identity, chunked"),
    value("identity"),
    value("chunked, chunked"),
    value("gzip, chunked"),
    value("chunked, gzip"),
    value("xchunked"),
    value("chunkedx"),
    value("chunk"),
    value('"chunked"'),
    value("'chunked'"),
    value("chunked;q=1"),
    value("chunked;"),
    value("chunked,"),
    value(",chunked"),
    value(", chunked"),
    value("ch unked"),
    value("ch\tunked"),
    value(""),
    value(","),
    // A Kelvin sign in UTF-8, which is a k in lower case.
    value("chun\xe2\x84\xaaed"),
    lines("twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    lines("chunked, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
    lines("identity, then chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
    lines("chunked, then an empty one", "Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"),
    lines("chunked, then an unknown one", "Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n"),
    lines("chunked, then one with an underscore", "Transfer-Encoding: chunked\r\nTransfer_Encoding: x\r\n"),
  ]),
  group(
    "Transfer-Encoding with a strange octet",
    "E. Toreini et al., T-Reqs (2021): each octet at each place of the line",
    strangeOctets.flatMap((code) => {
      const octet = String.fromCharCode(code);
      const isSpace = code === 0x09 || code === 0x20;
      return [
        lines(`${octetName(code)} before the name`, `${octet}Transfer-Encoding: chunked\r\n`),
        lines(`${octetName(code)} behind the name`, `Transfer-Encoding${octet}: chunked\r\n`),
        lines(`${octetName(code)} in the name`, `Transfer${octet}Encoding: chunked\r\n`),
        lines(
          `${octetName(code)} before the value`,
          `Transfer-Encoding:${octet}chunked\r\n`,
          isSpace ? taken("POST /a") : refused,
        ),
        lines(
          `${octetName(code)} behind the value`,
          `Transfer-Encoding: chunked${octet}\r\n`,
          isSpace ? taken("POST /a") : refused,
        ),
        lines(`${octetName(code)} in the value`, `Transfer-Encoding: chun${octet}ked\r\n`),
      ];
    }),
  ),
  group("Transfer-Encoding beside Content-Length", "RFC 9112 §6.1, §6.3; Watchfire, HTTP Request Smuggling (2005)", [
    {
      name: "CL.TE",
      bytes: post("Content-Length: 38\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${hidden}`),
      outcome: refused,
    },
    { name: "TE.CL", bytes: post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", inChunks(hidden)), outcome: refused },
    {
      name: "both, and they agree",
      bytes: post(`Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n`, chunked),
      outcome: refused,
    },
    { name: "TE.0", bytes: post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", inChunks(hidden)), outcome: refused },
    {
      name: "CL.TE with an obfuscated encoding",
      bytes: post("Content-Length: 38\r\nTransfer-Encoding: xchunked\r\n", `0\r\n\r\n${hidden}`),
      outcome: refused,
    },
    {
      name: "TE.TE",
      bytes: post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", inChunks(hidden)),
      outcome: refused,
    },
    {
      name: "chunked in HTTP/1.0",
      bytes: `POST /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      outcome: refused,
    },
    {
      name: "on a GET",
      bytes: `GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      outcome: taken("GET /a"),
    },
    {
      name: "on a HEAD",
      bytes: `HEAD /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      outcome: taken("HEAD /a"),
    },
    {
      name: "nominated by Connection",
      bytes: post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", inChunks(hidden)),
      outcome: taken("POST /a"),
    },
  ]),
];
