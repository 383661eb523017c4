import { type AddressInfo, createServer, type Socket } from "node:net";

/**
 * What a client must get: the answer of the service, 502, 504 because the service was silent, an answer whose end is
 * missing, or one that is broken off for its silence.
 */
export type Outcome = "answered" | "refused" | "late" | "broken" | "silent";

/** A way to answer that a service should not have, or may have and seldom has. */
export interface Behaviour {
  readonly outcome: Outcome;
  /** `GET` where absent. `upload` is a POST whose body is too large for the buffers on its way. */
  readonly request?: "HEAD" | "upload";
  /** Of an answer that arrives. */
  readonly status?: number;
  readonly body?: string;
  serve(socket: Socket): void;
}

const says =
  (...parts: string[]) =>
  (socket: Socket): void => {
    for (const part of parts) socket.write(part, "latin1");
  };
const saysAndEnds =
  (...parts: string[]) =>
  (socket: Socket): void => {
    says(...parts)(socket);
    socket.end();
  };
/** The end of what was said must be on its way before the reset, or it would be lost. */
const saysAndResets = (text: string) => (socket: Socket) => void socket.write(text, "latin1", () => socket.resetAndDestroy());

const head = (...fields: string[]): string => ["HTTP/1.1 200 OK", ...fields, "", ""].join("\r\n");
const refused = (...lines: string[]): Behaviour => ({ outcome: "refused", serve: says([...lines, "", ""].join("\r\n")) });
const status = (line: string): Behaviour => refused(line, "Content-Length: 0");
const field = (line: string): Behaviour => refused("HTTP/1.1 200 OK", line);
/** What comes together with the head is known before anybody has the head. */
const brokenChunks = (text: string): Behaviour => ({
  outcome: "refused",
  serve: says(`${head("Transfer-Encoding: chunked")}4\r\npart\r\n${text}`),
});
const answered = (body: string, serve: Behaviour["serve"], more: Partial<Behaviour> = {}): Behaviour => ({
  outcome: "answered",
  status: 200,
  body,
  serve,
  ...more,
});

