import { type Outcome, outcomes } from "../../../runtime/upstream/attempts/outcome.ts";
import { isIdempotent } from "../../../runtime/upstream/failure.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";

/** When a request of the operation is sent again to the service, and what it may cost; nothing where it is sent once. */
export function retryLines({ forward, steps }: OperationIr, { retry: own }: ServiceIr, method: string): string[] {
  if (own === undefined || forward.kind !== "forward") return [];
  const { attempts, on, perTry, backoff } = { ...own, ...forward.retry };
  const hedge = own.hedge === undefined ? undefined : { ...own.hedge, ...forward.hedge };
  const at = `  (${formatOrigin(own.origin)})`;
  if (attempts === 1 && (hedge === undefined || hedge.attempts === 1)) return [`retries    none${at}`];
  const { ratio, min } = own.budget;
  const each = perTry === 0 ? "" : `, each within ${perTry}ms`;
  const retried = attempts === 1 ? `none${at}` : `up to ${attempts} attempts${each}, on ${on.join(", ")}${at}`;
  return [
    `retries    ${retried}`,
    ...(hedge === undefined ? [] : [`hedge      ${hedge.attempts === 1 ? "none" : hedgeText(hedge)}`]),
    ...(attempts === 1 ? [] : [`           after up to ${backoff.base}ms, doubling to ${backoff.max}ms`]),
    `           at most ${Number((ratio * 100).toFixed(3))}% of the requests and ${min}/s in each worker`,
    `           ${repeatText(forward.retry, method, steps)}`,
    ...Object.entries(byRetry()).map(([retry, names]) => `           ${retryTexts[retry as Retry]}: ${names.join(", ")}`),
  ];
}

const hedgeText = ({ after, attempts }: { readonly after: number; readonly attempts: number }): string =>
  `up to ${attempts} at the same time, where the answer takes longer than ${after < 1 ? `${after * 100}% of them` : `${after}ms`}`;

function repeatText(
  own: { readonly isIdempotent?: true; readonly honoursKey?: true } | undefined,
  method: string,
  steps: OperationIr["steps"],
): string {
  if (isIdempotent(method)) return `may be repeated: ${method} is idempotent (RFC 9110 §9.2.2)`;
  if (own?.isIdempotent === true) return "may be repeated: the policy `retry` says so (`idempotent`)";
  const isKept = steps.some(({ keepsKeys }) => keepsKeys !== undefined);
  if (own?.honoursKey === true)
    return `may be repeated where the request has an Idempotency-Key, ${isKept ? "as `idempotency` says (`resend`)" : "which the spec declares"}`;
  return `${method} is not idempotent: sent again only where nothing reached the service`;
}

type Retry = (typeof outcomes)[Outcome]["retry"];

const retryTexts: Readonly<Record<Retry, string>> = {
  anyMethod: "whatever the method, where it is listed",
  idempotent: "what may be repeated, where it is listed",
  never: "never",
};

/** The column `retry` of the table of outcomes. */
function byRetry(): Readonly<Record<Retry, readonly string[]>> {
  const having = (retry: Retry): string[] =>
    Object.entries(outcomes).flatMap(([name, row]) => (row.retry === retry ? [name] : []));
  return { anyMethod: having("anyMethod"), idempotent: having("idempotent"), never: having("never") };
}
