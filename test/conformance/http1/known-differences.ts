import { METHODS } from "node:http";
import type { Reading } from "./message.ts";

/** Something that the gateway accepts and Node does not. */
export interface KnownDifference {
  readonly reason: string;
  readonly example: string;
  /** Whether the example is an answer. */
  readonly isAnswer?: boolean;
  /** Major and minor version of llhttp from which on Node reads it as the gateway does. */
  readonly healedIn?: readonly [number, number];
  isMet(ours: Reading, bytes: string): boolean;
}

const has = (lines: readonly string[], pattern: RegExp): boolean => lines.some((line) => pattern.test(line));

const get = "GET / HTTP/1.1\r\nHost: a\r\n";

/** Everything else that Node refuses, the gateway refuses. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: "a tab behind a length or an encoding is white space like any other (RFC 9110 §5.6.3)",
    example: `${get}Content-Length: 0\t\r\n\r\n`,
    healedIn: [9, 4],
    isMet: (_ours, bytes) => /(content-length|transfer-encoding):[^\r\n]*\t *\r\n/i.test(bytes),
  },
  {
    reason: "every token is a method (RFC 9110 §9.1); Node has a list of them",
    example: "BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    isMet: ({ messages }) =>
      messages.some(({ start }) => !/^\d{3} 1\.\d$/.test(start) && !METHODS.includes(start.split(" ")[0]!)),
  },
  {
    reason: "`Proxy-Connection` means nothing (RFC 9112 §C.2.2); Node takes it for `Connection`",
    example: `${get}Proxy-Connection: close\r\n\r\n${get}\r\n`,
    isMet: ({ messages }) => messages.some(({ fields }) => has(fields, /^proxy-connection:.*(close|upgrade)/is)),
  },
  {
    reason: "a trailer says nothing of the connection (RFC 9110 §6.5.1)",
    example: `${get}Transfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\n${get}\r\n`,
    isMet: ({ messages }) => messages.some(({ trailers }) => has(trailers, /^(proxy-)?connection:.*close/is)),
  },
  {
    reason: "`Connection: close` of an interim answer is about the final one (RFC 9112 §9.6)",
    example: "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    isAnswer: true,
    isMet: ({ messages }) =>
      messages.some(({ start, fields }) => /^1\d\d /.test(start) && has(fields, /^(proxy-)?connection:.*close/is)),
  },
];

/** Whether it is one for the Node that runs the tests. */
export function isDifference({ healedIn }: KnownDifference): boolean {
  const [major = 0, minor = 0] = (process.versions.llhttp ?? "").split(".").map(Number);
  return healedIn === undefined || major < healedIn[0] || (major === healedIn[0] && minor < healedIn[1]);
}
