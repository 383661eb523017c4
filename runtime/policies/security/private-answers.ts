import type { Exchange } from "../../exchange/exchange.ts";
import { AroundSecurity } from "./around.ts";
import type { SecurityStep } from "./security-step.ts";

export interface PrivateAnswersConfig {
  readonly security: SecurityStep;
  /** Names of schemes whose tokens come in the query. */
  readonly schemes: readonly string[];
}

export const createPrivateAnswers = (config: PrivateAnswersConfig): PrivateAnswers => new PrivateAnswers(config);

/**
 * A shared cache keeps answers to requests without `Authorization`, and does not know that the query has a token: what such a
 * token opened is for nobody else (RFC 6750 §2.3).
 */
class PrivateAnswers extends AroundSecurity {
  readonly #schemes: readonly string[];

  constructor({ security, schemes }: PrivateAnswersConfig) {
    super(security);
    this.#schemes = schemes;
  }

  response(x: Exchange): void {
    if (x.identity === undefined) return;
    // Who has shown several credentials is named by the first, whichever of them was in the query.
    const vouched = [x.identity, ...(x.furtherIdentities ?? [])];
    if (!vouched.some(({ scheme }) => this.#schemes.includes(scheme))) return;
    const { headers } = x.answer!;
    const written = headers.joined("cache-control", ", ");
    headers.set("Cache-Control", written === undefined ? "private" : privately(written));
  }
}

/** Without what lets shared caches keep it; `no-store` forbids more already. */
function privately(written: string): string {
  const directives = written.split(",").flatMap((directive) => {
    const text = directive.trim();
    return text === "" || /^(?:public|private|s-maxage)(?:$|[\s=])/i.test(text) ? [] : [text];
  });
  const isClosed = directives.some((directive) => directive.toLowerCase() === "no-store");
  return (isClosed ? directives : ["private", ...directives]).join(", ");
}
