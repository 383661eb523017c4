import { clock } from "../../life/clock.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Choice, Chooser } from "../load-balancer.ts";
import { Panic, type PanicConfig } from "./panic.ts";

/** Why an endpoint gets no requests. */
export type Mark = keyof typeof bits;

const bits = {
  /** Active health checks say that it does not work. */
  unhealthy: 1,
  /** Requests that went to it failed. */
  ejected: 2,
  /** Discovery says that it is about to end. */
  draining: 4,
} as const;

export const marks: readonly Mark[] = ["unhealthy", "ejected", "draining"];

/** The endpoints of a service, and those of them that may be chosen. */
export class EndpointSet {
  readonly #chooser: Chooser;
  readonly #panic: Panic;
  #all: readonly Endpoint[];
  #usable: readonly Endpoint[];
  #picker: Choice | undefined;
  /** Something has changed since it was looked at which may be chosen. */
  #isChanged = false;

  constructor(endpoints: readonly Endpoint[], chooser: Chooser, panic?: PanicConfig) {
    this.#chooser = chooser;
    this.#panic = new Panic(panic);
    this.#all = endpoints;
    this.#usable = endpoints;
    this.#picker = endpoints.length === 0 ? undefined : chooser.over(endpoints, endpoints);
  }

  get all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Those without a mark. */
  get usable(): readonly Endpoint[] {
    if (this.#isChanged) this.#choose();
    return this.#usable;
  }

  /** Among those that may be chosen; undefined where there are none. */
  get picker(): Choice | undefined {
    if (this.#isChanged) this.#choose();
    return this.#picker;
  }

  /** Endpoints that are said not to work get requests, as there are too few others. */
  get isPanicking(): boolean {
    if (this.#isChanged) this.#choose();
    return this.#panic.isOn;
  }

  /** These from now on. Those that stay keep their marks; those that are gone get no further requests, and are returned. */
  replace(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const before = this.#all;
    // Whole numbers take no memory of their own.
    const now = Math.round(clock.monotonic());
    // Where all are new, as at a start, nobody would be spared by a slow one.
    const isFirst = before.length === 0;
    for (const endpoint of before) endpoint.marks |= bits.draining;
    for (const endpoint of endpoints) {
      if ((endpoint.marks & bits.draining) !== 0) endpoint.marks ^= bits.draining;
      else if (!isFirst) endpoint.backSince = now;
    }
    this.#all = endpoints;
    this.#isChanged = true;
    return before.filter((endpoint) => this.has(endpoint, "draining"));
  }

  has(endpoint: Endpoint, mark: Mark): boolean {
    return (endpoint.marks & bits[mark]) !== 0;
  }

  mark(endpoint: Endpoint, mark: Mark, isSet: boolean): void {
    if (this.has(endpoint, mark) === isSet) return;
    endpoint.marks ^= bits[mark];
    if (endpoint.marks === 0) endpoint.backSince = clock.monotonic();
    // Checks have seen it work: what requests met before does not keep them away for longer.
    if (mark === "unhealthy" && !isSet) endpoint.load?.forget();
    this.#isChanged = true;
  }

  /** When somebody asks for it: of thousands of marks that come at once, as of a zone that is gone, only the last counts. */
  #choose(): void {
    this.#isChanged = false;
    const all = this.#all;
    let marked = 0;
    for (const { marks } of all) marked |= marks;
    this.#usable = marked === 0 ? all : all.filter(({ marks }) => marks === 0);
    // What is about to end gets nothing, however few are left.
    const staying = (marked & bits.draining) === 0 ? all : all.filter((endpoint) => !this.has(endpoint, "draining"));
    const chosen = this.#panic.chosen(this.#usable, staying);
    this.#picker = chosen.length === 0 ? undefined : this.#chooser.over(chosen, staying);
  }
}
