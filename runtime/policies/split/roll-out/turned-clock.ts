import { clock } from "../../../life/clock.ts";

/** Milliseconds by which a clock may be set right without anybody noticing. */
const least = 1_000;

/** Finds out that somebody has turned the clock of the machine, or that it slept. */
export class TurnedClock {
  #wall = clock.wall();
  #monotonic = clock.monotonic();

  /** Milliseconds by which the clock was turned since the look before, or since this was made; 0: it was not. */
  look(): number {
    const [wall, monotonic] = [clock.wall(), clock.monotonic()];
    const turned = wall - this.#wall - (monotonic - this.#monotonic);
    this.#wall = wall;
    this.#monotonic = monotonic;
    return Math.abs(turned) < least ? 0 : Math.round(turned);
  }
}
