import type { AnswerContent } from "../body/answer-content.ts";
import type { Exchange } from "./exchange.ts";

/**
 * What policies do with the answer of a service on its way back. Answers of the gateway itself do not pass here: of those
 * the `response` hooks alone are told.
 */
export interface AnswerHooks {
  /**
   * The head has come and is in `x.answer`; nothing of it has reached the client. Says what the step wants of the body. One
   * that puts another answer into `x.answer` returns true: that one is sent, and the service is left. May wait.
   */
  answerHead?(x: Exchange): AnswerInterest | Promise<AnswerInterest>;
  /**
   * Called once for a wish, unless the answer broke off. Where the body is held, true means that `x.answer` is another one,
   * and bytes take the place of the body for whoever comes behind. Where it is only seen, the client may have it already.
   */
  answerBody?(x: Exchange, body: AnswerBody): AnswerVerdict;
  /** What the body passes through as it comes, from the first byte to the last; undefined: it passes by. */
  answerStream?(x: Exchange): AnswerStream | undefined;
}

export type AnswerInterest = true | AnswerWish | undefined;

export type AnswerVerdict = true | Uint8Array | CodedBody | undefined;

/** The same body in a content coding. The step itself makes the head say so, in its `response` hook. */
export interface CodedBody {
  readonly coded: Uint8Array;
}

/** A step wants the whole body. */
export interface AnswerWish {
  /** `held`: head and body wait until `answerBody` has judged; `seen`: they go to the client as they come. */
  readonly as: "held" | "seen";
  /** Most bytes of body to collect. */
  readonly maxBytes: number;
  /** Where memory is short, the body passes unseen; without it, the answer is refused then. */
  readonly isOptional?: true;
  /**
   * The bytes are read within `answerBody`, and never behind it: a body that comes whole in one piece is not copied, and takes
   * no memory.
   */
  readonly isBrief?: true;
  /** Gets what is collected before the first byte of it, for a step that reads it even where the answer breaks off. */
  begun?(content: AnswerContent): void;
}

/**
 * `none`: HEAD, 204 and 304 have no body. `tooLarge`: more than `maxBytes`; what is held goes on unless the answer is
 * replaced. `stream`: an event stream, which is never collected.
 */
export type AnswerBody = AnswerContent | "none" | "tooLarge" | "stream";

/** Bytes of one answer on their way to the client. */
export interface AnswerStream {
  /**
   * It gives out other bytes than it gets: the length that the service announced is not that of the answer. `coding`: they
   * stand for the same content, and the step itself makes the head say so, in its `response` hook.
   */
  readonly changes: boolean | "coding";
  /** It keeps so many bytes in memory at most; where they are not to be had, it is told, and the answer passes it by. */
  readonly keeps?: { readonly bytes: number; noRoom(): void };
  /**
   * What goes on in place of these bytes, which are gone after the call; undefined: they go on as they are. `broken`: the
   * answer cannot go on. It never ends then as if it were whole: it breaks off where its head has left, and otherwise
   * `x.answer` is sent, if it was replaced, or a 502.
   */
  piece(buffer: Buffer, start: number, end: number): Uint8Array | "broken" | undefined;
  /** Nothing more has come for now: what goes on of the bytes that it kept, so that the client does not wait for them. */
  lull?(): Uint8Array | "broken" | undefined;
  /** Nothing more comes: what goes on behind the last bytes. */
  end?(): Uint8Array | "broken" | undefined;
}

/** What the emitted hooks of an operation tell of each step, by its place among those of the way back. */
export interface AnswerChain {
  /** Where answers are kept for others: the steps up to there are asked. */
  readonly isBefore: boolean;
  /** Those behind are. */
  readonly isBehind: boolean;
  /** True: the answer was replaced, and nobody behind is asked. */
  asked(step: number, interest: AnswerInterest): boolean;
  /** Whether the step is to judge a body now. */
  wants(step: number): boolean;
  body(step: number): AnswerBody;
  /** True: the answer was replaced. */
  judged(step: number, verdict: AnswerVerdict): boolean;
  through(step: number, stream: AnswerStream | undefined): void;
}
