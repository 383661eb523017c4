import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pairs } from "./http-client.ts";
import type { MessagePart, RequestPart, UpstreamAnswer } from "./http-file.ts";
import { keptFor } from "./kept-connections.ts";

/** A request as a service got it, and which of the services it was, from 1 on. */
export interface SeenRequest extends RequestPart {
  readonly upstream: number;
}

/** Services that answer as they are told and remember what they saw. */
export interface RecordingUpstream {
  /** Of the first. */
  readonly url: string;
  readonly urls: readonly string[];
  /** What they answer from now on. */
  answer: UpstreamAnswer;
  /** Called where a service that is told never to answer got a request. */
  onSilence: () => void;
  /** Requests since the last `take`. */
  take(): SeenRequest[];
  close(): Promise<void>;
}

/** @param count services that share answer and memory */
export async function startUpstream(count = 1): Promise<RecordingUpstream> {
  let seen: SeenRequest[] = [];
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      listening(
        createServer((request, response) => {
          const chunks: Buffer[] = [];
          request.on("data", (chunk: Buffer) => chunks.push(chunk));
          request.on("end", () => {
            const body = Buffer.concat(chunks).toString("utf8");
            seen.push({
              upstream: index + 1,
              method: request.method ?? "",
              target: request.url ?? "",
              headers: pairs([...request.rawHeaders, ...request.rawTrailers]),
              body,
            });
            if (upstream.answer === "never") upstream.onSilence();
            else answer(request, response, upstream.answer);
          });
        }),
      ),
    ),
  );
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const upstream: RecordingUpstream = {
    url: urls[0]!,
    urls,
    answer: { status: 200, headers: [], body: "" },
    onSilence() {},
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
  return upstream;
}

function answer({ socket }: IncomingMessage, response: ServerResponse, told: Exclude<UpstreamAnswer, "never">): void {
  if (typeof told === "object" && "raw" in told) socket.end(told.raw, "latin1");
  else if (told === "reset") socket.resetAndDestroy();
  else if (told === "garbage") socket.end("SSH-2.0-OpenSSH_9.2\r\n");
  else if (told === "breaks off") {
    // The head must be on its way before the end, or the gateway could answer for the service.
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\npart", () => socket.destroy());
  } else send(response, told);
}

function send(response: ServerResponse, { status, headers, body, slowly }: MessagePart & { readonly slowly?: boolean }): void {
  response.sendDate = false;
  response.writeHead(status, headers.flat());
  if (slowly !== true) {
    response.end(body);
    return;
  }
  const bytes = Buffer.from(body);
  const next = (at: number): void => {
    if (at === bytes.length) response.end();
    else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
  };
  next(0);
}

function listening(server: Server): Promise<Server> {
  server.keepAliveTimeout = keptFor;
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
