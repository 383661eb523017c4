import { refuse } from "../answers/problem.ts";
import type { CallerDeadline } from "./caller-deadline.ts";
import type { HttpExchange } from "./http-exchange.ts";

export interface RequestTimeConfig {
  /** Milliseconds from the head of a request to the end of its answer; absent: no bound of the gateway's own. */
  readonly answer?: number;
  /** Absent: no deadline of a caller counts. */
  readonly caller?: CallerDeadline;
}

/** How long requests of a listener may take as a whole. */
export const createRequestTime = (config: RequestTimeConfig): RequestTime => new RequestTime(config);

export class RequestTime {
  readonly #answer: number;
  readonly #caller: CallerDeadline | undefined;

  constructor({ answer, caller }: RequestTimeConfig) {
    this.#answer = answer ?? Number.POSITIVE_INFINITY;
    this.#caller = caller;
  }

  /** Monotonic milliseconds at which nobody waits for the answer any more; infinity: nobody has said so. */
  endOf(x: HttpExchange): number {
    return x.startedAt + Math.min(this.#answer, this.#caller?.of(x) ?? Number.POSITIVE_INFINITY);
  }

  /** The answer to a request whose time is over. */
  refuse(x: HttpExchange): true {
    return refuse(x, {
      status: 504,
      slug: "deadline-exceeded",
      title: "The time for the request is over",
      source: "gateway",
    });
  }
}
