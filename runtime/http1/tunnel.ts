import type { Socket } from "node:net";
import type { Outbox } from "./outbox.ts";
import type { Piece } from "./read-buffer.ts";

/** Takes what one side of a tunnel sends. */
export interface TunnelSink {
  tunnelPiece(piece: Piece): void;
  /** That side sends no more. */
  tunnelEnd(): void;
  /** That side is gone. */
  tunnelClosed(): void;
  /** What was written to that side has left: more may be written. */
  tunnelDrained(): void;
}

/** The other way: into a tunnel. */
export interface TunnelEnd {
  /** False: wait for `tunnelDrained`. */
  write(piece: Piece): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** The end of a tunnel that is a socket. `setPaused` is told whether more may be read from it. */
export const socketEnd = (socket: Socket, outbox: Outbox, setPaused: (isPaused: boolean) => void): TunnelEnd => ({
  write: (piece) => {
    outbox.piece(piece);
    outbox.flush();
    return !outbox.isFull;
  },
  end: () => void socket.end(),
  pause: () => {
    setPaused(true);
    socket.pause();
  },
  resume: () => {
    setPaused(false);
    socket.resume();
  },
  destroy: () => void socket.destroy(),
});
