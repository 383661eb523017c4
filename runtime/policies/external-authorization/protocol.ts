import type { Answer } from "../../calls/exchange.ts";
import type { Exchange } from "../../exchange/exchange.ts";

/** How a decision service is asked, and what its answers mean. */
export interface Protocol {
  readonly __made: true;
  /** Whom it asks, for messages: without query. */
  readonly target: string;
  /** URLs that the configuration names. */
  readonly named: readonly string[];
  /** Undefined: there is no question to ask, as an expression has no value, and nobody is let in. */
  ask(x: Exchange, body: Uint8Array | undefined): Question | undefined;
  judge(answer: Answer): Verdict;
}

export interface Question {
  readonly url: string;
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type Verdict =
  /** `fields`: name and value alternating, for the service. */
  | { readonly kind: "allow"; readonly fields: readonly string[] }
  /** `fields`: name and value alternating, for the client. */
  | { readonly kind: "refuse"; readonly status: 401 | 403; readonly fields: readonly string[] }
  /** It answered, and not with a decision: somebody has to look at it, and until then nobody is let in. */
  | { readonly kind: "unclear"; readonly why: string }
  | { readonly kind: "outOfReach"; readonly why: string };

export const allowed: Verdict = { kind: "allow", fields: [] };
export const refused: Verdict = { kind: "refuse", status: 403, fields: [] };

/** What a status says that is no decision in any protocol. */
export function undecided(status: number): Verdict {
  const why = `it answered with ${status}`;
  return status >= 500 || status === 429 ? { kind: "outOfReach", why } : { kind: "unclear", why };
}
