import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { ServiceCount } from "../../gateway/load.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import { Deadlines } from "../deadlines.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Forwarding } from "../forwarding.ts";
import type { OriginRequest } from "../origin-request.ts";
import { HedgingForwarding } from "./hedging-forwarding.ts";
import { LatencyQuantile } from "./latency-quantile.ts";
import { OperationQuantiles } from "./operation-quantiles.ts";
import { RetryingService, type RetryingServiceConfig } from "./retrying-service.ts";

export interface HedgingServiceConfig extends RetryingServiceConfig {
  readonly hedge: {
    /** Milliseconds without a head after which another attempt is made beside the first; below 1: the share of answers that has come by then. */
    readonly after: number;
    /** At the same time, the first included. */
    readonly attempts: number;
  };
}

/** What an operation says otherwise than its service; a share of its answers is that of its own. */
export type OperationHedge = Partial<HedgingServiceConfig["hedge"]>;

/** A service that is asked a second time where its answer is late. */
export const createHedgingService = (config: HedgingServiceConfig): HedgingService => new HedgingService(config);

export class HedgingService extends RetryingService {
  readonly hedgeAttempts: number;
  /** Made since the start. */
  hedges = 0;
  /** Closer looks than those at time limits: answers are late by milliseconds. */
  readonly hedgeTimes = new Deadlines(5);
  readonly #after: number;
  readonly #quantile: LatencyQuantile | undefined;
  readonly #ofOperations: OperationQuantiles;

  constructor({ hedge, ...config }: HedgingServiceConfig) {
    const quantile = hedge.after < 1 ? new LatencyQuantile(hedge.after) : undefined;
    const ofOperations = new OperationQuantiles();
    super({ ...config, watchers: [...config.watchers, ofOperations, ...(quantile === undefined ? [] : [quantile])] });
    this.#ofOperations = ofOperations;
    this.hedgeAttempts = hedge.attempts;
    this.#after = hedge.after;
    this.#quantile = quantile;
  }

  /** Milliseconds to wait for a head; undefined while it is not known what is late. */
  get hedgeAfter(): number | undefined {
    return this.#quantile === undefined ? this.#after : this.#quantile.value;
  }

  /** The same for a request. */
  hedgeAfterOf(x: HttpExchange, own: OperationHedge | undefined): number | undefined {
    if (own?.after === undefined) return this.hedgeAfter;
    return own.after < 1 ? this.#ofOperations.of(x, own.after) : own.after;
  }

  override counts(): readonly ServiceCount[] {
    const help = "Requests that were sent to a service a second time because the answer was late.";
    return [...super.counts(), { name: "upstream_hedges_total", help, value: this.hedges }];
  }

  override forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest, first: Endpoint): Forwarding {
    return new HedgingForwarding(x, this, record, request, first);
  }
}
