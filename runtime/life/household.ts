import type { MetricFamily } from "../gateway/metrics.ts";
import { createLog, type Log } from "../log/log.ts";
import { contained, logged } from "./boundary.ts";
import { seatHere } from "./group/seat-here.ts";
import type { Living } from "./living.ts";
import { Resident } from "./resident.ts";
import type { HandedOver, Seat, Seated } from "./seat.ts";
import type { ThingReport } from "./thing-report.ts";
import { withDeadline } from "./with-deadline.ts";

/** Milliseconds that all of them together get to write what is left; a primary ends its workers soon after. */
const longestStop = 3_000;

/** The living things of a process that serves, in the order of who needs whom. */
export class Household implements Seated {
  readonly #seat: Seat;
  readonly #log: Log;
  readonly #residents: readonly Resident[];
  #stopped: Promise<void> | undefined = undefined;

  constructor(living: readonly Living[], seat: Seat, log: Log) {
    this.#seat = seat;
    this.#log = log;
    this.#residents = living.map((thing) => new Resident(thing, seat, log.with({ thing: thing.name })));
  }

  /**
   * Throws a `StartError` where one fails to start that the gateway does not serve without; then all are stopped. A signal to
   * end that comes meanwhile ends the process: as process 1 of a container nobody else would act on it.
   */
  async start(): Promise<void> {
    const end = contained(logged("the end of the start"), (): void => void this.#endProcess());
    process.once("SIGTERM", end).once("SIGINT", end);
    try {
      const owned = this.#residents.filter(({ thing }) => thing.own !== undefined).map(({ thing }) => thing.name);
      const handed = await this.#seat.join(owned, this);
      for (const one of handed) this.#named(one.name)?.adopt(one);
      for (const resident of this.#residents) await resident.start();
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      process.off("SIGTERM", end).off("SIGINT", end);
    }
  }

  async #endProcess(): Promise<void> {
    await this.stop();
    process.exit(0);
  }

  begin(name: string): void {
    if (this.#stopped === undefined) this.#named(name)?.begin();
  }

  end(name: string): void {
    this.#named(name)?.end();
  }

  handOver(): readonly HandedOver[] {
    return this.#residents.flatMap((resident) => {
      const { name, schema } = resident.thing;
      const state = resident.handOver();
      return state === undefined || schema === undefined ? [] : [{ name, schema, state }];
    });
  }

  report(): readonly ThingReport[] {
    return this.#residents.map((resident) => {
      const { name, required, own } = resident.thing;
      const state = resident.state();
      const { failure } = resident;
      return {
        name,
        required,
        readiness: resident.readiness(),
        ...(failure === undefined ? {} : { failure }),
        ...(own === undefined ? {} : { isOwner: resident.isOwner }),
        ...(state === undefined ? {} : { state }),
      };
    });
  }

  metrics(): readonly MetricFamily[] {
    return this.#residents.flatMap((resident) => resident.asked("metrics", () => resident.thing.metrics?.()) ?? []);
  }

  drain(): void {
    for (const resident of this.#residents) resident.drain();
  }

  /** In reverse order; resolves when all have stopped, or the time for it is over. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    let current: Resident | undefined;
    const all = async (): Promise<void> => {
      for (const resident of this.#residents.toReversed()) {
        current = resident;
        await resident.stop();
      }
      current = undefined;
    };
    await withDeadline(all(), longestStop, logged("the end of a part of the gateway"));
    if (current !== undefined)
      this.#log.write("warning", "a part of the gateway did not stop in time", { thing: current.thing.name });
  }

  #named(name: string): Resident | undefined {
    return this.#residents.find(({ thing }) => thing.name === name);
  }
}

/** For the process that this is. `workers`: how many it was asked for. */
export const createHousehold = (living: readonly Living[], workers = 1, log = createLog()): Household =>
  new Household(living, seatHere(living, workers, log), log);
