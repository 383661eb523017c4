import type { HeaderList } from "../fields/header-list.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import type { Piece } from "../http1/read-buffer.ts";
import type { ClientTransport } from "./client-transport.ts";

/** Stands in front of a client and passes everything on: for those that want to see some of it. */
export class ClientFront implements ClientTransport {
  protected readonly client: ClientTransport;

  constructor(client: ClientTransport) {
    this.client = client;
  }

  readBody(sink: BodySink): void {
    this.client.readBody(sink);
  }

  get isHttp2(): true | undefined {
    return this.client.isHttp2;
  }

  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    this.client.sendHead(status, headers, bodyLength);
  }

  sendBody(piece: Piece): boolean {
    return this.client.sendBody(piece);
  }

  sendEnd(trailers: HeaderList | undefined): void {
    this.client.sendEnd(trailers);
  }

  flush(): void {
    this.client.flush();
  }

  sendInterim(status: number, headers: HeaderList): void {
    this.client.sendInterim(status, headers);
  }

  abort(): void {
    this.client.abort();
  }

  pauseBody(): void {
    this.client.pauseBody();
  }

  resumeBody(): void {
    this.client.resumeBody();
  }

  leaveBody(): void {
    this.client.leaveBody();
  }

  get isBodyRead(): boolean {
    return this.client.isBodyRead;
  }

  get tunnel(): ClientTransport["tunnel"] {
    return this.client.tunnel?.bind(this.client);
  }
}
