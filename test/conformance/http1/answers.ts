/** Answers that a client could be made to read differently from the gateway (RFC 9112 §4, §6.3). */
export interface AnswerCase {
  readonly name: string;
  /** What the service sends, on a connection that it keeps. */
  readonly bytes: string;
  /** What the client gets. */
  readonly outcome: readonly [status: number, content: string];
}

const bad = [502, ""] as const;
const ok = [200, "hello"] as const;
const split = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

const answer = (name: string, lines: string, body: string, outcome: AnswerCase["outcome"] = bad): AnswerCase => ({
  name,
  bytes: `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`,
  outcome,
});

const start = (line: string, outcome: AnswerCase["outcome"] = bad): AnswerCase => ({
  name: JSON.stringify(line),
  bytes: `${line}\r\nContent-Length: 5\r\n\r\nhello`,
  outcome,
});

const chunked = "5\r\nhello\r\n0\r\n\r\n";

export const answerCases: readonly AnswerCase[] = [
  start("HTTP/1.1 200 OK", ok),
  start("HTTP/1.1 200 ", ok),
  start("HTTP/1.1 200", ok),
  start("HTTP/1.1 200 \x80\xff", ok),
  start("HTTP/1.0 200 OK", ok),
  start("HTTP/1.2 200 OK"),
  start("HTTP/2.0 200 OK"),
  start("HTTP/0.9 200 OK"),
  start("http/1.1 200 OK"),
  start("ICY 200 OK"),
  start(" HTTP/1.1 200 OK"),
  start("\r\nHTTP/1.1 200 OK"),
  start("HTTP/1.1  200 OK"),
  start("HTTP/1.1\t200 OK"),
  start("HTTP/1.1 2000 OK"),
  start("HTTP/1.1 20 OK"),
  start("HTTP/1.1 099 OK"),
  start("HTTP/1.1 600 OK"),
  start("HTTP/1.1 +20 OK"),
  start("HTTP/1.1 200 a\0b"),
  start("HTTP/1.1 200 OK\r"),
  start("HTTP/1.1 101 Switching Protocols"),
  start("HTTP/1.0 103 Early Hints"),
  start("HTTP/1.1 200 OK\nX: 1"),
  answer("chunked", "Transfer-Encoding: chunked\r\n", chunked, ok),
  answer("both framings", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunked),
  answer("both framings the other way round", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunked),
  answer("an encoding that is not chunked", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"),
  answer("chunked, then another encoding", "Transfer-Encoding: chunked, gzip\r\n", chunked),
  answer("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked),
  answer("a space before the colon", "Transfer-Encoding : chunked\r\n", chunked),
  answer("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
  answer("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
  answer("a list of lengths", "Content-Length: 5, 5\r\n", "hello"),
  answer("a length with a sign", "Content-Length: +5\r\n", "hello"),
  answer("an empty length", "Content-Length:\r\n", "hello"),
  answer("a folded field", "X: 1\r\n 2\r\nContent-Length: 5\r\n", "hello"),
  answer("a bare LF", "X: 1\nContent-Length: 5\r\n", "hello"),
  answer("a bare CR", "X: 1\rContent-Length: 5\r\n", "hello"),
  answer("NUL in a value", "X: \0\r\nContent-Length: 5\r\n", "hello"),
  answer("no colon", "X\r\nContent-Length: 5\r\n", "hello"),
  answer("no name", ": 1\r\nContent-Length: 5\r\n", "hello"),
  answer("another answer behind it", "Content-Length: 5\r\n", `hello${split}`, ok),
  answer("another answer behind the chunks", "Transfer-Encoding: chunked\r\n", `${chunked}${split}`, ok),
  { name: "an answer behind 204", bytes: `HTTP/1.1 204 No Content\r\n\r\n${split}`, outcome: [204, ""] },
  {
    name: "an answer in the content of 304",
    bytes: `HTTP/1.1 304 Not Modified\r\nContent-Length: 43\r\n\r\n${split}`,
    outcome: [304, ""],
  },
  {
    name: "chunks in a 204, which has no content (RFC 9112 §6.3)",
    bytes: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    outcome: [204, ""],
  },
  { name: "chunks in HTTP/1.0", bytes: `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`, outcome: bad },
  {
    name: "chunks in an interim answer",
    bytes: `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    outcome: bad,
  },
  {
    name: "interim answers before it",
    bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    outcome: ok,
  },
  answer("a bad chunk", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\nx\r\n"),
  answer("a chunk without its line end", "Transfer-Encoding: chunked\r\n", "5\r\nhello0\r\n\r\n"),
  answer("Content-Length among the trailers", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
];
