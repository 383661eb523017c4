import { connect, type Socket } from "node:net";
import { unsuitedNode } from "../life/unsuited-node.ts";

/**
 * A reset that arrives together with bytes is an end to libuv, and would make a part of an answer a whole one. The system
 * still tells: such a socket has no peer any more.
 */
export const isReset = (socket: Socket): boolean => (socket as SocketOfHandle)._handle?.getpeername?.({}) !== 0;

/** Not in the types of Node: the handle, which gives 0 for success. */
type SocketOfHandle = Socket & { readonly _handle?: { getpeername?(into: object): number } | null };

/** Throws a `StartError` where this Node has not what `isReset` asks. */
export function checkPeerNames(): void {
  // A literal address is connected to in the next turn, which this socket does not live to see.
  const socket = connect({ host: "127.0.0.1", port: 1 });
  const { _handle: handle } = socket as SocketOfHandle;
  socket.destroy();
  if (typeof handle?.getpeername !== "function")
    throw unsuitedNode("its sockets do not say whether an answer that ends with its connection was cut off");
}
