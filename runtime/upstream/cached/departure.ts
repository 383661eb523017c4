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
    if (!this.isOver) this.#flight.ask();
  }

  arrived(resource: StoredResource | undefined): void {
    const flight = this.#flight;
    const now = clock.monotonic();
    flight.cancel();
    const { cache } = flight.carriers;
    const others = flight.takeAll().filter((delivery) => {
      const { x } = delivery;
      const stored = resource?.variants.find((one) => flight.mayHave(x, one) && freshFor(one, now) > 0);
      if (stored !== undefined) flight.guarded(x, () => flight.give(x, stored, { fetch: flight.plan, isCollapsed: true }));
      else if (resource?.variants.some((one) => !cache.isFor(x, one)) === true) {
        // It was purged before the request came: those who came since then wait for the next fetch together.
        delivery.leave();
        flight.guarded(x, () => flight.carriers.again(x, false));
      } else return true;
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
