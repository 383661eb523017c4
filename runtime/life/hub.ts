import type { Json } from "./json.ts";

/** The process that outlives those that serve, as far as living things see it. Everything here is synchronous and quick. */
export interface Hub {
  /** Answers questions about `topic`. `from` names the process that asks, and is never used for another. */
  answer(topic: string, answer: (question: Json, from: number) => Json): void;
  /** A process is gone: what it held is free. */
  left(listener: (from: number) => void): void;
}

/** Nobody holds the topic for the group. */
export class NobodyHolds extends Error {
  override readonly name = "NobodyHolds";
}

/** The process that holds the topic did not answer in time. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}
