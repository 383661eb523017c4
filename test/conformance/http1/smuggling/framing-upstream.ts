import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type RawUpstream, rawUpstream } from "../../../runtime/support/raw-upstream.ts";

/** A request as a service with Node's strict parser reads it. */
export interface ServedRequest {
  readonly request: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** A service that reads with Node's own strict parser and keeps the bytes as well. */
export class FramingUpstream {
  /** Requests that came whole. */
  readonly served: ServedRequest[] = [];
  /** What came on each connection. */
  readonly bytes: string[] = [];
  /** Set where its parser refuses what the gateway sent. */
  problem: string | undefined = undefined;
  #raw: RawUpstream | undefined = undefined;
  readonly #open = new Set<Promise<void>>();

  get url(): string {
    return this.#raw!.url;
  }

  async start(): Promise<void> {
    const server = createServer({ insecureHTTPParser: false }, (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", () => {});
      incoming.on("end", () => {
        this.served.push(servedRequest(incoming, Buffer.concat(chunks)));
        response.sendDate = false;
        response.writeHead(200, ["Content-Length", "2"]).end("ok");
      });
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      // The end in the middle of a message is no fault of the bytes before it, and Node knows some methods only.
      if (error.code?.startsWith("HPE_") === true && !["HPE_INVALID_EOF_STATE", "HPE_INVALID_METHOD"].includes(error.code))
        this.problem = `${error.code}: ${error.message}`;
      socket.destroy();
    });
    this.#raw = await rawUpstream((socket, index) => {
      this.bytes[index] = "";
      server.emit("connection", socket);
      // Behind the server's own listener: it would read past this one otherwise.
      socket.on("data", (chunk: Buffer) => (this.bytes[index] += chunk.toString("latin1")));
      this.#open.add(closed(socket));
    });
  }

  /** Everything that was sent before the other side closed has come by then. */
  async close(): Promise<void> {
    await Promise.all(this.#open);
    await this.#raw!.close();
  }
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

function servedRequest(incoming: IncomingMessage, body: Buffer): ServedRequest {
  const { rawHeaders, rawTrailers } = incoming;
  return {
    request: `${incoming.method} ${incoming.url}`,
    fields: Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[index * 2]!, rawHeaders[index * 2 + 1]!]),
    body: body.toString("latin1"),
    trailers: rawTrailers.filter((_, index) => index % 2 === 0),
  };
}

/** One of the two framings at most, in the form that nobody misreads. */
const headShape = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)+\r\n/;

/** Takes apart what a service got, allowing nothing but the plainest HTTP/1.1. Says what is wrong with it. */
export function framingProblem(bytes: string): string | undefined {
  let rest = bytes;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = headShape.exec(rest)?.[0];
    if (head === undefined || head.length !== end + 4) return `no plain head: ${JSON.stringify(rest.slice(0, end + 4))}`;
    const framing = head.match(/^(content[-_]length|transfer[-_]encoding)[\t ]*:.*$/gim) ?? [];
    if (framing.length > 1) return `more than one framing: ${JSON.stringify(framing)}`;
    if ((head.match(/^host *:/gim) ?? []).length !== 1) return `not one Host: ${JSON.stringify(head)}`;
    rest = rest.slice(head.length);
    const length = /^Content-Length: (0|[1-9]\d*)$/.exec(framing[0]?.trim() ?? "");
    if (length !== null) rest = rest.slice(Number(length[1]));
    else if (framing.length > 0) {
      if (framing[0]!.trim() !== "Transfer-Encoding: chunked") return `an unusual framing: ${framing[0]}`;
      const behind = behindChunks(rest);
      if (behind === undefined) return `broken chunks: ${JSON.stringify(rest)}`;
      rest = behind;
    }
  }
  return undefined;
}

/** What stands behind a chunked body, which may break off; undefined where it is not in the plainest form. */
function behindChunks(text: string): string | undefined {
  let rest = text;
  for (;;) {
    const line = /^([1-9a-f][0-9a-f]*|0)\r\n/.exec(rest);
    if (line === null) return /^[0-9a-f]*\r?$/.test(rest) ? "" : undefined;
    const size = Number.parseInt(line[1]!, 16);
    rest = rest.slice(line[0].length);
    if (size === 0) {
      const trailers = /^(?:[!-9;-~]+:[\t -~\x80-\xff]*\r\n)*\r\n/.exec(rest);
      return trailers === null ? (rest === "" ? "" : undefined) : rest.slice(trailers[0].length);
    }
    if (rest.length < size + 2) return "";
    if (rest.slice(size, size + 2) !== "\r\n") return undefined;
    rest = rest.slice(size + 2);
  }
}
