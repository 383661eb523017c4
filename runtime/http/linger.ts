import type { Socket } from "node:net";

/** Milliseconds a client gets to read its answer and to stop sending. */
const patience = 2000;

/**
 * A connection that is closed while the client still sends is reset, and the reset may overtake the answer. So the
 * answer is followed by the end of our side only, and what still comes in is read and dropped for a while (RFC 9112 §9.6).
 * node:http closes through `destroySoon`, which is replaced on this one socket.
 */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = function linger(this: Socket): void {
    if (this.writable) this.end();
    this.resume();
    const timer = setTimeout(() => this.destroy(), patience);
    this.once("end", () => this.destroy());
    this.once("close", () => clearTimeout(timer));
  };
}
