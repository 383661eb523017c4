/**
 * What the processes of a group write to each other. One shape for all, so that a build that knows a kind less can leave it
 * lying: `topic` names a topic or a thing, `id` a question, a version or a count, `body` is JSON text or a sentence.
 */
export interface Letter {
  readonly kind: LetterKind;
  readonly topic: string;
  readonly id: number;
  readonly body: string;
}

export type LetterKind =
  /** To the primary: I start, and can do the work of these things (`body`). */
  | "join"
  /** Back, behind the latest values: what a process before hands over (`body`). */
  | "joined"
  /** To the primary: the latest value of the topic is of use in this build. */
  | "use"
  /** A value of a topic. `id`: which publication of the sender it is, or which version, from the primary. */
  | "value"
  /** To who published: the publication `id` has become the version in `body`. */
  | "settled"
  | "event"
  /** So many (`id`) events of the topic were dropped. */
  | "missed"
  | "ask"
  | "answer"
  /** Instead of an answer: nobody holds the topic. */
  | "nobody"
  /** Instead of an answer: why there is none (`body`). */
  | "failed"
  /** To a process: it does the work of the thing `topic` from now on. */
  | "begin"
  /** And from now on it does not. */
  | "end"
  /** To a process that another one takes over from: what does it hand over? Answered with `answer`. */
  | "handOver";

/** What goes over the channel of node:cluster: some letters, or a part of one that is long. */
export type LifeMessage =
  | { readonly gatewright: "life"; readonly letters: readonly Letter[] }
  | { readonly gatewright: "life"; readonly part: Letter; readonly isLast: boolean };

export const isLifeMessage = (message: unknown): message is LifeMessage =>
  typeof message === "object" && message !== null && "gatewright" in message && message.gatewright === "life";

/** UTF-16 code units of one message: in JSON within JSON at most 256 KiB of what values usually consist of. */
export const longestMessage = 65_536;

/** Code units of one value, answer or state: what is longer is no state to be shared by messages. */
export const longestBody = 64 * 1_048_576;

/** What says who a worker is in its group: `version index size`. */
export const seatVariable = "GATEWRIGHT_SEAT";

/** Of what processes write to each other; a process that knows another one does not join. */
export const lettersVersion = 1;
