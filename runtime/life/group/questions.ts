import { logged } from "../boundary.ts";
import { clock } from "../clock.ts";
import { NobodyHolds, Unanswered } from "../hub.ts";
import { type Timer, timers } from "../timers.ts";
import type { Letter } from "./letter.ts";

interface Question {
  readonly topic: string;
  readonly until: number;
  readonly resolve: (body: string) => void;
  readonly reject: (error: Error) => void;
}

/** Questions that wait at a time. More of them would only be answered too late. */
const mostOpen = 4_096;

/** Questions to another process that wait for their answers, each up to the same deadline. */
export class Questions {
  /** In the order of their deadlines. */
  readonly #open = new Map<number, Question>();
  readonly #milliseconds: number;
  #nextId = 1;
  #timer: Timer | undefined = undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Resolves with the body of the answer. Rejects with `Unanswered` past the deadline, or at once where too many wait. */
  ask(topic: string, post: (id: number) => void): Promise<string> {
    if (this.#open.size >= mostOpen)
      return Promise.reject(new Unanswered(`${mostOpen} questions wait for an answer; ${topic} was not asked`));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#open.set(id, { topic, until: clock.monotonic() + this.#milliseconds, resolve, reject });
      this.#timer ??= timers.after(this.#milliseconds, logged("a deadline"), () => this.#look());
      post(id);
    });
  }

  /** `letter`: an answer, or what came in its place. One that came too late is dropped. */
  settle({ kind, id, body }: Letter): void {
    const question = this.#open.get(id);
    if (question === undefined) return;
    this.#open.delete(id);
    if (this.#open.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    if (kind === "answer") question.resolve(body);
    else question.reject(kind === "nobody" ? new NobodyHolds(`nobody holds ${question.topic} for the group`) : new Error(body));
  }

  /** The other process is gone. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { topic, reject } of this.#open.values()) reject(new Unanswered(`${topic} was not answered: the process is gone`));
    this.#open.clear();
  }

  #look(): void {
    this.#timer = undefined;
    const now = clock.monotonic();
    for (const [id, { topic, until, reject }] of this.#open) {
      if (until > now) {
        this.#timer = timers.after(until - now, logged("a deadline"), () => this.#look());
        return;
      }
      this.#open.delete(id);
      reject(new Unanswered(`${topic} was not answered within ${this.#milliseconds} ms`));
    }
  }
}
