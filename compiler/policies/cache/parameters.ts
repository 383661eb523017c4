import type { CacheOptions } from "../../../schema/policies.gen.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { droppedParameter, unkeyedParameter } from "./messages.gen.ts";

/** What caches deal with by themselves, or services name in `Vary` where they heed it. */
const known: readonly string[] = [
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "cache-control",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "pragma",
  "range",
];

/** What the spec says that the operation reads, and that does not tell requests apart. */
export function checkParameters(options: CacheOptions, key: readonly ExpressionIr[], context: PolicyContext): void {
  const operation = context.operation!.operationId;
  // An expression that may look at any of them tells none apart.
  const read = new Set(key.flatMap(({ reads }) => reads.headers));
  const credentials = context.credentials.map((name) => name.toLowerCase());
  for (const { in: place, name, required } of context.contract()?.parameters ?? []) {
    if (place === "query" && options.query?.includes(name) === false)
      context.report(droppedParameter(context.at("/query"), { operation, parameter: name }, { alike: operation }));
    if (place !== "header" && place !== "cookie") continue;
    const field = place === "header" ? name.toLowerCase() : "cookie";
    if (known.includes(field) || read.has(field) || credentials.includes(name.toLowerCase())) continue;
    const value = `request.headers['${field}']`;
    const values = {
      operation,
      place: place === "header" ? "header parameter" : "cookie",
      parameter: name,
      field: place === "header" ? name : "Cookie",
      expression: required ? value : `has(${value}) ? ${value} : ''`,
    };
    context.report(unkeyedParameter(context.at("/key"), values, { alike: operation }));
  }
}
