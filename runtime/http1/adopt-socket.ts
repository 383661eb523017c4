import { Socket } from "node:net";
import { type Contained, contain } from "../boundary.ts";
import type { ReadBuffer } from "./read-buffer.ts";

/** What reads from a socket. */
export interface SocketReader extends Contained {
  readonly readBuffer: ReadBuffer;
  /** False: no more until the socket is resumed. */
  readonly onRead: (bytes: number, buffer: Buffer) => boolean;
}

/** For the constructor of a socket, or `connect`: reads go into buffers of ours and past the stream (node:net, `onread`). */
export const readInto = (reader: SocketReader) => ({
  buffer: reader.readBuffer.next,
  callback: (bytes: number, buffer: Uint8Array): boolean => readBy(reader, bytes, buffer as Buffer),
});

/** Hands over what was read. */
export function readBy(reader: SocketReader, bytes: number, buffer: Buffer): boolean {
  try {
    return reader.onRead(bytes, buffer);
  } catch (error) {
    contain(reader, error);
    return true;
  }
}

/**
 * Makes a socket that a server accepted read into our buffers. node:net offers that for sockets one opens oneself only,
 * though its server makes them in the same way: so the handle of the accepted socket, which must not have been read
 * from, moves to a new one. It saves a fifth of the CPU time of a proxied request.
 */
export function adoptSocket(accepted: Socket, reader: SocketReader): Socket {
  // Not in the types of Node: the handle, and the option that takes one.
  const holder = accepted as Socket & { _handle: object | null };
  const handle = holder._handle;
  if (handle === null || handle === undefined) return accepted;
  holder._handle = null;
  accepted.destroy();
  const options = { handle, allowHalfOpen: true, onread: readInto(reader) };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}
