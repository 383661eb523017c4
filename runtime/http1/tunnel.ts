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

/** What a connection leaves to a tunnel: the socket, which may be paused, and what is written to it. */
export interface TunnelPort {
  readonly socket: Socket;
  readonly outbox: Outbox;
  /** What was read already, behind the head that began the tunnel. */
  readonly begun: Piece;
}
