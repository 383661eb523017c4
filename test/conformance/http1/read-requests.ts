import type { Exchange, Peer } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { emptyLoad } from "../../../runtime/http/capacity.ts";
import type { ClientTransport } from "../../../runtime/http/client-transport.ts";
import type { ClientPeer, ConnectionHost, ServerLimits } from "../../../runtime/http/connection-host.ts";
import { readTarget } from "../../../runtime/http/dispatch.ts";
import { HttpExchange, type ServerState } from "../../../runtime/http/http-exchange.ts";
import { Http1Connection } from "../../../runtime/http/http1-connection.ts";
import { send } from "../../../runtime/http/send.ts";
import type { BodySink } from "../../../runtime/http1/incoming-body.ts";
import type { Piece } from "../../../runtime/http1/read-buffer.ts";
import { ReadBuffers } from "../../../runtime/http1/read-buffer.ts";
import { type RequestHead, RequestHeadReader } from "../../../runtime/http1/request-head.ts";
import { gateway, operation } from "../../runtime/support/gateway.ts";
import { FakeSocket } from "./fake-socket.ts";
import { fieldLines, type Message, type Reading } from "./message.ts";

const limits: ServerLimits = {
  headBytes: 32_768,
  fieldLines: 200,
  headMs: 1_000,
  requestMs: 1_000,
  idleMs: 1_000,
  sendMs: 1_000,
  lingerMs: 1_000,
};

const peer: Peer = { ip: "127.0.0.1", connectionIp: "127.0.0.1", port: 1, secure: false };

export interface RequestReading extends Reading {
  /** What the client got, octet by octet. */
  readonly answered: string;
}

/**
 * The requests that a connection of the gateway makes of these bytes. Each is answered with 204 as soon as it is whole.
 *
 * @param demandsHost as RFC 9112 §3.2 does; parser cases often leave `Host` out
 */
export function readRequests(pieces: readonly Buffer[], { demandsHost = true, isEnded = false } = {}): RequestReading {
  const host = new RecordingHost(demandsHost);
  const socket = new FakeSocket();
  const client: ClientPeer = { peer, isTrusted: false };
  const connection = new Http1Connection(host, () => socket.asSocket, client);
  socket.feed(connection, pieces);
  if (isEnded && !socket.isEnded && !socket.destroyed) socket.emit("end");
  const answered = socket.sent;
  const isRefused = syntaxRefusals.test(answered) || (socket.destroyed && !isEnded);
  return {
    messages: host.records.map((record) => record.message()),
    end: isRefused ? "refused" : socket.isEnded ? "over" : "more",
    answered,
  };
}

/** What a connection answers where no request can be read at all. */
const syntaxRefusals = /"urn:gatewright:problem:(bad-request|bad-version|too-many-fields|head-too-large|target-too-long)"/;

class RecordingHost implements ConnectionHost {
  readonly records: Record[] = [];
  readonly state: ServerState;
  readonly limits = limits;
  readonly heads = new RequestHeadReader(limits);
  readonly buffers = new ReadBuffers();
  readonly now = 0;
  readonly #demandsHost: boolean;

  constructor(demandsHost: boolean) {
    this.#demandsHost = demandsHost;
    const any = operation({ request: (x) => this.#byExchange.get(x)!.begin() });
    this.state = {
      gateway: gateway(any, { unmatched: any }),
      proxies: undefined,
      load: emptyLoad(undefined),
      workers: 1,
      isDraining: false,
      answersToClose: 0,
    };
  }

  readonly #byExchange = new Map<Exchange, Record>();

  dateLine(): string {
    return "";
  }

  exchange(client: ClientTransport, head: RequestHead, { isTrusted }: ClientPeer): HttpExchange {
    const wanted = this.#demandsHost || head.hosts > 0 ? head : { ...head, hosts: 1, host: "a" };
    const x = new HttpExchange(this.state, client, head, { ...readTarget(wanted), peer, isPeerTrusted: isTrusted });
    const record = new Record(x);
    this.#byExchange.set(x, record);
    this.records.push(record);
    return x;
  }

  unread(): void {}

  forget(): void {}
}

/** Reads one request to its end. */
class Record implements BodySink {
  readonly #x: HttpExchange;
  #body = "";
  #trailers: readonly string[] = [];
  #isWhole = false;

  constructor(x: HttpExchange) {
    this.#x = x;
  }

  begin(): void {
    this.#x.client.readBody(this);
  }

  bodyPiece(piece: Piece): void {
    this.#body += piece.text();
  }

  bodyBatch(): void {}

  bodyEnd(trailers: HeaderList | undefined): void {
    this.#trailers = trailers === undefined ? [] : fieldLines(trailers.lines);
    this.#isWhole = true;
    this.#x.answer = { status: 204, headers: new HeaderList(), body: undefined, source: "gateway" };
    send(this.#x);
  }

  message(): Message {
    const { method, head } = this.#x;
    const isRefused = this.#x.answer !== undefined && this.#x.answer.status >= 400;
    return {
      start: `${method} ${head.target} 1.${head.minor}`,
      fields: fieldLines(head.headers.lines),
      body: this.#body,
      trailers: this.#trailers,
      isWhole: this.#isWhole,
      isRefused,
    };
  }
}
