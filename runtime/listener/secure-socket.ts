import type { Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import { contained } from "../boundary.ts";
import { readBy, type SocketReader } from "../http1/adopt-socket.ts";

/** Who reads from a socket; settled when the handshake is over. */
export interface ReaderSlot {
  reader: SocketReader | undefined;
}

/** What the types of Node leave out: handles, and the hook in which a socket gets its own. */
interface Handle {
  receive(bytes: Buffer): void;
}
interface AdoptingOptions extends TLSSocketOptions {
  accepted: Socket | undefined;
  readonly onread: object;
}
interface WithHandle {
  _handle: Handle | null;
  connecting: boolean;
  secureConnecting: boolean;
}
interface Adopting extends TLSSocket {
  readonly _tlsOptions: AdoptingOptions;
  _wrapHandle(wrap: null, handle: object | null, isBusy: boolean): object;
}

const Base = TLSSocket as unknown as new (socket: undefined, options: AdoptingOptions) => Adopting;

/**
 * A secure socket on the handle of a socket that a server accepted. For sockets that it wraps, node:tls has no `onread`;
 * for one that it opens itself it has. So this is the latter, with a handle that is connected already. See `adoptSocket`.
 */
class AdoptedSecureSocket extends Base {
  override _wrapHandle(_wrap: null, _handle: object | null, isBusy: boolean): object {
    const accepted = this._tlsOptions.accepted as unknown as WithHandle & Socket;
    this._tlsOptions.accepted = undefined;
    const handle = accepted._handle;
    accepted._handle = null;
    accepted.destroy();
    return super._wrapHandle(null, handle, isBusy);
  }
}

/** Begins the handshake. `begun`: what was read from the accepted socket already. */
export function openSecure(
  accepted: Socket,
  options: TLSSocketOptions,
  slot: ReaderSlot,
  shared: Buffer,
  begun: Buffer,
): TLSSocket {
  const holder = accepted as unknown as WithHandle;
  // Gone already: what is made of it is closed at once.
  if (holder._handle === null || holder._handle === undefined) return new TLSSocket(accepted, options);
  const onread = {
    buffer: (): Buffer => slot.reader?.readBuffer.next() ?? shared,
    callback: (bytes: number, buffer: Buffer): boolean => slot.reader === undefined || readBy(slot.reader, bytes, buffer),
  };
  const socket = new AdoptedSecureSocket(undefined, { ...options, accepted, onread, allowHalfOpen: true } as AdoptingOptions);
  const own = socket as unknown as WithHandle;
  own.connecting = false;
  // What servers of node:tls do, and node:http2 looks at.
  const connection = { broke: () => void socket.destroy() };
  const onSecure = contained(connection, (): void => {
    own.secureConnecting = false;
  });
  socket.once("secure", onSecure);
  // As node:tls does it: once listeners can be there.
  const receive = contained(connection, (): void => own._handle?.receive(begun));
  if (begun.length > 0) process.nextTick(receive);
  return socket;
}
