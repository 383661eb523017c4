import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A server for the length of a file, whose connections end with it. */
export class Peer {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    upgrade?: (request: IncomingMessage, socket: Socket) => void,
  ): Promise<Peer> {
    const server = createServer(answer);
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    });
    if (upgrade !== undefined) server.on("upgrade", upgrade);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Peer(server, sockets);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A span as OTLP/JSON has it. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: string };
  }[];
  readonly links?: readonly { readonly traceId: string }[];
  readonly status?: { readonly code?: number };
}

/** A collector that keeps every span. */
export class Collector {
  readonly spans: SentSpan[] = [];
  /** Requests that told of a trace themselves. */
  loops = 0;
  #peer: Peer | undefined = undefined;

  async start(): Promise<string> {
    this.#peer = await Peer.start((request, response) => {
      if (request.headers.traceparent !== undefined) this.loops++;
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        const { resourceSpans } = JSON.parse(text) as {
          readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[] }[];
        };
        for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
        response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
      });
    });
    return this.#peer.url;
  }

  stop = (): Promise<void> | undefined => this.#peer?.stop();

  /** The spans below a path, in the order in which they came; that of the request is the first. */
  of(path: string): readonly SentSpan[] {
    const server = this.spans.find((span) => span.kind === 2 && attribute(span, "url.path") === path);
    if (server === undefined) return [];
    return [server, ...this.spans.filter((span) => span.parentSpanId === server.spanId && span.traceId === server.traceId)];
  }
}

/** A value as text. */
export function attribute(span: SentSpan | undefined, key: string): string | undefined {
  const value = span?.attributes.find((one) => one.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
}

export const milliseconds = ({ startTimeUnixNano, endTimeUnixNano }: SentSpan): number =>
  Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;
