import { overload, refuse } from "../../answers/problem.ts";
import { reportOnly } from "../../answers/report-only.ts";
import { ContentSelector } from "../../body/content-selector.ts";
import type { AnswerBody, AnswerHooks, AnswerInterest, AnswerWish } from "../../exchange/answer-hooks.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { logEvent } from "../../log/event.ts";
import { readJson } from "../../parameters/json-content.ts";
import type { Shape } from "../../parameters/lists.ts";
import { readScalar } from "../../parameters/scalars.ts";
import { withKinds } from "../../validation/kind-at.ts";
import { type Violation, Violations, violationsOf } from "../../validation/violations.ts";
import { type BodyContentConfig, type EmittedValidator, isRead } from "./body-content.ts";
import type { RequestValidationConfig } from "./request-validation.ts";

export interface ResponseValidationConfig {
  readonly request: RequestValidationConfig | null;
  readonly enforceRequest: boolean;
  /** Exact statuses, then ranges, then `default`. */
  readonly responses: readonly ResponseConfig[];
  readonly enforce: boolean;
  /** A status that no response is declared for; one of success is always refused. */
  readonly undeclaredStatus: "allow" | "report" | "refuse";
  /** The operation is for GET and answers HEAD too, of whose answers the spec says nothing. */
  readonly skipsHead: boolean;
  /** Share of answers that are looked at, 0 to 1. */
  readonly sample: number;
  readonly maxBytes: number;
  /** An answer of more bytes is not as the spec says; otherwise it is not looked at. */
  readonly refusesLarge: boolean;
  readonly maxViolations: number;
}

export interface ResponseConfig {
  /** `200`, `2XX`, `default`. */
  readonly status: string;
  readonly headers: readonly ResponseHeaderConfig[];
  readonly content: readonly BodyContentConfig[];
}

export interface ResponseHeaderConfig {
  /** Lower case. */
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
  readonly explode: boolean;
  readonly json: boolean;
  readonly validator: EmittedValidator | undefined;
}

interface Declared extends ResponseConfig {
  readonly selector: ContentSelector<BodyContentConfig>;
}

interface RequestChecks {
  request(x: Exchange): boolean | Promise<boolean>;
}

/** Holds what a service answers to what the spec says; requests as `RequestValidation` does. */
export class MessageValidation implements AnswerHooks {
  readonly #config: ResponseValidationConfig;
  readonly #requests: RequestChecks | null;
  readonly #responses: readonly Declared[];
  readonly #wish: AnswerWish;

  /** @param requests what checks requests; null: nothing does */
  constructor(config: ResponseValidationConfig, requests: RequestChecks | null) {
    this.#config = config;
    this.#requests = requests;
    this.#responses = config.responses.map((response) => ({ ...response, selector: new ContentSelector(response.content) }));
    this.#wish = { as: config.enforce ? "held" : "seen", maxBytes: config.maxBytes };
  }

  request(x: Exchange): boolean | Promise<boolean> {
    if (this.#requests === null) return false;
    const isRefused = this.#requests.request(x);
    return typeof isRefused === "boolean" ? this.#settle(x, isRefused) : this.#awaited(x, isRefused);
  }

  async #awaited(x: Exchange, isRefused: Promise<boolean>): Promise<boolean> {
    return this.#settle(x, await isRefused);
  }

  #settle(x: Exchange, isRefused: boolean): boolean {
    if (!isRefused || x.answer === undefined) return x.answer !== undefined;
    if (this.#config.enforceRequest) return true;
    reportOnly(x, "validate");
    return false;
  }

