import type { Departure } from "../../caching/leads.ts";
import { freshFor, type StoredResource } from "../../caching/stored-answer.ts";
import { clock } from "../../life/clock.ts";
import type { Flight } from "./flight.ts";

/** Linked where other processes keep their answers in the same place. */
export const departureOf = (flight: object, isShared: boolean): Departure =>
  // Only what `forwardCached` makes departs.
  new FlightDeparture(flight as Flight, isShared);

class FlightDeparture implements Departure {
  readonly isShared: boolean;
  readonly #flight: Flight;

  constructor(flight: Flight, isShared: boolean) {
    this.isShared = isShared;
    this.#flight = flight;
  }

  get isRefresh(): boolean {
    return this.#flight.first === undefined;
  }

  get isOver(): boolean {
    return this.#flight.x.isDone;
  }

  go(): void {
    if (!this.isOver) this.#flight.carriers.ask(this.#flight.x);
  }

  arrived(resource: StoredResource | undefined): void {
    const flight = this.#flight;
    const now = clock.monotonic();
    flight.cancel();
    const others = flight.takeAll().filter(({ x }) => {
      const stored = resource?.variants.find((one) => flight.mayHave(x, one) && freshFor(one, now) > 0);
      if (stored === undefined) return true;
      flight.guarded(x, () => flight.give(x, stored, { fetch: flight.plan, isCollapsed: true }));
      return false;
    });
    flight.release(others);
  }

  scatter(): void {
    this.arrived(undefined);
  }

  broke(error: unknown): void {
    this.#flight.x.fail(error);
  }
}
