import { contain, logged } from "./boundary.ts";
import { type Hub, NobodyHolds } from "./hub.ts";
import type { Json } from "./json.ts";
import type { Living } from "./living.ts";

/** What the process that outlives the others holds for them. */
export class Holders implements Hub {
  readonly #answers = new Map<string, (question: Json, from: number) => Json>();
  readonly #left: ((from: number) => void)[] = [];

  constructor(living: readonly Living[]) {
    for (const thing of living) thing.hold?.(this);
  }

  answer(topic: string, answer: (question: Json, from: number) => Json): void {
    if (this.#answers.has(topic)) throw new Error(`two living things hold ${topic}`);
    this.#answers.set(topic, answer);
  }

  left(listener: (from: number) => void): void {
    this.#left.push(listener);
  }

  /** Throws `NobodyHolds`, or what the holder throws. */
  ask(topic: string, question: Json, from: number): Json {
    const answer = this.#answers.get(topic);
    if (answer === undefined) throw new NobodyHolds(`nobody holds ${topic} for the group`);
    return answer(question, from);
  }

  leave(from: number): void {
    for (const listener of this.#left) {
      try {
        listener(from);
      } catch (error) {
        contain(logged("what a process held could not be freed"), error);
      }
    }
  }
}
