import type { CacheOptions } from "../../../schema/policies.gen.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import { KnownByKey } from "./known-by-key.ts";
import { askedOtherwise } from "./messages.gen.ts";

/**
 * What another policy asks the service for goes by nothing but what is in the key: method, host, path, the query or what `query` names of
 * it, and what `key` tells. No `Vary` could say it: the service does not know what the gateway went by. False: it was reported. What it
 * reads of the identity is the business of `checkTold`.
 */
export function checkAsked({ query }: CacheOptions, keys: readonly ExpressionIr[], context: PolicyContext): boolean {
  const known = new KnownByKey(keys, query);
  let isKnown = true;
  for (const { asks, policy, origin } of context.told) {
    const unknown = [...new Set(asks.flatMap(({ root }) => known.missingIn(root)))];
    if (unknown.length === 0) continue;
    isKnown = false;
    const operation = context.operation!.operationId;
    const values = { operation, policy, inputs: list(unknown.map((input) => `\`${input}\``)) };
    context.report(askedOtherwise(context.at("/key"), values, { related: [{ origin, text: "goes by it" }], alike: operation }));
  }
  return isKnown;
}
