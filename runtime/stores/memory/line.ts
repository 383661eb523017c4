import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import { type Failed, failed } from "../store.ts";
import { asJson, type Call } from "./calls.ts";

/** Calls in one message, and calls that wait for their turn. */
const mostTogether = 256;
const mostWaiting = 10_000;

/** Nobody holds the store for the group. */
export type Nobody = typeof nobody;
const nobody = { nobody: true } as const;
export const isNobody = (answer: unknown): answer is Nobody => answer === nobody;

interface Waiting {
  readonly call: Call;
  answer(answer: Json | Failed | Nobody): void;
}

/** Asks the process that holds a store, one message at a time: what comes meanwhile goes together in the next one. */
export class Line {
  readonly #life: Pick<Life, "ask">;
  readonly #topic: string;
  #waiting: Waiting[] = [];
  #isAsking = false;

  constructor(life: Pick<Life, "ask">, topic: string) {
    this.#life = life;
    this.#topic = topic;
  }

  ask<Answer extends Json>(call: Call): Promise<Answer | Failed | Nobody> {
    if (this.#waiting.length >= mostWaiting) return Promise.resolve(tooMany);
    return new Promise((resolve) => {
      // The holder answers each call by its kind.
      this.#waiting.push({ call, answer: resolve as Waiting["answer"] });
      if (!this.#isAsking) void this.#send();
    });
  }

  /** Nobody waits for an answer. Where there are too many, it is lost: what was counted stays counted. */
  tell(call: Call): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ call, answer: () => {} });
    if (!this.#isAsking) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, mostTogether);
      const answers = await this.#answersTo(together.map(({ call }) => call));
      for (const [index, { answer }] of together.entries()) answer(Array.isArray(answers) ? (answers[index] as Json) : answers);
    }
    this.#isAsking = false;
  }

  async #answersTo(calls: readonly Call[]): Promise<readonly Json[] | Failed | Nobody> {
    try {
      return await this.#life.ask<readonly Json[]>(this.#topic, asJson(calls));
    } catch (error) {
      if (error instanceof Error && error.name === "NobodyHolds") return nobody;
      return failed("the process that counts for the group does not answer");
    }
  }
}

const tooMany: Failed = { failed: "too many calls wait for the process that counts for the group" };
