import type { CallerPart, RateLimitConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";

export type By = RateLimitOptions["by"];
export type ByPart = Exclude<By, readonly unknown[]>;

export const partsOf = (by: By): readonly ByPart[] => (Array.isArray(by) ? by : [by]);

/** JSON pointer of a part below the options. */
export const pointerOf = (by: By, index: number): string => (Array.isArray(by) ? `/by/${index}` : "/by");

/** Undefined where an expression is wrong, which was reported. */
export function callerOf(by: By, context: PolicyContext): Lowered<RateLimitConfig>["caller"] | undefined {
  const parts = partsOf(by).map((part, index) => loweredPart(part, pointerOf(by, index), context));
  const whole = parts.filter((part) => part !== undefined);
  if (whole.length < parts.length) return undefined;
  return Array.isArray(by) ? whole : whole[0];
}

function loweredPart(part: ByPart, pointer: string, context: PolicyContext): Lowered<CallerPart> | undefined {
  if (typeof part === "string") return { by: part };
  if ("header" in part) return { by: "header", name: part.header.toLowerCase() };
  const value = context.expression(part.expression, `${pointer}/expression`, "string");
  return value === undefined ? undefined : { by: "expression", value };
}

/** For people: `peer.ip`, `identity.subject and header X-Tenant`. */
export const callerText = (by: By): string => partsOf(by).map(partText).join(" and ");

const partText = (part: ByPart): string =>
  typeof part === "string" ? part : "header" in part ? `header ${part.header}` : `\`${part.expression.trim()}\``;

/** In the name of a limit: `-by-subject`. */
export const callerSuffix = (by: By): string => partsOf(by).map(suffixOf).join("");

const suffixOf = (part: ByPart): string =>
  typeof part === "string"
    ? suffixes[part]
    : "header" in part
      ? `-by-${part.header.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-")}`
      : "-by-expression";

const suffixes: Readonly<Record<Extract<ByPart, string>, string>> = {
  "peer.ip": "",
  "identity.subject": "-by-subject",
  operation: "-by-operation",
};
