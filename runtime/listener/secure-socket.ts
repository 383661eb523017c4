import type { Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { SocketReader } from "../http1/adopt-socket.ts";

/** Who reads from a socket; settled when the handshake is over. */
export type ReaderSlot = { -readonly [Key in keyof SocketReader]: SocketReader[Key] | undefined };

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
    buffer: (): Buffer => slot.readBuffer?.next() ?? shared,
    callback: (bytes: number, buffer: Buffer): boolean => slot.onRead?.(bytes, buffer) ?? true,
  };
  const socket = new AdoptedSecureSocket(undefined, { ...options, accepted, onread, allowHalfOpen: true } as AdoptingOptions);
  const own = socket as unknown as WithHandle;
  own.connecting = false;
  // What servers of node:tls do, and node:http2 looks at.
  socket.once("secure", () => {
    own.secureConnecting = false;
  });
  // As node:tls does it: once listeners can be there.
  if (begun.length > 0) process.nextTick(() => own._handle?.receive(begun));
  return socket;
}
