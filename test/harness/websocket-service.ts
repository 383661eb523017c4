import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { closePayload, type Frame, FrameReader, frame, MessageReader, opcodes } from "./websocket-frames.ts";

/** A service that speaks WebSocket, and HTTP where nobody asks for more. */
export interface WebSocketService {
  readonly url: string;
  /** Requests that asked for an upgrade, and ordinary ones. */
  readonly handshakes: IncomingMessage[];
  readonly requests: IncomingMessage[];
  /** Open connections. */
  readonly peers: WebSocketPeer[];
  close(): Promise<void>;
}

export interface WebSocketServiceOptions {
  /** Serves with TLS, as `localhost`. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Instead of an echo; gets control frames as well. */
  readonly message?: (peer: WebSocketPeer, message: Frame) => void;
  /** Instead of the 101: true where it dealt with the socket. */
  readonly handshake?: (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;
  readonly request?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The service's end of one WebSocket. */
export class WebSocketPeer {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(opcode: number, payload: Buffer): void {
    this.socket.write(frame(opcode, payload));
  }

  close(code: number, reason = ""): void {
    this.socket.end(frame(opcodes.close, closePayload(code, reason)));
  }
}

export const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** The head of a 101 for a request. */
export const switching = (request: IncomingMessage): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Accept: ${acceptOf(request.headers["sec-websocket-key"] ?? "")}\r\n\r\n`;

/** Echoes messages, answers pings and closes as it was closed, unless told otherwise. */
export async function startWebSocketService(options: WebSocketServiceOptions = {}): Promise<WebSocketService> {
  const handshakes: IncomingMessage[] = [];
  const requests: IncomingMessage[] = [];
  const peers: WebSocketPeer[] = [];
  const sockets = new Set<Socket>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    if (options.request === undefined) response.end("an ordinary answer");
    else options.request(request, response);
  };
  const server = options.tls === undefined ? createServer(serve) : createSecureServer(options.tls, serve);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    handshakes.push(request);
    if (options.handshake?.(request, socket, head) === true) return;
    socket.write(switching(request));
    const peer = new WebSocketPeer(socket);
    peers.push(peer);
    const frames = new FrameReader();
    const messages = new MessageReader();
    const take = (chunk: Buffer): void => {
      for (const one of frames.push(chunk)) {
        const message = messages.push(one);
        if (message !== undefined) (options.message ?? echo)(peer, message);
      }
    };
    socket.on("data", take);
    if (head.length > 0) take(head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${options.tls === undefined ? "http://127.0.0.1" : "https://localhost"}:${(server.address() as AddressInfo).port}`,
    handshakes,
    requests,
    peers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export function echo(peer: WebSocketPeer, { opcode, payload }: Frame): void {
  if (opcode === opcodes.ping) peer.send(opcodes.pong, payload);
  else if (opcode === opcodes.close) peer.socket.end(frame(opcodes.close, payload));
  else peer.send(opcode, payload);
}
