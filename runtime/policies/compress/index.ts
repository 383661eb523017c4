import { chooseCoding } from "../../body/accept-encoding.ts";
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
import type { HeaderList } from "../../fields/header-list.ts";
import { addVary } from "../../fields/vary.ts";
import { codedHead } from "./coded-head.ts";
import type { Coding, CodingStream } from "./coding.ts";
import { entityTags, passValidators } from "./validators.ts";

export interface CompressConfig {
  /** The preferred one first; undefined: one that this Node has not. */
  readonly codings: readonly (Coding | undefined)[];
  readonly types: readonly MediaRange[];
  /** Answers that announce less content are left as they are. */
  readonly minBytes: number;
  /** Answers that announce at most so much are compressed as a whole. */
  readonly wholeBytes: number;
  readonly slot: Slot;
}

/** What becomes of one answer. */
export interface Plan {
  answer: Answer;
  readonly coding: Coding;
  isWhole: boolean;
  isCoded: boolean;
  stream: CodingStream | undefined;
}

export const createCompress = (config: CompressConfig): Compress => new Compress(config);

/** Puts a content coding on answers of the service, as the client prefers it. */
export class Compress implements AnswerHooks {
  protected readonly config: CompressConfig;
  readonly #wish: AnswerWish;
  readonly #whole: Choices;
  readonly #streamed: Choices;
  readonly #types: ContentSelector<MediaRange>;

  constructor(config: CompressConfig) {
    this.config = config;
    this.#wish = { as: "held", maxBytes: config.wholeBytes, isOptional: true, isBrief: true };
    this.#types = new ContentSelector(config.types);
    const codings = config.codings.filter((coding) => coding !== undefined);
    this.#whole = new Choices(codings);
    // Where a client likes several alike, the one that takes a tenth of the memory, as long as the answer goes on.
    const byMemory = [...codings.filter(isGzip), ...codings.filter((coding) => !isGzip(coding))];
    this.#streamed = new Choices(byMemory.filter(({ canStream }) => canStream));
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    passValidators(upstream);
  }

  /** By the head alone, so that HEAD is answered as GET is (RFC 9110 §9.3.2). */
  answerHead(x: Exchange): AnswerInterest {
    const answer = x.answer!;
    const plan = this.plan(x, answer, Number(answer.headers.get("content-length") ?? -1));
    if (plan === undefined) return undefined;
    plan.isWhole &&= x.method !== "HEAD";
    return plan.isWhole ? this.#wish : undefined;
  }

  /** `length`: of the content; -1: not known. Undefined: the answer is left as it is, but for its `Vary`. */
  protected plan(x: Exchange, answer: Answer, length: number): Plan | undefined {
    const { status, headers } = answer;
    x.slots[this.config.slot] = undefined;
    if (status === 304) headOfUnmodified(x, headers);
    const type = headers.get("content-type");
    const selected = type === undefined ? "none" : this.#types.select(type);
    const isSelected = typeof selected !== "string";
    // A part has the `Vary` of the whole (RFC 9110 §15.3.7); of several parts it is not known which type that has.
    if (status === 206 && (isSelected || type?.startsWith("multipart/") === true)) addVary(headers, "Accept-Encoding");
    // What the service has put into a coding is for those who take that.
    if (isSelected && headers.has("content-encoding")) addVary(headers, "Accept-Encoding");
    if (!isSelected || !mayBeCoded(answer)) return undefined;
    addVary(headers, "Accept-Encoding");
    if (forbidsTransform(x.headers.get("cache-control"))) return undefined;
    const { minBytes, wholeBytes, slot } = this.config;
    // Events are not to wait for the last, even where it is known how long they are.
    const isWhole = length >= 0 && length <= wholeBytes && selected.media.subtype !== "event-stream";
    const { coding, isNeeded } = (isWhole ? this.#whole : this.#streamed).of(x.headers.get("accept-encoding"));
    if (coding === undefined || length === 0 || (length >= 0 && length < minBytes && !isNeeded)) return undefined;
    const plan: Plan = { answer, coding, isWhole, isCoded: false, stream: undefined };
    x.slots[slot] = plan;
    return plan;
  }

  answerBody(x: Exchange, body: AnswerBody): AnswerVerdict {
    const plan = this.#planOf(x);
    if (plan === undefined || typeof body === "string") return undefined;
    plan.isCoded = true;
    return { coded: plan.coding.whole(body.bytes) };
  }

  answerStream(x: Exchange): AnswerStream | undefined {
    const plan = this.#planOf(x);
    if (plan === undefined || plan.isWhole) return undefined;
    plan.isCoded = true;
    if (x.method === "HEAD") return withoutContent;
    return (plan.stream = plan.coding.stream(() => {
      plan.isCoded = false;
    }));
  }

  /** The head leaves. */
  response(x: Exchange): void {
    const plan = this.#planOf(x);
    if (plan?.isCoded === true && plan.answer === x.answer) codedHead(plan.answer.headers, plan.coding.name);
  }

  /** Also where the answer broke off, or the client left. */
  done(x: Exchange): void {
    this.#planOf(x)?.stream?.close?.();
  }

  #planOf(x: Exchange): Plan | undefined {
    return x.slots[this.config.slot] as Plan | undefined;
  }
}

const isGzip = ({ name }: Coding): boolean => name === "gzip";

/** Longer fields are read anew each time. */
const longestKept = 64;

interface Choice {
  /** Undefined: none. */
  readonly coding: Coding | undefined;
  /** The client does not take the content without a coding. */
  readonly isNeeded: boolean;
}

/** Choices out of the same codings: most clients send what the one before them did. */
class Choices {
  readonly #offered: readonly Coding[];
  readonly #names: readonly Coding["name"][];
  #lastField: string | undefined = undefined;
  #last: Choice = { coding: undefined, isNeeded: false };

  constructor(offered: readonly Coding[]) {
    this.#offered = offered;
    this.#names = offered.map(({ name }) => name);
  }

  of(field: string | undefined): Choice {
    if (field === this.#lastField) return this.#last;
    const { coding, isNeeded } = chooseCoding(field, this.#names);
    const choice = { coding: this.#offered.find(({ name }) => name === coding), isNeeded };
    if (field !== undefined && field.length > longestKept) return choice;
    this.#lastField = field === undefined ? undefined : keptText(field);
    return (this.#last = choice);
  }
}

/**
 * A 304 has the `Vary` and the `ETag` of the answer that it stands for (RFC 9110 §15.4.5). Where the client has that with our weak
 * tag, a strong one would be that of another (RFC 9111 §4.3.4).
 */
function headOfUnmodified(x: Exchange, headers: HeaderList): void {
  addVary(headers, "Accept-Encoding");
  const tag = headers.get("etag");
  if (tag?.startsWith('"') !== true) return;
  const asked = entityTags(x.headers.get("if-none-match") ?? "");
  if (asked.includes(`W/${tag}`) && !asked.includes(tag)) headers.set("ETag", `W/${tag}`);
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
