import type { NegotiationConfig } from "../../../runtime/policies/cache/index.ts";
import type { CacheOptions } from "../../../schema/policies.gen.ts";
import { type MakeIr, make } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";

/** More of them would tell clients apart as well as their own words do. */
const mostTypes = 8;

/** What of `Accept` and `Accept-Language` makes a difference; null where that is not known. */
export function negotiationOf({ languages = [] }: CacheOptions, context: PolicyContext): MakeIr | null {
  const types = alternativesOf(context);
  if (types.length === 0 && languages.length === 0) return null;
  return make<NegotiationConfig>("caching/negotiation", "createNegotiation", { types, languages });
}

/** Media types that the spec declares; none where one is a range, or where `Accept` names the version of an API or is the gateway's own. */
function alternativesOf(context: PolicyContext): readonly string[] {
  const { operation, told } = context;
  if (operation?.versionField === "accept" || operation?.routedBy.includes("accept") === true) return [];
  if (told.some(({ fields }) => fields.includes("accept"))) return [];
  const offered = context.contract()?.offered ?? [];
  return offered.length > mostTypes || offered.some((type) => type.includes("*")) ? [] : offered;
}
