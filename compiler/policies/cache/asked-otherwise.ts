import type { CacheOptions } from "../../../schema/policies.gen.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import { askedOtherwise } from "./messages.gen.ts";

/**
 * What another policy asks the service for goes by nothing but what is in the key. No `Vary` could say it: the service does not know what
 * the gateway went by. False: it was reported. What it reads of the identity is the business of `checkTold`.
 */
export function checkAsked(options: CacheOptions, keys: readonly ExpressionIr[], context: PolicyContext): boolean {
  // One that looks at all of them tells nothing of each.
  const keyed = new Set(
    keys.flatMap((key) => inputsOf(key, options)).filter((input) => !(wholes as readonly string[]).includes(input)),
  );
  let isKnown = true;
  for (const { asks, policy, origin } of context.told) {
    const unknown = [...new Set(asks.flatMap((one) => inputsOf(one, options)))].filter((input) => !keyed.has(input));
    if (unknown.length === 0) continue;
    isKnown = false;
    const operation = context.operation!.operationId;
    const values = { operation, policy, inputs: list(unknown.map((input) => `\`${input}\``)) };
    context.report(askedOtherwise(context.at("/key"), values, { related: [{ origin, text: "goes by it" }], alike: operation }));
  }
  return isKnown;
}

const wholes = ["request.headers", "request.query"] as const;

/** What clients choose of a value, beside what is in each key: method, host, path, and the query or what `query` names of it. */
const inputsOf = ({ reads }: ExpressionIr, { query }: CacheOptions): readonly string[] => [
  ...reads.headers.map((name) => (name === "*" ? wholes[0] : `request.headers['${name}']`)),
  ...reads.query
    .filter((name) => query !== undefined && !query.includes(name))
    .map((name) => (name === "*" ? wholes[1] : `request.query['${name}']`)),
  ...reads.variables.filter((name) => name.startsWith("peer.")),
];
