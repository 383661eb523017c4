import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pairs } from "./http-client.ts";
import type { MessagePart, RequestPart } from "./http-file.ts";

/** A service that answers as it is told and remembers what it saw. */
export interface RecordingUpstream {
  readonly url: string;
  /** What it answers from now on. */
  answer: MessagePart;
  /** Requests since the last `take`. */
  take(): RequestPart[];
  close(): Promise<void>;
}

export async function startUpstream(): Promise<RecordingUpstream> {
  let seen: RequestPart[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      seen.push({ method: request.method ?? "", target: request.url ?? "", headers: pairs(request.rawHeaders), body: Buffer.concat(chunks).toString("utf8") });
      response.sendDate = false;
      const { status, headers, body } = upstream.answer;
      response.writeHead(status, headers.flat());
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: RecordingUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: { status: 200, headers: [], body: "" },
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