/** By what they do (RFC 9112). */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  // The connection (§9).
  "closes without a byte": { outcome: "refused", serve: saysAndEnds() },
  "resets without a byte": { outcome: "refused", serve: (socket) => void socket.resetAndDestroy() },
  "closes in the status line": { outcome: "refused", serve: saysAndEnds("HTTP/1.1 2") },
  "closes in a field": { outcome: "refused", serve: saysAndEnds("HTTP/1.1 200 OK\r\nContent-Le") },
  "closes before the blank line": { outcome: "refused", serve: saysAndEnds("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n") },
  "closes after an interim answer": { outcome: "refused", serve: saysAndEnds("HTTP/1.1 102 Processing\r\n\r\n") },
  "closes in the body": { outcome: "broken", serve: saysAndEnds(head("Content-Length: 100"), "part") },
  "closes before the body": { outcome: "broken", serve: saysAndEnds(head("Content-Length: 100")) },
  "resets in the body": { outcome: "broken", serve: saysAndResets(`${head("Content-Length: 100")}part`) },
  "closes in a chunk": { outcome: "broken", serve: saysAndEnds(head("Transfer-Encoding: chunked"), "9\r\npart") },
  "closes before the last chunk": { outcome: "broken", serve: saysAndEnds(head("Transfer-Encoding: chunked"), "4\r\npart\r\n") },
  "closes in the trailers": {
    outcome: "broken",
    serve: saysAndEnds(head("Transfer-Encoding: chunked"), "4\r\npart\r\n0\r\nX-Sum: 1\r\n"),
  },
  "resets an answer that ends with the connection": { outcome: "broken", serve: saysAndResets(`${head()}part`) },

  // The status line (§4).
  "greets like SSH": { outcome: "refused", serve: says("SSH-2.0-OpenSSH_9.2\r\n") },
  "answers like HTTP/0.9": { outcome: "refused", serve: saysAndEnds("<html>hello</html>") },
  "speaks HTTP/2": status("HTTP/2.0 200 OK"),
  "has no version": status("HTTP 200 OK"),
  "has a status below 100": status("HTTP/1.1 099 Low"),
  "has a status above 599": status("HTTP/1.1 600 High"),
  "has a status of four digits": status("HTTP/1.1 2000 OK"),
  "has a status of letters": status("HTTP/1.1 2xx OK"),
  "has two spaces before the status": status("HTTP/1.1  200 OK"),
  "has a control character in the reason": status("HTTP/1.1 200 O\u0000K"),
  "has a line of its own before": status("\r\nHTTP/1.1 200 OK"),

  // Fields (§5).
  "ends lines with LF alone": { outcome: "refused", serve: says("HTTP/1.1 200 OK\nContent-Length: 0\n\n") },
  "ends a line with CR alone": { outcome: "refused", serve: says("HTTP/1.1 200 OK\r\nX-A: 1\rContent-Length: 0\r\n\r\n") },
  "folds a field": refused("HTTP/1.1 200 OK", "X-A: 1", " 2", "Content-Length: 0"),
  "has a space before the colon": field("Content-Length : 0"),
  "has a field without a name": field(": 1"),
  "has a field without a colon": field("Content-Length"),
  "has a NUL in a value": field("X-A: 1\u00002"),
  "has a name that is no token": field("X(A): 1"),
  "has too many fields": refused("HTTP/1.1 200 OK", ...Array.from({ length: 600 }, (_, index) => `X-${index}: 1`)),
  "has a field that is too long": field(`X-A: ${"a".repeat(100_000)}`),
  "has a head without end": {
    outcome: "refused",
    serve: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const more = (): void => {
        while (socket.writable && socket.write(`X-${"a".repeat(1_000)}: 1\r\n`));
        socket.once("drain", more);
      };
      more();
    },
  },

  // Where the body ends (§6).
  "has both lengths": refused("HTTP/1.1 200 OK", "Content-Length: 4", "Transfer-Encoding: chunked", "", "0"),
  "has two different lengths": refused("HTTP/1.1 200 OK", "Content-Length: 4", "Content-Length: 5", "", "part"),
  "has a length twice": refused("HTTP/1.1 200 OK", "Content-Length: 4", "Content-Length: 4", "", "part"),
  "has a list of lengths": field("Content-Length: 4, 4"),
  "has a negative length": field("Content-Length: -1"),
  "has a length with a sign": field("Content-Length: +4"),
  "has a length in hexadecimal": field("Content-Length: 0x4"),
  "has an empty length": field("Content-Length:"),
  "has a length that cannot be counted": field("Content-Length: 99999999999999999999"),
  "has a coding before chunked": field("Transfer-Encoding: gzip, chunked"),
  "is chunked twice": refused("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
  "has an unknown coding": field("Transfer-Encoding: identity"),
  "is chunked in HTTP/1.0": refused("HTTP/1.0 200 OK", "Transfer-Encoding: chunked"),
  "is chunked in an interim answer": refused("HTTP/1.1 103 Early Hints", "Transfer-Encoding: chunked"),

  "sends a 204 in chunks (RFC 9112 §6.3: it has none)": answered(
    "",
    says("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    { status: 204 },
  ),
  "sends a 204 that announces chunks which come late": answered(
    "",
    (socket) => {
      socket.write("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n");
      setImmediate(() => socket.write("0\r\n\r\n"));
    },
    { status: 204 },
  ),
  "sends a 204 with content": answered("", says("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\npart"), { status: 204 }),
  "sends a 205 with content (RFC 9110 §15.3.6: it is dropped)": answered(
    "",
    says("HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\npart"),
    { status: 205 },
  ),
  "sends a 205 in chunks (RFC 9110 §15.3.6: they are dropped)": answered(
    "",
    says("HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\n\r\n"),
    { status: 205 },
  ),

  // Chunks (§7.1).
  "has a chunk size that is none": brokenChunks("zz\r\n"),
  "has a chunk without size": brokenChunks("\r\npart\r\n"),
  "has a chunk size with a sign": brokenChunks("+4\r\npart\r\n"),
  "has a chunk size in the form of C": brokenChunks("0x4\r\npart\r\n"),
  "has a chunk size that cannot be counted": brokenChunks("fffffffff\r\npart\r\n"),
  "has a chunk that is longer than it says": brokenChunks("2\r\npart\r\n"),
  "has a chunk that ends with LF": brokenChunks("4\r\npart\n"),
  "has a chunk size that ends with LF": brokenChunks("4\npart\r\n"),
  "has too much of chunk extensions": brokenChunks(`4;${"a".repeat(5_000)}\r\npart\r\n`),
  "has too many trailers": brokenChunks(`0\r\n${"X-A: 1\r\n".repeat(100)}\r\n`),
  "has trailers that are too long": brokenChunks(`0\r\nX-A: ${"a".repeat(9_000)}\r\n\r\n`),
  "has a bad trailer": brokenChunks("0\r\nX A: 1\r\n\r\n"),
  "has a bad chunk size far behind the head": {
    outcome: "broken",
    serve: says(`${head("Transfer-Encoding: chunked")}40000\r\n${"a".repeat(0x40000)}\r\nzz\r\n`),
  },

  // What follows the answer (§9.2).
  "answers twice": answered("one", says(`${head("Content-Length: 3")}one${head("Content-Length: 3")}two`)),
  "has a body that is longer than it says": answered("one", says(`${head("Content-Length: 3")}one and more`)),
  "answers again later": answered("one", (socket) => {
    socket.write(`${head("Content-Length: 3")}one`, () => setImmediate(says(`${head("Content-Length: 3")}two`), socket));
  }),
  "sends bytes after the last chunk": answered("part", says(`${head("Transfer-Encoding: chunked")}4\r\npart\r\n0\r\n\r\nmore`)),
  "has a body after HEAD": answered("", says(`${head("Content-Length: 3")}one`), { request: "HEAD" }),
  "has a body after 204": answered("", says("HTTP/1.1 204 No Content\r\n\r\nbody"), { status: 204 }),
  "has a body after 304": answered("", says("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody"), { status: 304 }),
  "closes its side after the answer": answered("one", saysAndEnds(`${head("Content-Length: 3")}one`)),
  "ends the answer with the connection": answered("up to the end", saysAndEnds(`${head()}up to `, "the end")),
  "ends the answer with the connection, in HTTP/1.0": answered("old", saysAndEnds("HTTP/1.0 200 OK\r\n\r\nold")),
  "has no reason": answered("", says("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")),
  "sends octet by octet": answered("slow", (socket) => {
    const text = `${head("Transfer-Encoding: chunked")}4\r\nslow\r\n0\r\n\r\n`;
    const next = (at: number): void => void (at < text.length && socket.write(text[at]!, () => setImmediate(next, at + 1)));
    next(0);
  }),

  // Interim answers (RFC 9110 §15.2).
  "sends interim answers without end": {
    outcome: "refused",
    serve: (socket) => {
      const more = (): void => {
        while (socket.writable && socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
        socket.once("drain", more);
      };
      more();
    },
  },
  "switches protocols without being asked": {
    outcome: "refused",
    serve: says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
  },
  "has an interim answer with a body": {
    outcome: "refused",
    serve: says(`HTTP/1.1 102 Processing\r\nContent-Length: 4\r\n\r\nbody${head("Content-Length: 0")}`),
  },
  "continues what nobody waits for": answered("one", says(`HTTP/1.1 100 Continue\r\n\r\n${head("Content-Length: 3")}one`)),

  // The request.
  "answers before the body was sent": answered("early", says(`${head("Content-Length: 5")}early`), { request: "upload" }),
  "answers and closes while the body is sent": answered(
    "early",
    saysAndEnds(`${head("Content-Length: 5", "Connection: close")}early`),
    {
      request: "upload",
    },
  ),
  "answers and closes with the body unread": answered(
    "early",
    (socket) => {
      socket.pause();
      socket.write(`${head("Content-Length: 5", "Connection: close")}early`, () => socket.destroy());
    },
    { request: "upload" },
  ),
  "closes while the body is sent": { outcome: "refused", request: "upload", serve: saysAndEnds() },
  "resets while the body is sent": { outcome: "refused", request: "upload", serve: (socket) => void socket.resetAndDestroy() },
  "never reads the body": { outcome: "late", request: "upload", serve: (socket) => void socket.pause() },

  // Silence.
  "never answers": { outcome: "late", serve() {} },
  "is silent in the head": { outcome: "late", serve: says("HTTP/1.1 200 OK\r\nContent-") },
  "is silent after an interim answer": { outcome: "late", serve: says("HTTP/1.1 102 Processing\r\n\r\n") },
  "is silent after the head": { outcome: "silent", serve: says(head("Content-Length: 9")) },
  "is silent in the body": { outcome: "silent", serve: says(head("Content-Length: 9"), "part") },
  "is silent in a chunk": { outcome: "silent", serve: says(head("Transfer-Encoding: chunked"), "9\r\npart") },
  "is silent before the last chunk": { outcome: "silent", serve: says(head("Transfer-Encoding: chunked"), "4\r\npart\r\n") },
};

export interface HostileOrigin {
  readonly url: string;
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** Settles when the hostile request has come. */
  readonly asked: Promise<void>;
  close(): void;
}

/** A service that answers what begins with `/ok` with its target, and everything else as it is told. */
export async function startHostileOrigin({ serve }: Behaviour): Promise<HostileOrigin> {
  const sockets = new Set<Socket>();
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    sockets.add(socket);
    let text = "";
    let isUpload = false;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      // Of a body nothing is looked at.
      if (isUpload) return;
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [method, target = ""] = text.split(" ");
      text = text.slice(end + 4);
      if (target.startsWith("/ok")) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
      else {
        isUpload = method === "POST";
        serve(socket);
        ask();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    asked,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
