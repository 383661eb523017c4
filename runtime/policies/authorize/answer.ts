import { overload, type Problem, refuse } from "../../answers/problem.ts";
import { defaultMaxDepth } from "../../body/json.ts";
import type { AnswerBody, AnswerHooks, AnswerInterest, AnswerWish } from "../../exchange/answer-hooks.ts";
import type { Exchange, Expression, UpstreamRequest } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { logEvent } from "../../log/event.ts";
import { askForJudgeable } from "./ask-for-judgeable.ts";
import { createDemands, type DemandsConfig } from "./demands.ts";
import { notAuthorized } from "./refusals.ts";
import { unjudgeable } from "./unjudgeable.ts";

export interface AnswerDecisionConfig {
  /** What is demanded of the request itself; null: nothing. */
  readonly demands: DemandsConfig | null;
  /** Whether the client may see the answer. */
  readonly visible: Expression<boolean>;
  /** The same, as far as the head alone says so: where it is true, nobody looks at the body. Null: it never is. */
  readonly decided: Expression<boolean> | null;
  /** Bytes of a body that is held to be judged, as sent and unpacked; null: `visible` does not look at it. */
  readonly maxBytes: number | null;
  readonly detail: string | undefined;
  /** What would have been refused is noted, and passes. */
  readonly reports: boolean;
}

export const createAnswerDecision = (config: AnswerDecisionConfig): AnswerDecision => new AnswerDecision(config);

/** Decides over requests, and then over what the service answers to those that it let pass. */
class AnswerDecision implements AnswerHooks {
  readonly #config: AnswerDecisionConfig;
  readonly #demands: ReturnType<typeof createDemands> | undefined;
  readonly #wish: AnswerWish;

  constructor(config: AnswerDecisionConfig) {
    this.#config = config;
    this.#demands = config.demands === null ? undefined : createDemands(config.demands);
    this.#wish = { as: config.reports ? "seen" : "held", maxBytes: config.maxBytes ?? 0 };
  }

  request(x: Exchange): boolean {
    return this.#demands?.request(x) === true;
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    askForJudgeable(upstream);
  }

  answerHead(x: Exchange): AnswerInterest {
    const { visible, decided, maxBytes } = this.#config;
    if (maxBytes === null) return this.#isVisible(x, visible) ? undefined : this.#withhold(x);
    if (decided !== null && this.#isVisible(x, decided)) return undefined;
    if (x.method === "HEAD") return this.#withhold(x, "An answer to HEAD has no body to decide by: use GET.");
    const reason = unjudgeable(x.answer!);
    return reason === undefined ? this.#wish : this.#cannotTell(x, reason);
  }

  answerBody(x: Exchange, body: AnswerBody): true | undefined {
    const maxBytes = this.#config.maxBytes!;
    if (typeof body === "string") return this.#cannotTell(x, `It is larger than ${maxBytes} bytes.`);
    const read = body.json(maxBytes, defaultMaxDepth);
    if (read === undefined) return this.#refuse(x, overload);
    if (read.problem !== undefined) return this.#cannotTell(x, read.problem.detail);
    x.answerValue = read.value;
    return this.#isVisible(x, this.#config.visible) ? undefined : this.#withhold(x);
  }

  /** A condition without a value decides nothing, so it shows nothing. */
  #isVisible(x: Exchange, condition: Expression<boolean>): boolean {
    return valueOf(condition, x) === true;
  }

  #withhold(x: Exchange, detail = this.#config.detail): true | undefined {
    return this.#refuse(x, notAuthorized(detail));
  }

  /** What the service did is no concern of the client. */
  #cannotTell(x: Exchange, reason: string): true | undefined {
    logEvent("warning", "an answer cannot be judged: nobody can say who may see it", x, { policy: source, reason });
    return this.#refuse(x, {
      status: 502,
      slug: "answer-not-judged",
      title: "The service gave an answer that cannot be judged",
      findings: [{ in: "body", pointer: "", keyword: "answer", message: reason }],
      source,
    });
  }

  #refuse(x: Exchange, problem: Problem): true | undefined {
    if (!this.#config.reports) return refuse(x, problem);
    const { status, slug, findings } = problem;
    const violations = findings === undefined ? {} : { violations: findings };
    x.reports.push({ policy: source, status, type: `urn:gatewright:problem:${slug}`, ...violations });
    return undefined;
  }
}

const source = "authorize";
