import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { ServiceCount } from "../../gateway/load.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Forwarding } from "../forwarding.ts";
import type { OriginRequest } from "../origin-request.ts";
import { AttemptBudget, type BudgetConfig } from "./attempt-budget.ts";
import { ManagedService, type ManagedServiceConfig } from "./managed-service.ts";
import type { OperationRetry, RetryRules } from "./retry-rules.ts";
import { RetryingForwarding } from "./retrying-forwarding.ts";

export interface RetryingServiceConfig extends ManagedServiceConfig {
  readonly retry: RetryRules & {
    readonly budget: BudgetConfig;
    /** Most bytes of a body that is kept to be sent again. */
    readonly bodyBytes: number;
  };
}

/** A service whose requests are sent again where that may help. */
export const createRetryingService = (config: RetryingServiceConfig): RetryingService => new RetryingService(config);

export class RetryingService extends ManagedService {
  readonly budget: AttemptBudget;
  readonly bodyBytes: number;
  /** Made since the start. */
  retries = 0;
  readonly #rules: RetryRules;

  constructor(config: RetryingServiceConfig) {
    super(config);
    const { budget, bodyBytes, ...rules } = config.retry;
    this.budget = new AttemptBudget(budget);
    this.bodyBytes = bodyBytes;
    this.#rules = rules;
  }

  /** Those of an operation. */
  rulesFor(own: OperationRetry | undefined): RetryRules {
    return own === undefined ? this.#rules : { ...this.#rules, ...own };
  }

  counts(): readonly ServiceCount[] {
    return [
      { name: "upstream_retries_total", help: "Requests that were sent to a service once more.", value: this.retries },
      {
        name: "upstream_attempt_budget_exhausted_total",
        help: "Retries and hedges that were not made because the budget of the service had nothing left.",
        value: this.budget.exhausted,
      },
    ];
  }

  override forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest, first: Endpoint): Forwarding {
    return new RetryingForwarding(x, this, record, request, first);
  }
}
