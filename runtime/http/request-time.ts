import { refuse } from "../answers/problem.ts";
import type { Exchange, ExchangeTime } from "../exchange/exchange.ts";
import type { CallerDeadline } from "./caller-deadline.ts";

export interface RequestTimeConfig {
  /** Milliseconds from the head of a request to the end of its answer; absent: no bound of the gateway's own. */
  readonly answer?: number;
  /** Absent: no deadline of a caller counts. */
  readonly caller?: CallerDeadline;
}

/** How long requests of a listener may take as a whole. */
export const createRequestTime = (config: RequestTimeConfig): RequestTime => new RequestTime(config);

export class RequestTime implements ExchangeTime {
  readonly #answer: number;
  readonly #caller: CallerDeadline | undefined;
  readonly #ofAll: RequestTime | undefined;

  constructor({ answer, caller }: RequestTimeConfig) {
    this.#answer = answer ?? Number.POSITIVE_INFINITY;
    this.#caller = caller;
    this.#ofAll = caller === undefined ? this : answer === undefined ? undefined : new RequestTime({ answer });
  }

  /** Of a request that several wait for: what one of them says is not for the others. */
  ofAll(): RequestTime | undefined {
    return this.#ofAll;
  }

  endOf(x: Exchange): number {
    return x.startedAt + Math.min(this.#answer, this.#caller?.of(x) ?? Number.POSITIVE_INFINITY);
  }

  refuse(x: Exchange): true {
    return refuse(x, {
      status: 504,
      slug: "deadline-exceeded",
      title: "The time for the request is over",
      source: "gateway",
    });
  }
}
