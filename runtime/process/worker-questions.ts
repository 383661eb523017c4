import cluster, { type Worker } from "node:cluster";
import type { Question, WorkerAnswered, WorkerAnswers, Workers } from "../admin/workers.ts";
import { type FromWorker, isMessage, type ToWorker } from "./worker-messages.ts";

/** Which workers there are. */
export interface AskedWorkers {
  /** Those that serve, the liveliest first. */
  readonly serving: readonly Worker[];
  /** Those that serve or drain. */
  readonly counting: readonly Worker[];
}

type Answer = Extract<FromWorker, { gatewright: "answer" }>;

/** Milliseconds that a worker gets; for what comes in parts, to each of them, and for all of them. */
const answerMs = 500;
const metricsMs = 2_000;
const allPartsMs = 8_000;

/** For an admin listener that answers for workers. */
export const createWorkers = (pool: AskedWorkers): Workers => new WorkerQuestions(pool);

/** Questions to workers that wait for their answers. */
class WorkerQuestions implements Workers {
  readonly #pool: AskedWorkers;
  readonly #open = new Map<number, (answer?: Answer) => void>();
  #nextId = 0;

  constructor(pool: AskedWorkers) {
    this.#pool = pool;
    cluster.on("message", (_worker, message: unknown) => {
      if (isMessage<FromWorker>(message) && message.gatewright === "answer") this.#open.get(message.id)?.(message);
    });
  }

  ask(topic: string, question: Question, of: "all" | "one", came?: WorkerAnswered): Promise<WorkerAnswers> {
    const { serving, counting } = this.#pool;
    if (of === "one") return this.#askOne(serving, topic, question);
    // One that drains has counted something, and knows nothing else that matters.
    return this.#askAll(topic === "metrics" ? counting : serving, topic, question, came);
  }

  /** Resolves when each has answered, or cannot any more. */
  async #askAll(workers: readonly Worker[], topic: string, question: Question, came?: WorkerAnswered): Promise<WorkerAnswers> {
    const bodies = await Promise.all(workers.map((worker) => this.#ask(worker, topic, question(worker), came)));
    const answers = bodies.flatMap((body, index) => (body === undefined ? [] : [{ from: workers[index]!, body }]));
    return { answers, missing: workers.length - answers.length };
  }

  /** The first of them that answers. */
  async #askOne(workers: readonly Worker[], topic: string, question: Question): Promise<WorkerAnswers> {
    for (const worker of workers) {
      const answered = await this.#askAll([worker], topic, question);
      if (answered.missing === 0) return answered;
    }
    return { answers: [], missing: workers.length };
  }

  #ask(worker: Worker, topic: string, body: unknown, came?: WorkerAnswered): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (answer?: Answer): void => {
        if (answer?.isPart === true) {
          came?.(worker, answer.body);
          timer.refresh();
          return;
        }
        clearTimeout(timer);
        clearTimeout(deadline);
        this.#open.delete(id);
        worker.off("exit", onExit);
        if (answer !== undefined) came?.(worker, answer.body);
        resolve(answer?.body);
      };
      const onExit = (): void => settle();
      const timer = setTimeout(settle, topic === "metrics" ? metricsMs : answerMs);
      const deadline = setTimeout(settle, allPartsMs);
      this.#open.set(id, settle);
      worker.once("exit", onExit);
      const message: ToWorker = { gatewright: "ask", id, topic, body };
      if (worker.isConnected()) worker.send(message, () => {});
    });
  }
}
