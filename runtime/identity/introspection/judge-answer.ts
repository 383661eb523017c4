import type { StartValue } from "../../exchange/exchange.ts";
import type { JsonObject } from "../jose/json-object.ts";

export interface AnswerRules {
  /** Exact text of `iss`; null: any. */
  readonly issuer: StartValue | string | null;
  readonly audience: readonly (StartValue | string)[] | "any";
}

/** What an answer (RFC 7662 §2.2) says of a token: `misread` where it is no such answer. */
export type Judgement = { readonly active: true } | { readonly refused: string } | { readonly misread: string };

/** @param now seconds since the epoch */
export function judgeAnswer(answer: JsonObject | undefined, { issuer, audience }: AnswerRules, now: number): Judgement {
  if (answer === undefined) return { misread: "its answer is not a JSON object" };
  const { active, iss, aud, exp, nbf } = answer;
  if (active === undefined) return { misread: "its answer has no `active`" };
  // Nothing that merely looks like true: `"true"`, 1.
  if (active !== true) return { refused: "The token is not active." };
  if (exp !== undefined && !isDate(exp)) return { refused: "The claim `exp` of the token is not a number of seconds." };
  if (isDate(exp) && now >= exp) return { refused: "The token has expired." };
  if (nbf !== undefined && !(isDate(nbf) && now >= nbf)) return { refused: "The token is not valid yet." };
  if (issuer !== null && iss !== undefined && iss !== issuer)
    return { refused: "The token is not of the issuer that is expected here." };
  if (audience !== "any") {
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (!named.some((one) => typeof one === "string" && audience.includes(one)))
      return { refused: "The token is for another audience." };
  }
  return { active: true };
}

const isDate = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= 2 ** 53;
