import type { Exchange } from "./exchange.ts";

/** What is done to an answer on its way to the client, on purpose. */
export interface AnswerHarm {
  /** Bytes of the body that are sent in a second; null: as they come. */
  readonly bytesPerSecond: number | null;
  /** Bytes of the body behind which the answer is broken off; null: it is not. */
  readonly resetAfter: number | null;
  /** The answer is being broken off. */
  onReset(): void;
}

/** Something done to an exchange that can be ended early. */
export interface Harm {
  /** What is held back goes on at once; of an exchange that is over, nothing more is done. */
  end(): void;
}

/** Sees to it that the answer is harmed, whoever makes it: of the transport. */
export type HarmAnswer = (x: Exchange, harm: AnswerHarm) => Harm;

/** Resets the connection of the client, or its stream, instead of an answer: of the transport. */
export type ResetClient = (x: Exchange) => void;
