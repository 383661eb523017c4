import { Group } from "../../../runtime/life/group/group.ts";
import { type LifeMessage, seatVariable } from "../../../runtime/life/group/letter.ts";
import { WorkerSeat } from "../../../runtime/life/group/worker-seat.ts";
import { Household } from "../../../runtime/life/household.ts";
import type { Living } from "../../../runtime/life/living.ts";
import { NotedLog } from "./things.ts";

/** One way between two processes: takes what it is given as JSON, as node:cluster does, and can be held up. */
class Way {
  readonly sizes: number[] = [];
  readonly receive: (message: unknown) => void;
  #held: (() => void)[] | undefined = undefined;
  #isOpen = true;

  constructor(receive: (message: unknown) => void) {
    this.receive = receive;
  }

  send(message: LifeMessage, sent: () => void): void {
    const text = JSON.stringify(message);
    this.sizes.push(Buffer.byteLength(text));
    const deliver = (): void => {
      if (!this.#isOpen) return;
      this.receive(JSON.parse(text));
      sent();
    };
    if (this.#held === undefined) setImmediate(deliver);
    else this.#held.push(deliver);
  }

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const deliver of held) setImmediate(deliver);
  }

  close(): void {
    this.#isOpen = false;
  }
}

export interface ToyWorker {
  readonly id: number;
  readonly index: number;
  readonly house: Household;
  readonly log: NotedLog;
  readonly up: Way;
  readonly down: Way;
  /** As a process that is killed: nothing of it is heard any more. */
  kill(): void;
}

/** A primary and its workers in one process, over ways that a test can look at. */
export class ToyGroup {
  readonly group: Group;
  readonly #size: number;
  #nextId = 1;

  constructor(size: number, held: readonly Living[] = []) {
    this.#size = size;
    this.group = new Group(held, size);
  }

  /** A worker that has not started yet. */
  worker(...living: readonly Living[]): ToyWorker {
    const id = this.#nextId++;
    const { index, environment } = this.group.seat();
    const place = environment[seatVariable]!.split(" ").map(Number);
    const log = new NotedLog();
    const up = new Way((message) => this.group.receive(id, message));
    const seat = new WorkerSeat(up, { index: place[1]!, size: place[2]! }, log);
    const down = new Way((message) => seat.receive(message));
    this.group.admit(id, index, down);
    const kill = (): void => {
      up.close();
      down.close();
      seat.close();
      this.group.left(id);
    };
    return { id, index, house: new Household(living, seat, log), log, up, down, kill };
  }

  /** One that serves. */
  async serving(...living: readonly Living[]): Promise<ToyWorker> {
    const worker = this.worker(...living);
    await worker.house.start();
    this.group.serving(worker.id);
    return worker;
  }

  get size(): number {
    return this.#size;
  }
}

/** Everything that is on its way has come. */
export async function delivered(): Promise<void> {
  for (let round = 0; round < 12; round++) await new Promise((resolve) => setImmediate(resolve));
}
