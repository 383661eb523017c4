import { Socket } from "node:net";
import { type Contained, contain } from "../life/boundary.ts";
import type { ReadBuffer } from "./read-buffer.ts";

/** What reads from a socket. */
export interface SocketReader extends Contained {
  readonly readBuffer: ReadBuffer;
  /** False: no more until the socket is resumed. */
  readonly onRead: (bytes: number, buffer: Buffer) => boolean;
  /** For sockets that give buffers of their own. */
  readonly onData: (buffer: Buffer) => void;
}

/** Lets `reader` read from a socket that a server accepted and nobody has read from; returns the socket to use from now on. */
export type AdoptSocket = (accepted: Socket, reader: SocketReader) => Socket;

/** For the constructor of a socket, or `connect`: reads go into buffers of ours and past the stream (node:net, `onread`). */
export const readInto = (reader: Pick<SocketReader, "readBuffer" | "onRead" | "broke">) => ({
  buffer: reader.readBuffer.next,
  callback: (bytes: number, buffer: Uint8Array): boolean => readBy(reader, bytes, buffer as Buffer),
});

/** Hands over what was read. */
export function readBy(reader: Pick<SocketReader, "onRead" | "broke">, bytes: number, buffer: Buffer): boolean {
  try {
    return reader.onRead(bytes, buffer);
  } catch (error) {
    contain(reader, error);
    return true;
  }
}

/** Not in the types of Node: the handle. */
interface WithHandle {
  _handle: object | null | undefined;
}

/** Not in the types of Node: the option that takes a handle. */
const socketOn = (handle: object, onread: ReturnType<typeof readInto>): Socket =>
  new Socket({ handle, allowHalfOpen: true, onread } as ConstructorParameters<typeof Socket>[0]);

/**
 * How sockets are adopted, found out once: moving handles is no documented part of Node. Where that is not to be had,
 * sockets are read as the streams that they are.
 */
export const socketAdopter = (): AdoptSocket => (canMoveHandles() ? moveHandle : readAsStream);

/**
 * Makes a socket that a server accepted read into our buffers. node:net offers that for sockets one opens oneself only,
 * though its server makes them in the same way: so the handle of the accepted socket moves to a new one. It saves a fifth
 * of the CPU time of a proxied request.
 */
function moveHandle(accepted: Socket, reader: SocketReader): Socket {
  const holder = accepted as unknown as WithHandle;
  const handle = holder._handle;
  // Gone already.
  if (handle === null || handle === undefined) return accepted;
  holder._handle = null;
  accepted.destroy();
  return socketOn(handle, readInto(reader));
}

/** Tries it out with a handle that is none: whether a socket takes it, and tells it where to read to. */
function canMoveHandles(): boolean {
  const buffer = Buffer.alloc(1);
  let into: unknown;
  const nothing = (): void => {};
  const handle = {
    useUserBuffer: (bytes: unknown) => void (into = bytes),
    readStart: nothing,
    readStop: nothing,
    close: nothing,
  };
  try {
    const socket = socketOn(handle, { buffer: () => buffer, callback: () => true });
    const holder = socket as unknown as WithHandle;
    const isTaken = holder._handle === handle && into === buffer && "_handle" in new Socket();
    holder._handle = null;
    socket.destroy();
    return isTaken;
  } catch {
    return false;
  }
}

/** The documented way. */
export function readAsStream(accepted: Socket, { onData }: SocketReader): Socket {
  accepted.on("data", onData);
  return accepted.resume();
}
