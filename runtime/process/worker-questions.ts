import type { Worker } from "node:cluster";
import type { WorkerAnswers } from "../admin/workers.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

type Answer = Extract<FromWorker, { gatewright: "answer" }>;

/** Milliseconds that a worker gets; its metrics may be many. */
const answerMs = 500;
const metricsMs = 2_000;

/** Questions to workers that wait for their answers. */
export class WorkerQuestions {
  readonly #tell: (worker: Worker, message: ToWorker) => void;
  readonly #open = new Map<number, (answer?: Answer) => void>();
  #nextId = 0;

  constructor(tell: (worker: Worker, message: ToWorker) => void) {
    this.#tell = tell;
  }

  /** Resolves when each has answered, or cannot any more. */
  async ask(workers: readonly Worker[], topic: string, question: unknown): Promise<WorkerAnswers> {
    const came = await Promise.all(workers.map((worker) => this.#ask(worker, topic, question)));
    const answers = came.flatMap((body, index) => (body === undefined ? [] : [{ from: workers[index]!, body }]));
    return { answers, missing: workers.length - answers.length };
  }

  /** The first of them that answers. */
  async askOne(workers: readonly Worker[], topic: string, question: unknown): Promise<WorkerAnswers> {
    for (const worker of workers) {
      const answered = await this.ask([worker], topic, question);
      if (answered.missing === 0) return answered;
    }
    return { answers: [], missing: workers.length };
  }

  settle(answer: Answer): void {
    this.#open.get(answer.id)?.(answer);
  }

  #ask(worker: Worker, topic: string, body: unknown): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (answer?: Answer): void => {
        clearTimeout(timer);
        this.#open.delete(id);
        worker.off("exit", onExit);
        resolve(answer?.body);
      };
      const onExit = (): void => settle();
      const timer = setTimeout(settle, topic === "metrics" ? metricsMs : answerMs);
      this.#open.set(id, settle);
      worker.once("exit", onExit);
      this.#tell(worker, { gatewright: "ask", id, topic, body });
    });
  }
}
