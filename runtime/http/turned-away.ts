import type { Socket } from "node:net";
import { contained, logged } from "../life/boundary.ts";
import { syntaxRefusal } from "./syntax-refusal.ts";

/** Connections that may wait for their client to have read why; each is a descriptor. */
const mostLingering = 32;

/** Connections beyond what the server takes on: told so, and closed. */
export class TurnedAway {
  /** Until when each may linger, in coarse monotonic milliseconds. */
  readonly #lingering = new Map<Socket, number>();
  #text = "";

  /** `isSecure`: the client waits for a handshake, and would take an answer for a broken one. */
  add(socket: Socket, until: number, isSecure: boolean): void {
    socket.on("error", ignore);
    if (isSecure) {
      socket.destroy();
      return;
    }
    if (this.#text === "") this.#text = syntaxRefusal("overloaded");
    const end = contained(logged("a connection that was turned away could not be ended"), (): void => {
      this.#lingering.delete(socket);
      socket.destroy();
    });
    if (this.#lingering.size >= mostLingering) {
      socket.end(this.#text, "latin1", end);
      return;
    }
    this.#lingering.set(socket, until);
    socket.on("close", end);
    socket.end(this.#text, "latin1");
    // What the client sends is dropped: closed over unread bytes, the connection would be reset, and the reset may
    // overtake the answer (RFC 9112 §9.6).
    socket.resume();
  }

  expire(now: number): void {
    for (const [socket, until] of this.#lingering) if (until <= now) socket.destroy();
  }
}

function ignore(): void {}
