import { contained } from "../../life/boundary.ts";
import type { Every, Life } from "../../life/life.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { EntryPlace, Led } from "../../stores/entries.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import type { FetchPlan } from "../answer-cache.ts";
import type { Kept } from "../answer-store.ts";
import type { Departure, Leads } from "../leads.ts";
import type { SharedResource } from "./entry.ts";
import { hashed, newId } from "./names.ts";

/** Milliseconds for which a process leads without a sign of life, and for which it is known what came of its fetch. */
export const leaseTerm = 3_000;
const apartTerm = 10_000;
const aloneTerm = 1_000;
/** Of a mark that nobody has written anything with. */
const markSpan = 3_600_000;

/** Milliseconds between two looks at a fetch of another process: short at first, then a part of the time that it has taken. */
const pauseAfter = (waited: number): number => Math.min(250, Math.max(5, waited / 4)) * (0.5 + Math.random() / 2);

/** What a fetch has of the store. */
export interface Ticket {
  readonly place: EntryPlace;
  readonly mark: string;
  /** When the fetch began. */
  readonly epoch: string;
  /** Name of the lead; empty: it has none. */
  readonly work: string;
  readonly owner: string;
  /** What came of it is known. */
  isSettled: boolean;
}

/** Undefined: the server has not been told yet that what it has does not count. */
type PlaceOf = (key: string, base: string) => EntryPlace | undefined;

/** From the server, and no copy of it. */
export type ReadShared = (key: string, base: string) => Promise<Kept>;

/** The fetches of this process, as the others see them. */
export class SharedLeads implements Leads {
  readonly #placeOf: PlaceOf;
  readonly #read: ReadShared;
  readonly #epochOf: (place: EntryPlace) => string;
  readonly #tickets = new WeakMap<FetchPlan, Ticket>();
  readonly #leading = new Set<Ticket>();
  #renewal: Every | undefined = undefined;

  /** `epochOf`: the last one that was heard of. */
  constructor(placeOf: PlaceOf, read: ReadShared, epochOf: (place: EntryPlace) => string) {
    this.#placeOf = placeOf;
    this.#read = read;
    this.#epochOf = epochOf;
  }

  start(life: Life): void {
    this.#renewal?.stop();
    this.#renewal = life.every(leaseTerm / 3, async () => {
      await Promise.all([...this.#leading].map((ticket) => ticket.place.extend(ticket.work, ticket, leaseTerm)));
    });
  }

  keeps(plan: FetchPlan): boolean {
    return this.#tickets.has(plan);
  }

  /** Undefined: whatever comes is not kept. */
  ticketOf(plan: FetchPlan): Ticket | undefined {
    return this.#tickets.get(plan);
  }

  before(plan: FetchPlan, departure: Departure, read = this.#read): void {
    const { resource } = plan;
    // A copy of what is kept knows the mark already.
    const mark = resource === undefined ? undefined : (resource as SharedResource).mark;
    if (!departure.isShared && mark !== undefined) {
      const place = this.#placeOf(plan.key, plan.base);
      if (place !== undefined)
        this.#tickets.set(plan, { place, mark, epoch: this.#epochOf(place), work: "", owner: "", isSettled: true });
      departure.go();
      return;
    }
    const failing = contained(departure, (error: unknown) => departure.broke(error));
    this.#depart(plan, departure, read).catch(failing);
  }

  async #depart(plan: FetchPlan, departure: Departure, read: ReadShared): Promise<void> {
    const work = departure.isShared ? hashed(plan.flight) : "";
    const owner = newId();
    let known = plan.resource === undefined ? "" : (plan.resource as SharedResource).version;
    for (let waited = 0; !departure.isOver; ) {
      const place = this.#placeOf(plan.key, plan.base);
      const ask = { known, owner, lease: departure.isShared ? leaseTerm : 0, newMark: newId(), markSpan };
      // Whoever cannot be asked is not waited for.
      const epoch = place === undefined ? "" : this.#epochOf(place);
      const led: Led | Failed | undefined = await place?.lead(work, ask);
      if (place === undefined || led === undefined || isFailed(led)) return departure.go();
      switch (led.state) {
        case "mine": {
          const ticket = { place, mark: led.mark, epoch, work, owner, isSettled: work === "" };
          this.#tickets.set(plan, ticket);
          if (work !== "") this.#leading.add(ticket);
          if (departure.isOver) this.settle(plan, "none");
          else departure.go();
          return;
        }
        case "apart":
          return departure.scatter();
        case "alone":
          this.#tickets.set(plan, { place, mark: led.mark, epoch, work: "", owner, isSettled: true });
          return departure.go();
        case "stored": {
          const resource = await read(plan.key, plan.base);
          if (resource !== undefined && !isFailed(resource)) return departure.arrived(resource);
          // Another build wrote it, or it is gone by now.
          known = led.version;
          break;
        }
        case "held": {
          if (departure.isRefresh) return departure.arrived(undefined);
          const pause = pauseAfter(waited);
          waited += pause;
          await this.#pause(pause, departure);
        }
      }
    }
  }

  #pause(milliseconds: number, departure: Departure): Promise<void> {
    return new Promise((resolve) => void (timers.after(milliseconds, departure, resolve) satisfies Timer));
  }

  settle(plan: FetchPlan, outcome: "apart" | "none"): void {
    const ticket = this.#tickets.get(plan);
    if (ticket === undefined || !this.end(ticket)) return;
    if (outcome === "apart") void ticket.place.settle(ticket.work, ticket, "apart", apartTerm);
    else void ticket.place.settle(ticket.work, ticket, "alone", aloneTerm);
  }

  /** False: what came of it is known already. */
  end(ticket: Ticket): boolean {
    this.#leading.delete(ticket);
    if (ticket.isSettled) return false;
    ticket.isSettled = true;
    return true;
  }
}
