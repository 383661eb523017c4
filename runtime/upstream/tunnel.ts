import type { UpgradeGrant } from "../exchange/upgrade.ts";
import type { Cancellable } from "../http/client-transport.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { type FrameFollower, policyViolation } from "../http1/frame-follower.ts";
import type { Piece } from "../http1/read-buffer.ts";
import type { TunnelPort, TunnelSink } from "../http1/tunnel.ts";
import { clock } from "../life/clock.ts";
import { Deadlines, type Expiring } from "./deadlines.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { Service } from "./service.ts";

/** Milliseconds between looks at the deadlines of tunnels. */
const tick = 500;

/** Milliseconds in which what was sent to one side may still leave once the other is gone. */
const lingerMs = 2_000;

/**
 * Bytes between a client and a service that agreed on another protocol (RFC 9110 §7.8). Nobody here understands them: they
 * pass as they come, no faster than the other side reads.
 */
export class Tunnel implements Expiring, Cancellable {
  deadline: number;
  deadlineIndex = -1;
  readonly #x: HttpExchange;
  readonly #origin: Service;
  readonly #deadlines: Deadlines;
  readonly #idleTimeout: number;
  readonly #endsAt: number;
  readonly #client: TunnelSide;
  readonly #service: TunnelSide;
  /** What the service sends, where a frame of ours may have to stand between. */
  readonly #frames: FrameFollower | undefined = undefined;
  /** One side is gone, or both were told to go. */
  #isEnding = false;

  constructor(x: HttpExchange, connection: OriginConnection, service: Service, grant: UpgradeGrant) {
    const { idleTimeout, maxDuration, webSocketKey } = grant;
    if (webSocketKey !== "") this.#frames = x.state.gateway.parts.createFrameFollower?.();
    this.#x = x;
    this.#origin = service;
    x.pending = this;
    const now = clock.monotonic();
    service.tunnelDeadlines ??= new Deadlines(tick);
    this.#deadlines = service.tunnelDeadlines;
    this.#idleTimeout = idleTimeout;
    this.#endsAt = now + maxDuration;
    this.deadline = Math.min(now + idleTimeout, this.#endsAt);
    this.#deadlines.add(this, now);
    this.#service = new TunnelSide(this, (sink) => connection.tunnel(sink));
    this.#client = new TunnelSide(this, (sink) => x.client.tunnel!(sink));
    this.#service.join(this.#client);
    this.#client.join(this.#service);
    // The head of the 101 leaves with what stood behind it, if anything did.
    this.#service.begin();
    this.#client.begin();
  }

  passed(from: TunnelSide, piece: Piece): void {
    const bytes = piece.length;
    if (from === this.#client) this.#x.bytesReceived += bytes;
    else {
      this.#x.bytesSent += bytes;
      this.#frames?.see(piece);
    }
    if (!this.#isEnding) this.deadline = Math.min(clock.monotonic() + this.#idleTimeout, this.#endsAt);
  }

  /** The connection of one side is gone: what it sent may still reach the other, and that is the end. */
  closed(side: TunnelSide): void {
    const x = this.#x;
    const other = side === this.#client ? this.#service : this.#client;
    if (side === this.#service) this.#origin.tunnelEnded?.(x);
    if (!other.isClosed && x.upstream !== undefined) x.upstream.endedAt = clock.monotonic();
    if (x.outcome === "pending") {
      if (side.isEnded) x.outcome = "complete";
      else if (x.state.isDraining) x.outcome = "refused";
      else x.outcome = side === this.#client ? "clientGone" : "upstreamBroken";
    }
    if (other.isClosed) {
      this.#deadlines.remove(this);
      x.finish(true);
    } else this.#end(other);
  }

  /** Silence, or the longest time that a tunnel may take; later, a side that does not take its last bytes. */
  expire(): void {
    if (this.#x.outcome === "pending") this.#x.outcome = "refused";
    if (this.#isEnding) {
      this.#client.destroy();
      this.#service.destroy();
    } else {
      this.#end(this.#client);
      this.#end(this.#service);
    }
  }

  closeTunnel(): void {
    if (this.#isEnding) return;
    // In the middle of a frame nothing can be said, and the connection just ends.
    if (this.#frames?.isBetween === true) this.#client.say(policyViolation);
    this.expire();
  }

  #end(side: TunnelSide): void {
    side.destroySoon();
    this.#isEnding = true;
    const now = clock.monotonic();
    this.deadline = now + lingerMs;
    if (this.deadlineIndex < 0) this.#deadlines.add(this, now);
  }

  broke(error: unknown): void {
    this.#deadlines.remove(this);
    this.#x.fail(error);
    this.#client.destroy();
    this.#service.destroy();
  }

  // The exchange is over: whoever ended it closed the client's connection, and `closed` follows.
  cancel(): void {}

  drained(): void {}
}

/** One end of a tunnel: what comes from there goes to the other end. */
class TunnelSide implements TunnelSink {
  /** It sends no more. */
  isEnded = false;
  isClosed = false;
  readonly #tunnel: Tunnel;
  readonly #port: TunnelPort;
  #other: TunnelSide | undefined = undefined;

  constructor(tunnel: Tunnel, open: (sink: TunnelSink) => TunnelPort) {
    this.#tunnel = tunnel;
    this.#port = open(this);
  }

  join(other: TunnelSide): void {
    this.#other = other;
  }

  begin(): void {
    const { socket, outbox, begun } = this.#port;
    outbox.send();
    // It may have been stopped while nobody knew what its bytes would be.
    socket.resume();
    if (begun.length > 0) this.tunnelPiece(begun);
  }

  tunnelPiece(piece: Piece): void {
    this.#tunnel.passed(this, piece);
    if (!this.#other!.#write(piece)) this.#port.socket.pause();
  }

  /** False: wait until it is drained. */
  #write(piece: Piece): boolean {
    const { socket, outbox } = this.#port;
    // Who takes no more bytes is gone or about to be.
    if (!socket.writable) return true;
    outbox.piece(piece);
    outbox.send();
    return !outbox.isFull;
  }

  tunnelEnd(): void {
    this.isEnded = true;
    this.#other!.#port.socket.end();
  }

  tunnelClosed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#tunnel.closed(this);
  }

  tunnelDrained(): void {
    this.#other!.#port.socket.resume();
  }

  /** One character for each octet. */
  say(octets: string): void {
    const { socket, outbox } = this.#port;
    if (!socket.writable) return;
    outbox.text(octets);
    outbox.send();
  }

  /** Closes once everything that was written has left. */
  destroySoon(): void {
    const { socket } = this.#port;
    socket.resume();
    socket.destroySoon();
  }

  destroy(): void {
    this.#port.socket.destroy();
  }
}
