import type { AnswerContent } from "../../body/answer-content.ts";
import { contentCodings } from "../../body/content-coding.ts";
import { defaultMaxDepth, parseJson } from "../../body/json.ts";
import { isJson, mediaTypeOf } from "../../body/json-type.ts";
import type { AnswerBody, AnswerHooks, AnswerWish } from "../../exchange/answer-hooks.ts";
import type { Exchange, Slot } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { jsonText } from "../../log/json-text.ts";
import { RedactedJson, type Secret, type SecretsConfig } from "../../log/redacted-json.ts";
import { standardOutput } from "../../log/standard-output.ts";
import { FullLog, type FullLogConfig } from "./full-log.ts";
import type { LineSink } from "./line.ts";

export interface BodyLogConfig extends FullLogConfig {
  readonly bodies: BodiesConfig;
}

export interface BodiesConfig {
  readonly request: boolean;
  readonly response: boolean;
  readonly maxBytes: number;
  /** Index into `severities`: lines about what is less bad have no bodies. */
  readonly least: number;
  readonly secrets: SecretsConfig;
  /** What is secret in bodies of requests and of answers; null: nothing but what names and pointers say. */
  readonly requestSecret: Secret | null;
  readonly responseSecret: Secret | null;
  readonly slot: Slot;
}

export const createBodyLog = (config: BodyLogConfig, sink: LineSink = standardOutput()): BodyLog => new BodyLog(config, sink);

/** Why a body is not in the line. */
type Why = "contentCoding" | "mediaType" | "size" | "syntax" | "stream" | "incomplete" | "unread" | "memory";

/** A body without what is secret in it, or why it is not in the line. */
type Text = { readonly json: string } | { readonly why: Why };

/** What was kept of the bodies of one exchange. */
interface Kept {
  request: Uint8Array | Why | undefined;
  answer: AnswerContent | undefined;
  /** Undefined: it has not ended. */
  verdict: "whole" | Exclude<AnswerBody, AnswerContent> | undefined;
}

/** Lines with the bodies of requests and answers: JSON that was read whole, without what is secret in it. */
class BodyLog extends FullLog implements AnswerHooks {
  readonly #bodies: BodiesConfig;
  readonly #json: RedactedJson;

  constructor(config: BodyLogConfig, sink: LineSink) {
    super(config, sink);
    this.#bodies = config.bodies;
    this.#json = new RedactedJson(config.bodies.secrets);
  }

  /** Before it is sent: then those who read it let go of it. */
  upstreamRequest(x: Exchange): void {
    this.#keepRequest(x);
  }

  /** For those that were never sent. */
  response(x: Exchange): void {
    this.#keepRequest(x);
  }

  #keepRequest(x: Exchange): void {
    if (!this.#bodies.request || !x.hasBody) return;
    const kept = this.#kept(x);
    if (kept.request !== undefined) return;
    const { body } = x;
    if (body === undefined) return;
    kept.request = body.length > this.#bodies.maxBytes ? "size" : x.hold(body.length) ? body : "memory";
  }

  answerHead(x: Exchange): AnswerWish | undefined {
    const { headers } = x.answer!;
    if (!this.#bodies.response || unfit(headers) !== undefined) return undefined;
    const kept = this.#kept(x);
    return { as: "seen", maxBytes: this.#bodies.maxBytes, begun: (content) => (kept.answer = content) };
  }

  answerBody(x: Exchange, body: AnswerBody): undefined {
    this.#kept(x).verdict = typeof body === "string" ? body : "whole";
  }

  protected override more(x: Exchange, severity: number): string {
    const { least, request, response } = this.#bodies;
    if (severity > least) return "";
    const { requestBody, requestBodyNotLogged, responseBody, responseBodyNotLogged } = this.names;
    const sent = request && x.bytesReceived > 0 ? this.#requestText(x) : undefined;
    const answered = response && x.answer?.source === "service" ? this.#answerText(x) : undefined;
    return `${this.#member(sent, requestBody, requestBodyNotLogged)}${this.#member(answered, responseBody, responseBodyNotLogged)}`;
  }

  #member(body: Text | undefined, name: string, otherwise: string): string {
    if (body === undefined) return "";
    if ("why" in body) return `"${otherwise}":"${body.why}",`;
    return `"${name}":${this.names.bodiesAreText ? jsonText(body.json) : body.json},`;
  }

  #requestText(x: Exchange): Text {
    const { request = "unread" } = this.#kept(x);
    const why = unfit(x.headers);
    if (why !== undefined) return { why };
    return typeof request === "string" ? { why: request } : this.#textOf(request, this.#bodies.requestSecret);
  }

  /** Undefined: there is none. */
  #answerText(x: Exchange): Text | undefined {
    const { answer, verdict } = this.#kept(x);
    if (verdict === "none" || x.method === "HEAD" || x.bytesSent === 0) return undefined;
    const why = unfit(x.answer!.headers) ?? (verdict === "tooLarge" ? "size" : verdict === "stream" ? "stream" : undefined);
    if (why !== undefined) return { why };
    if (verdict === undefined || answer === undefined) return { why: "incomplete" };
    return this.#textOf(answer.bytes, this.#bodies.responseSecret);
  }

  #textOf(bytes: Uint8Array, secret: Secret | null): Text {
    const read = parseJson(bytes, { maxDepth: defaultMaxDepth, exactIntegers: true });
    return read.problem === undefined ? { json: this.#json.text(read.value, secret ?? undefined) } : { why: "syntax" };
  }

  #kept(x: Exchange): Kept {
    const { slot } = this.#bodies;
    // Nobody else writes there.
    const known = x.slots[slot] as Kept | undefined;
    if (known !== undefined) return known;
    const kept: Kept = { request: undefined, answer: undefined, verdict: undefined };
    x.slots[slot] = kept;
    return kept;
  }
}

/** Why a body with this head is not read. */
function unfit(headers: HeaderList): Why | undefined {
  const codings = contentCodings(headers)?.trim().toLowerCase() ?? "identity";
  if (codings !== "identity") return "contentCoding";
  const mediaType = mediaTypeOf(headers);
  if (mediaType === "text/event-stream") return "stream";
  return isJson(mediaType) ? undefined : "mediaType";
}
