import type { RateLimitConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { afterWithoutAnswer } from "./messages.gen.ts";

export type Cost = RateLimitOptions["cost"];

/** What a request costs when it comes: with `after`, what is reserved until its answer has ended. */
export interface LoweredCost {
  readonly cost: Lowered<RateLimitConfig>["cost"];
  readonly after: EmittedIr<"expression"> | undefined;
}

/** Undefined where an expression is wrong, which was reported. */
export function costOf(cost: Cost, context: PolicyContext): LoweredCost | undefined {
  if (typeof cost === "number") return { cost, after: undefined };
  if (typeof cost === "string") {
    const value = context.expression(cost, "/cost", "int");
    return value === undefined ? undefined : { cost: value, after: undefined };
  }
  const after = context.expression(cost.after, "/cost/after", "any", "ended");
  if (after === undefined) return undefined;
  // Of a value that no schema describes, only the value itself says whether it is a number.
  if (!isNumeric(after) && context.expression(cost.after, "/cost/after", "int", "ended") === undefined) return undefined;
  if (!after.data.reads.variables.some((name) => name.startsWith("response.")))
    context.report(afterWithoutAnswer(context.at("/cost/after"), { expression: cost.after.trim() }));
  return { cost: reserveOf(cost), after };
}

const isNumeric = ({
  data: {
    type: { kind },
  },
}: EmittedIr<"expression">): boolean =>
  kind === "int" || kind === "uint" || kind === "double" || kind === "dyn" || kind === "union";

/** What each request takes at least as it comes; undefined where each says so itself. */
export const fixedCost = (cost: Cost): number | undefined =>
  typeof cost === "number" ? cost : typeof cost === "string" ? undefined : reserveOf(cost);

/** Defaults are filled in for the options themselves, not for what is below one of several forms. */
const reserveOf = ({ reserve = 1 }: Extract<Cost, object>): number => reserve;

/** For people: `cost 10`, `` cost `response.status` after the answer, 500 reserved ``. */
export function costText(cost: Cost): readonly string[] {
  if (cost === 1) return [];
  if (typeof cost !== "object") return [`cost ${typeof cost === "number" ? cost : `\`${cost.trim()}\``}`];
  return [`cost \`${cost.after.trim()}\` after the answer, ${reserveOf(cost)} reserved`];
}
