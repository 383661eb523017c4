import { AcceptCheck } from "../../body/accept.ts";
import { contentCodings, decodeContent } from "../../body/content-coding.ts";
import { ContentSelector, contentTypeOf, refuseMediaType } from "../../body/content-selector.ts";
import { refuseMalformed } from "../../body/refuse-malformed.ts";
import type { Exchange } from "../../exchange.ts";
import { ParameterProblems } from "../../parameters/problems.ts";
import { type Violation, violationsOf } from "../../validation/violations.ts";
import type { BodyContentConfig } from "./body-content.ts";
import type { ParameterReader } from "./parameter-validation.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

export interface RequestValidationConfig {
  /** Media types of success responses; null where any may come. */
  readonly accept: readonly string[] | null;
  readonly read: ParameterReader | null;
  readonly body: BodyValidationConfig | null;
  readonly maxViolations: number;
}

export interface BodyValidationConfig {
  readonly required: boolean;
  readonly maxBytes: number;
  /** Most specific first. */
  readonly content: readonly BodyContentConfig[];
}

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
    const bytes = await x.readBody(body.maxBytes);
    if (bytes === undefined) return true;
    if (
      bytes.length === 0 &&
      (contentType === undefined || (typeof selected === "object" && selected.entry.format?.isNeverEmpty === true))
    )
      return absent;
    if (typeof selected === "string") return refuseMediaType(x, body.content, "validate");
    const { format, validator } = selected.entry;
    if (format === null) return [];
    const plain = decodeContent(bytes, contentCodings(x.headers), body.maxBytes);
    if (plain.problem !== undefined) return refuseMalformed(x, plain.problem, body.content, "validate");
    const read = format.read(plain.value, selected.media);
    if (read.problem !== undefined) return refuseMalformed(x, read.problem, body.content, "validate");
    x.bodyValue = read.value;
    const found =
      validator === null || read.value === undefined
        ? undefined
        : violationsOf(validator, read.value, { in: "body" }, maxViolations);
    return [...(read.violations ?? []), ...(found ?? [])];
  }
}
