import type { Exchange } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";

/** What one caller did at one operation, as it is told. */
export type ToldCaller = {
  /** Absent: nobody is known. */
  readonly caller?: string;
  readonly scheme?: string;
  readonly requests: number;
  /** Answers with status 4xx and 5xx, whoever made them. */
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Answers said that what was called is deprecated (RFC 9745). */
  readonly deprecated?: true;
  /** When they said that it ends (RFC 8594): the day. */
  readonly sunset?: string;
  readonly lastAt: string;
};

/** Counts what one caller does at one operation. */
export class CallerCount {
  readonly #caller: string | undefined;
  readonly #scheme: string | undefined;
  #requests = 0;
  #clientErrors = 0;
  #serverErrors = 0;
  #isDeprecated = false;
  #sunset: string | undefined = undefined;
  #lastAt = 0;

  constructor(caller: string | undefined, scheme: string | undefined) {
    this.#caller = caller;
    this.#scheme = scheme;
  }

  add({ answer }: Exchange): void {
    this.#requests++;
    this.#lastAt = clock.wall();
    if (answer === undefined) return;
    if (answer.status >= 500) this.#serverErrors++;
    else if (answer.status >= 400) this.#clientErrors++;
    this.#isDeprecated ||= answer.headers.has("deprecation");
    this.#sunset ??= dayOf(answer.headers.get("sunset"));
  }

  told(): ToldCaller {
    return {
      ...(this.#caller === undefined ? {} : { caller: this.#caller }),
      ...(this.#scheme === undefined ? {} : { scheme: this.#scheme }),
      requests: this.#requests,
      clientErrors: this.#clientErrors,
      serverErrors: this.#serverErrors,
      ...(this.#isDeprecated ? { deprecated: true as const } : {}),
      ...(this.#sunset === undefined ? {} : { sunset: this.#sunset }),
      lastAt: new Date(this.#lastAt).toISOString(),
    };
  }
}

/** Undefined: it is no date. */
function dayOf(sunset: string | undefined): string | undefined {
  const time = sunset === undefined ? Number.NaN : Date.parse(sunset);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10);
}
