import { type CodingChoice, chooseCoding } from "../../body/accept-encoding.ts";
import { ContentSelector } from "../../body/content-selector.ts";
import type { MediaRange } from "../../body/media-type.ts";
import type {
  AnswerBody,
  AnswerHooks,
  AnswerInterest,
  AnswerStream,
  AnswerVerdict,
  AnswerWish,
} from "../../exchange/answer-hooks.ts";
import type { Answer, Exchange, Slot, UpstreamRequest } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { addVary } from "../../fields/vary.ts";
import { type Coding, codeWhole } from "./code-whole.ts";
import { codedHead } from "./coded-head.ts";
import { GzipStream } from "./gzip-stream.ts";
import { passValidators } from "./validators.ts";

export interface CompressConfig {
  /** The preferred one first. */
  readonly codings: readonly Coding[];
  readonly levels: Readonly<Record<Coding, number>>;
  readonly types: readonly MediaRange[];
  /** Answers that announce less content are left as they are. */
  readonly minBytes: number;
  /** Answers that announce at most so much are compressed as a whole. */
  readonly wholeBytes: number;
  readonly slot: Slot;
}

/** What becomes of one answer. */
interface Plan {
  readonly answer: Answer;
  readonly coding: Coding;
  readonly isWhole: boolean;
  isCoded: boolean;
}

export const createCompress = (config: CompressConfig): Compress => new Compress(config);

/** Puts a content coding on answers of the service, as the client prefers it. */
class Compress implements AnswerHooks {
  readonly #config: CompressConfig;
  readonly #wish: AnswerWish;
  readonly #whole: Choices;
  /** Only gzip can be put together from parts that are compressed one by one. */
  readonly #streamed: Choices;
  readonly #types: ContentSelector<MediaRange>;

  constructor(config: CompressConfig) {
    this.#config = config;
    this.#wish = { as: "held", maxBytes: config.wholeBytes, isOptional: true };
    this.#types = new ContentSelector(config.types);
    this.#whole = new Choices(config.codings);
    this.#streamed = new Choices(config.codings.filter((coding) => coding === "gzip"));
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    passValidators(upstream);
  }

  /** By the head alone, so that HEAD is answered as GET is (RFC 9110 §9.3.2). */
  answerHead(x: Exchange): AnswerInterest {
    const answer = x.answer!;
    const { status, headers } = answer;
    x.slots[this.#config.slot] = undefined;
    // A 304 has the `Vary` of the answer that it stands for (RFC 9110 §15.4.5).
    if (status === 304) addVary(headers, "Accept-Encoding");
    const type = headers.get("content-type");
    const selected = type === undefined || !mayBeCoded(answer) ? "none" : this.#types.select(type);
    if (typeof selected === "string") return undefined;
    addVary(headers, "Accept-Encoding");
    if (forbidsTransform(x.headers.get("cache-control"))) return undefined;
    const { minBytes, wholeBytes, slot } = this.#config;
    const length = Number(headers.get("content-length") ?? -1);
    // Events are not to wait for the last, even where it is known how long they are.
    const isWhole = length >= 0 && length <= wholeBytes && selected.media.subtype !== "event-stream";
    const { coding, isNeeded } = (isWhole ? this.#whole : this.#streamed).of(x.headers.get("accept-encoding"));
    if (coding === undefined || length === 0 || (length >= 0 && length < minBytes && !isNeeded)) return undefined;
    const plan: Plan = { answer, coding, isWhole: isWhole && x.method !== "HEAD", isCoded: false };
    x.slots[slot] = plan;
    return plan.isWhole ? this.#wish : undefined;
  }

  answerBody(x: Exchange, body: AnswerBody): AnswerVerdict {
    const plan = this.#planOf(x);
    if (plan === undefined || typeof body === "string") return undefined;
    plan.isCoded = true;
    return { coded: codeWhole[plan.coding](body.bytes, this.#config.levels[plan.coding]) };
  }

  answerStream(x: Exchange): AnswerStream | undefined {
    const plan = this.#planOf(x);
    if (plan === undefined || plan.isWhole) return undefined;
    plan.isCoded = true;
    if (x.method === "HEAD") return withoutContent;
    return new GzipStream(this.#config.levels.gzip, () => {
      plan.isCoded = false;
    });
  }

  /** The head leaves. */
  response(x: Exchange): void {
    const plan = this.#planOf(x);
    if (plan?.isCoded === true && plan.answer === x.answer) codedHead(plan.answer.headers, plan.coding);
  }

  #planOf(x: Exchange): Plan | undefined {
    return x.slots[this.#config.slot] as Plan | undefined;
  }
}

/** Longer fields are read anew each time. */
const longestKept = 64;

/** Choices out of the same codings: most clients send what the one before them did. */
class Choices {
  readonly #offered: readonly Coding[];
  #lastField: string | undefined = undefined;
  #last: CodingChoice<Coding> = { coding: undefined, isNeeded: false };

  constructor(offered: readonly Coding[]) {
    this.#offered = offered;
  }

  of(field: string | undefined): CodingChoice<Coding> {
    if (field === this.#lastField) return this.#last;
    const choice = chooseCoding(field, this.#offered);
    if (field !== undefined && field.length > longestKept) return choice;
    this.#lastField = field === undefined ? undefined : keptText(field);
    return (this.#last = choice);
  }
}

const withoutContent: AnswerStream = { changes: "coding", piece: () => undefined };

/** It has content of its own, all of it, and nobody has put it into a coding or forbids to do so. */
function mayBeCoded({ status, headers }: Answer): boolean {
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return false;
  return !headers.has("content-encoding") && !headers.has("content-range") && !forbidsTransform(headers.get("cache-control"));
}

/** RFC 9111 §5.2.1.6, §5.2.2.6. */
const forbidsTransform = (field: string | undefined): boolean =>
  field?.split(",").some((directive) => directive.trim().toLowerCase() === "no-transform") === true;
