import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { frame } from "../listeners/support/frames.ts";
import { http1Answer } from "./http1-messages.ts";
import { http2Answer } from "./http2-frames.ts";
import { cut, type Random } from "./random.ts";

/** What services do at the moment: answer as they should, or as random numbers say. */
export interface Mood {
  /** Undefined: as they should. */
  next: (() => Random) | undefined;
  /** The last that was said, in hexadecimal. */
  readonly said: string[];
}

/** A service over HTTP/1.1 for the length of a test. */
export function http1Service(mood: Mood): Promise<string> {
  return listening((socket) => {
    socket.on("data", (bytes: Buffer) => {
      const random = mood.next?.();
      if (random !== undefined) say(socket, http1Answer(random), random, mood);
      else if (bytes.includes("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
    });
  });
}

/** A service over HTTP/2, made of frames. */
export function http2Service(mood: Mood): Promise<string> {
  return listening((socket) => {
    let waiting = Buffer.alloc(0);
    let at = 24;
    socket.write(frame(4, 0, 0));
    socket.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= at + 9) {
        const length = waiting.readUIntBE(at, 3);
        if (waiting.length < at + 9 + length) return;
        const [type, flags, stream] = [waiting[at + 3]!, waiting[at + 4]!, waiting.readUInt32BE(at + 5)];
        const payload = waiting.subarray(at + 9, at + 9 + length);
        at += 9 + length;
        if (type === 4 && (flags & 1) === 0) socket.write(frame(4, 1, 0));
        if (type === 6 && (flags & 1) === 0) socket.write(frame(6, 1, 0, payload));
        if (type !== 1) continue;
        const random = mood.next?.();
        if (random !== undefined) say(socket, http2Answer(stream, random), random, mood);
        else socket.write(Buffer.concat([frame(1, 4, stream, Buffer.of(0x88)), frame(0, 1, stream, Buffer.from("fine"))]));
      }
    });
  });
}

/** In pieces; then the connection ends in one way or another, so that nobody waits for what does not come. */
function say(socket: Socket, bytes: Buffer, random: Random, { said }: Mood): void {
  said.push(bytes.toString("hex"));
  if (said.length > 100) said.shift();
  const pieces = cut(bytes, random);
  const end = random.pick([() => socket.end(), () => socket.destroy(), () => socket.resetAndDestroy()]);
  const next = (): void => {
    const piece = pieces.shift();
    if (piece === undefined || socket.destroyed) setTimeout(end, 5);
    else socket.write(piece, () => setImmediate(next));
  };
  next();
}

async function listening(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
