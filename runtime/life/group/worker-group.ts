import type { Worker } from "node:cluster";
import { contained, logged } from "../boundary.ts";
import type { Living } from "../living.ts";
import { Group } from "./group.ts";

/** A group whose processes are workers of node:cluster: hears for itself what becomes of them. */
export class WorkerGroup {
  readonly #group: Group;

  constructor(group: Group) {
    this.#group = group;
  }

  /** `start`: with this in its environment, the worker takes its place in the group. */
  fork(start: (environment: Readonly<Record<string, string>>) => Worker): Worker {
    const group = this.#group;
    const { index, environment } = group.seat();
    const worker = start(environment);
    const owner = logged("what a worker told its group could not be read");
    const send = (message: object, sent: () => void): void => {
      if (worker.isConnected())
        worker.send(
          message,
          contained(owner, () => sent()),
        );
    };
    group.admit(worker.id, index, { send });
    const onMessage = contained(owner, (message: unknown): void => {
      const kind = typeof message === "object" && message !== null && "gatewright" in message ? message.gatewright : "";
      if (kind === "life") group.receive(worker.id, message);
      else if (kind === "ready") group.serving(worker.id);
      else if (kind === "draining") group.leaving([worker.id]);
    });
    worker.on("message", onMessage);
    worker.once(
      "exit",
      contained(owner, () => group.left(worker.id)),
    );
    return worker;
  }

  leaving(workers: readonly Worker[]): void {
    this.#group.leaving(workers.map(({ id }) => id));
  }

  takeOver(from: Worker | undefined): Promise<(isTaken: boolean) => void> {
    return this.#group.takeOver(from?.id);
  }
}

/** Of a gateway that has things that live, in the process that starts its workers. */
export const createGroup = (living: readonly Living[], workers: number): WorkerGroup =>
  new WorkerGroup(new Group(living, workers));
