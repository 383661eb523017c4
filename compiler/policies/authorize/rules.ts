import type { Rule } from "../../../runtime/policies/authorize/demands.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { Origin } from "../../ir/origin.ts";
import type { PolicyContext } from "../../policy/contract.ts";

/** Rules of the policy, or those that have a name, as the operation reads them. */
export function lowerRules(written: AuthorizeOptions["rules"], context: PolicyContext): readonly Lowered<Rule>[] {
  const named = typeof written === "string" ? context.ruleLists.find(written) : undefined;
  const rules = typeof written === "string" ? named?.rules : written;
  const place = (pointer: string): string | Origin => named?.at(pointer) ?? `/rules${pointer}`;
  return (rules ?? []).flatMap(({ when, require, detail }, index) => {
    const condition = when === undefined ? undefined : context.expression(when, place(`/${index}/when`), "bool");
    const expression = context.expression(require, place(`/${index}/require`), "bool");
    return expression === undefined ? [] : [{ when: condition, require: expression, detail }];
  });
}