  answerHead(x: Exchange): AnswerInterest {
    const { sample, skipsHead } = this.#config;
    if ((sample < 1 && Math.random() >= sample) || (skipsHead && x.method === "HEAD")) return undefined;
    const { status, headers } = x.answer!;
    const response = this.#declared(status);
    if (response === undefined) return this.#undeclared(x, status) || undefined;
    const violations = response.headers.flatMap((header) =>
      headerViolations(header, headers.all(header.name), this.#config.maxViolations),
    );
    if (violations.length > 0 && this.#found(x, violations)) return true;
    if (response.content.length === 0 || !hasContent(x)) return undefined;
    const contentType = headers.single("content-type");
    const selected = contentType === null ? "malformed" : response.selector.select(contentType);
    if (typeof selected === "string") {
      const found = contentType ?? (contentType === null ? "more than one" : "nobody names");
      return this.#wrong(x, "content", `has the media type ${found}, which the operation does not declare`) || undefined;
    }
    return isRead(selected) ? this.#wish : undefined;
  }

  answerBody(x: Exchange, body: AnswerBody): true | undefined {
    return this.#isBad(x, body) || undefined;
  }

  /** True: the answer was replaced. */
  #isBad(x: Exchange, body: AnswerBody): boolean {
    const { maxBytes, maxViolations } = this.#config;
    if (body === "none" || body === "stream") return false;
    const { status, headers } = x.answer!;
    const selected = this.#declared(status)?.selector.select(headers.get("content-type"));
    // The head said so; nothing else is collected.
    if (typeof selected !== "object" || !isRead(selected)) return false;
    if (body === "tooLarge") return this.#tooLarge(x);
    const { format, validator } = selected.entry;
    const plain = body.plain(maxBytes);
    // What was collected to be told of is told of no more where there is no room.
    if (plain === undefined) return this.#config.enforce && refuse(x, overload);
    if (plain.problem?.isTooLarge === true) return this.#tooLarge(x);
    if (plain.problem !== undefined) return this.#wrong(x, "content", plain.problem.detail);
    const read = format.read(plain.value, selected.media, (maxDepth) => body.json(maxBytes, maxDepth));
    if (read.problem !== undefined) return this.#wrong(x, "content", read.problem.detail);
    const violations = [
      ...(read.violations ?? []),
      ...((validator === null || read.value === undefined
        ? undefined
        : violationsOf(validator, read.value, { in: "body" }, maxViolations)) ?? []),
    ];
    return violations.length > 0 && this.#found(x, withKinds(violations, read.value));
  }

  /** Specs need not list every status (OpenAPI 3.1.1 §4.8.16), but what success looks like is their subject. */
  #undeclared(x: Exchange, status: number): boolean {
    const { undeclaredStatus, enforce } = this.#config;
    const isSuccess = status >= 200 && status < 300;
    if (undeclaredStatus === "allow" && !isSuccess) return false;
    const message = `${status} is not among the statuses that the operation declares`;
    return this.#found(
      x,
      [{ in: "status", pointer: "", keyword: "status", message }],
      enforce && (isSuccess || undeclaredStatus === "refuse"),
    );
  }

  #tooLarge(x: Exchange): boolean {
    const { refusesLarge, maxBytes } = this.#config;
    return refusesLarge && this.#wrong(x, "maxBody", `is larger than ${maxBytes} bytes and was not looked at`);
  }

  #wrong(x: Exchange, keyword: string, message: string): boolean {
    return this.#found(x, [{ in: "body", pointer: "", keyword, message }]);
  }

  #declared(status: number): Declared | undefined {
    const exact = String(status);
    const range = `${exact[0]}XX`;
    return this.#responses.find(
      (response) => response.status === exact || response.status === range || response.status === "default",
    );
  }

  /** Logs and counts; true where the answer was replaced. What is wrong inside does not concern the client. */
  #found(x: Exchange, violations: readonly Violation[], enforce = this.#config.enforce): boolean {
    logEvent("warning", enforce ? "an answer was refused: it is not as the spec says" : "an answer is not as the spec says", x, {
      violations,
    });
    if (!enforce) {
      x.reports.push({ policy: "validate", status: 502, type: "urn:gatewright:problem:invalid-answer", violations });
      return false;
    }
    refuse(x, {
      status: 502,
      slug: "invalid-answer",
      title: "The service gave an answer that its API does not allow",
      findings: violations,
      source: "validate",
    });
    return true;
  }
}

/** RFC 9110 §6.4.1; an event stream has no end to wait for. */
function hasContent({ method, answer }: Exchange): boolean {
  const { status, headers } = answer!;
  if (method === "HEAD" || status === 204 || status === 304) return false;
  return !/^\s*text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");
}

function headerViolations(header: ResponseHeaderConfig, lines: readonly string[], limit: number): readonly Violation[] {
  const { name, required, shape, json, validator } = header;
  const place = { in: "header", name } as const;
  if (lines.length === 0) return required ? [{ ...place, pointer: "", keyword: "required", message: "must be there" }] : [];
  if (validator === undefined) return [];
  const found = new Violations(place, limit);
  const value = json ? readJson(lines.join(", "), 0, found) : headerValue(lines.join(","), shape);
  // An object in a field is written in too many ways to be sure.
  if (value === undefined) return found.list;
  return violationsOf(validator, value, place, limit) ?? [];
}

/** Style `simple` (OpenAPI): one value, or items between commas. */
function headerValue(text: string, shape: Shape): unknown {
  if (shape.items !== undefined) return text.split(",").map((item) => scalarOrText(item.trim(), shape.items!));
  if (shape.properties !== undefined || shape.additional !== undefined) return undefined;
  return scalarOrText(text, shape);
}

/** Text that cannot be what the schema asks for stays text, so that the schema is what refuses it. */
function scalarOrText(text: string, { scalar }: Shape): unknown {
  const value = readScalar(text, scalar, 0, null);
  return value === undefined ? text : value;
}
