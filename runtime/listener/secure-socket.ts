import type { Socket } from "node:net";
import { type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import { readAsStream, readBy, type SocketReader } from "../http1/adopt-socket.ts";
import { contained } from "../life/boundary.ts";

/** Who reads from a socket; settled when the handshake is over. */
export interface ReaderSlot {
  reader: SocketReader | undefined;
}

/** How TLS is spoken on the sockets that a server accepted. */
export interface SecureSockets {
  /** Begins the handshake. `shared`: where to read to meanwhile; `begun`: what was read from the accepted socket already. */
  open(accepted: Socket, options: TLSSocketOptions, slot: ReaderSlot, shared: Buffer, begun: Buffer): TLSSocket;
  /** The handshake is over: `reader` reads from the socket that is returned. */
  read(socket: TLSSocket, slot: ReaderSlot, reader: SocketReader): Socket;
}

/** What the types of Node leave out: handles, and the hook in which a socket gets its own. */
interface Handle {
  receive(bytes: Buffer): void;
}
interface AdoptingOptions extends TLSSocketOptions {
  /** Undefined: an unconnected handle of its own. */
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

/** A class is made of it when a gateway starts, so that nothing of Node is touched when the module is loaded. */
function adoptingSocket(): new (socket: undefined, options: AdoptingOptions) => Adopting {
  const Base = TLSSocket as unknown as new (socket: undefined, options: AdoptingOptions) => Adopting;
  /**
   * A secure socket on the handle of a socket that a server accepted. For sockets that it wraps, node:tls has no `onread`;
   * for one that it opens itself it has. So this is the latter, with a handle that is connected already. See
   * `adopt-socket.ts`.
   */
  return class extends Base {
    override _wrapHandle(_wrap: null, own: object | null, isBusy: boolean): object {
      const accepted = this._tlsOptions.accepted as unknown as (WithHandle & Socket) | undefined;
      if (accepted === undefined) return super._wrapHandle(null, own, isBusy);
      this._tlsOptions.accepted = undefined;
      const handle = accepted._handle;
      accepted._handle = null;
      accepted.destroy();
      return super._wrapHandle(null, handle, isBusy);
    }
  };
}

/** The quick way where this Node has what it rests on, and else the documented one. */
export function secureSockets(secureContext: SecureContext): SecureSockets {
  const AdoptedSocket = adoptingSocket();
  return canAdopt(AdoptedSocket, secureContext) ? onHandles(AdoptedSocket) : onStreams();
}

type AdoptedSocketClass = ReturnType<typeof adoptingSocket>;

const onHandles = (AdoptedSocket: AdoptedSocketClass): SecureSockets => ({
  open(accepted, options, slot, shared, begun) {
    const holder = accepted as unknown as WithHandle;
    // Gone already: what is made of it is closed at once.
    if (holder._handle === null || holder._handle === undefined) return new TLSSocket(accepted, options);
    const onread = {
      buffer: (): Buffer => slot.reader?.readBuffer.next() ?? shared,
      callback: (bytes: number, buffer: Buffer): boolean => slot.reader === undefined || readBy(slot.reader, bytes, buffer),
    };
    const socket = new AdoptedSocket(undefined, { ...options, accepted, onread, allowHalfOpen: true } as AdoptingOptions);
    const own = socket as unknown as WithHandle;
    own.connecting = false;
    // As node:tls does it: once listeners can be there.
    const receive = contained({ broke: () => void socket.destroy() }, (): void => own._handle?.receive(begun));
    if (begun.length > 0) process.nextTick(receive);
    return awaitingHandshake(socket);
  },
  read(socket, slot, reader) {
    slot.reader = reader;
    return socket;
  },
});

const onStreams = (): SecureSockets => ({
  open(accepted, options, _slot, _shared, begun) {
    if (begun.length > 0) accepted.unshift(begun);
    return awaitingHandshake(new TLSSocket(accepted, options));
  },
  read: (socket, _slot, reader) => readAsStream(socket, reader),
});

/** What servers of node:tls do, and node:http2 looks at. */
function awaitingHandshake(socket: TLSSocket): TLSSocket {
  const onSecure = contained({ broke: () => void socket.destroy() }, (): void => {
    (socket as unknown as WithHandle).secureConnecting = false;
  });
  return socket.once("secure", onSecure);
}

/** Tries it out with a socket without a connection: whether the hook is called, and whether it reads where it is told to. */
function canAdopt(AdoptedSocket: AdoptedSocketClass, secureContext: SecureContext): boolean {
  let hooked = 0;
  let asked = 0;
  class Probe extends AdoptedSocket {
    override _wrapHandle(wrap: null, own: object | null, isBusy: boolean): object {
      if ("accepted" in this._tlsOptions) hooked++;
      return super._wrapHandle(wrap, own, isBusy);
    }
  }
  const buffer = (): Buffer => {
    asked++;
    return Buffer.alloc(1);
  };
  try {
    const options = { isServer: true, secureContext, accepted: undefined };
    const socket = new Probe(undefined, { ...options, onread: { buffer, callback: () => true } });
    const { _handle, connecting } = socket as unknown as WithHandle;
    socket.destroy();
    return hooked === 1 && asked > 0 && connecting && typeof _handle?.receive === "function";
  } catch {
    return false;
  }
}
