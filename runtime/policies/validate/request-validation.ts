import { overload, refuse } from "../../answers/problem.ts";
import { reportOnly } from "../../answers/report-only.ts";
import { AcceptCheck } from "../../body/accept.ts";
import { contentCodings, decodeContent } from "../../body/content-coding.ts";
import { ContentSelector, contentTypeOf, refuseMediaType } from "../../body/content-selector.ts";
import type { Malformed, Parsed } from "../../body/malformed.ts";
import type { MediaType } from "../../body/media-type.ts";
import { refuseMalformed } from "../../body/refuse-malformed.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { ParameterProblems } from "../../parameters/problems.ts";
import { withKinds } from "../../validation/kind-at.ts";
import { type Violation, violationsOf } from "../../validation/violations.ts";
import { type BodyContentConfig, isRead, type ReadContent } from "./body-content.ts";
import type { ParameterReader } from "./parameter-validation.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

export interface RequestValidationConfig {
  /** Media types of success responses; null where any may come. */
  readonly accept: readonly string[] | null;
  readonly read: ParameterReader | null;
  readonly body: BodyValidationConfig | null;
  readonly maxViolations: number;
  /** What is found is only noted. */
  readonly reports?: true;
}

export interface BodyValidationConfig {
  readonly required: boolean;
  readonly maxBytes: number;
  /** Most specific first. */
  readonly content: readonly BodyContentConfig[];
  /** Another step asks for the value. */
  readonly keepsValue?: true;
}

/** Who waits for `100 Continue` is told at once what is known without the body (RFC 9110 §10.1.1). */
const isWaiting = (x: Exchange): boolean => x.headers.has("expect");

/** Why no body with this head could be read: what no bytes at all are refused for as well. */
function unsupportedBy(x: Exchange, { format }: ReadContent, media: MediaType): Malformed | undefined {
  const nothing = new Uint8Array(0);
  const problem = decodeContent(nothing, contentCodings(x.headers), 1).problem ?? format.read(nothing, media).problem;
  return problem?.unsupported === undefined ? undefined : problem;
}

/** Bytes that the value of a body takes for each of its own, roughly and rather more. */
const valueSize = 8;

const noBody: Violation = { in: "body", pointer: "", keyword: "required", message: "must be there" };

/** Parameters, then the body: what is wrong with either is told at once. What the client takes comes last: it is wrong only for a request that would succeed. */
export class RequestValidation {
  readonly #config: RequestValidationConfig;
  readonly #accept: AcceptCheck | null;
  readonly #selector: ContentSelector<BodyContentConfig>;

  constructor(config: RequestValidationConfig) {
    this.#config = config;
    this.#accept = config.accept === null ? null : new AcceptCheck(config.accept);
    this.#selector = new ContentSelector(config.body?.content ?? []);
  }

  async request(x: Exchange): Promise<boolean> {
    const { read, body, maxViolations } = this.#config;
    let violations: readonly Violation[] = [];
    if (read !== null && !read(x, null)) {
      const problems = new ParameterProblems(maxViolations);
      read(x, problems);
      violations = problems.list;
    }
    if (violations.length > 0 && isWaiting(x)) return refuseInvalid(x, violations);
    if (body !== null) {
      const found = await this.#body(x, body, maxViolations);
      if (found === true) return true;
      if (found.length > 0) violations = [...violations, ...found].slice(0, maxViolations);
    }
    if (violations.length > 0) return refuseInvalid(x, violations);
    return this.#accept?.refuses(x, "validate") === true;
  }

  /** What is wrong with the body; true where that was answered already, as there is no value to judge. */
  async #body(x: Exchange, body: BodyValidationConfig, maxViolations: number): Promise<true | readonly Violation[]> {
    const absent = body.required ? [noBody] : [];
    if (!x.hasBody) return absent;
    const contentType = contentTypeOf(x);
    const selected = contentType === null ? "malformed" : this.#selector.select(contentType);
    const isRefused = typeof selected === "string";
    if (isRefused || !isRead(selected)) {
      // Without a type there may be no body either, which a length would tell.
      if (contentType === undefined && !x.headers.has("content-length") && (isRefused || body.required)) {
        const hasBytes = await x.beginBody();
        if (hasBytes !== true) return hasBytes === undefined || absent;
      }
      return isRefused ? refuseMediaType(x, body.content, "validate") : [];
    }
    const { entry, media } = selected;
    const unread = isWaiting(x) ? unsupportedBy(x, entry, media) : undefined;
    if (unread !== undefined) return refuseMalformed(x, unread, body, "validate");
    const bytes = await this.#bytes(x, body, entry, media);
    if (bytes === "streams") return [];
    if (bytes === undefined) return true;
    if (bytes.length === 0 && (contentType === undefined || entry.format.isNeverEmpty)) return absent;
    const codings = x.isUnpacked === true ? undefined : contentCodings(x.headers);
    const plain = decodeContent(bytes, codings, body.maxBytes);
    if (plain.problem !== undefined) return refuseMalformed(x, plain.problem, body, "validate");
    const unpacked = plain.value === bytes ? 0 : plain.value.length;
    if (unpacked > 0 && !x.hold(unpacked)) return refuse(x, overload);
    const found = this.#judge(x, body, entry, entry.format.read(plain.value, media), maxViolations);
    x.letGo(unpacked);
    return found;
  }

  /** What there is to be judged. What `streams` is judged on its way. */
  #bytes(
    x: Exchange,
    body: BodyValidationConfig,
    entry: ReadContent,
    media: MediaType,
  ): Promise<Uint8Array | "streams" | undefined> {
    const { validator } = entry;
    // Under a content coding nobody sees where a part ends.
    const screen =
      contentCodings(x.headers) === undefined
        ? entry.format.screen?.(media, {
            isValid: (value) => validator === null || validator(value, null),
            refuse: (_, read) => this.#refuseOnItsWay(x, body, entry, read),
          })
        : undefined;
    return screen === undefined || "problem" in screen ? x.readBody(body.maxBytes) : x.screenBody(screen, body.maxBytes);
  }

  #refuseOnItsWay(x: Exchange, body: BodyValidationConfig, entry: ReadContent, read: Parsed): boolean {
    const { maxViolations, reports } = this.#config;
    const found = this.#judge(x, body, entry, read, maxViolations);
    if (found !== true) refuseInvalid(x, found);
    if (reports === true) reportOnly(x, "validate");
    return reports === true;
  }

  #judge(x: Exchange, body: BodyValidationConfig, { validator }: ReadContent, read: Parsed, maxViolations: number) {
    if (read.problem !== undefined) return refuseMalformed(x, read.problem, body, "validate");
    if (body.keepsValue === true) {
      if (!x.hold((x.body?.length ?? 0) * valueSize)) return refuse(x, overload);
      x.bodyValue = read.value;
    }
    const found =
      validator === null || read.value === undefined
        ? undefined
        : violationsOf(validator, read.value, { in: "body" }, maxViolations);
    return [...(read.violations ?? []), ...(found === undefined ? [] : withKinds(found, read.value))];
  }
}
