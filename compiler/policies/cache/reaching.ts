import type { CacheOptions } from "../../../schema/policies.gen.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { KeptByIr } from "../../ir/step.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { isByGrants } from "./told-identity.ts";

/** Request fields that a cache deals with itself. */
export const asked: readonly string[] = ["accept-encoding", "if-modified-since", "if-none-match", "if-range", "range"];

/** Fields of the way that each request took, which the gateway writes or believes of a proxy; scheme and host are in the key. */
const ofTheWay: readonly string[] = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
];

/** Fields that a request to the service may have; undefined: any. In lower case; `x-*`: all that begin so. */
export const reachingFields = ({ fields }: CacheOptions, { told }: PolicyContext): readonly string[] | undefined =>
  fields === undefined
    ? undefined
    : [
        ...new Set([...asked, ...ofTheWay, ...fields.map((name) => name.toLowerCase()), ...told.flatMap((one) => one.fields)]),
      ].sort();

/** The proof of the key: what tells answers apart, and what else reaches the service. */
export function keptBy(options: CacheOptions, keys: readonly ExpressionIr[], context: PolicyContext): KeptByIr {
  const { query, fields } = options;
  const read = new Set(keys.flatMap(({ reads }) => reads.headers));
  const isKeyed = (name: string): boolean => read.has(name);
  const parameters = context.contract()?.parameters ?? [];
  const declared = parameters.flatMap(({ in: place, name }) => {
    if (place !== "header" && place !== "cookie") return [];
    const field = place === "header" ? name.toLowerCase() : "cookie";
    const reaches = fields === undefined || fields.some((one) => one.toLowerCase() === field);
    return reaches && !isKeyed(field) && !asked.includes(field) ? [`${place} ${name}`] : [];
  });
  const named = new Set(declared.filter((one) => one.startsWith("header ")).map((one) => one.slice(7).toLowerCase()));
  return {
    key: [
      "scheme",
      "host",
      context.told.some(({ isPathAsSent }) => isPathAsSent) ? "path as sent" : "path",
      query === undefined ? "query" : `query (${query.length === 0 ? "nothing of it" : query.join(", ")})`,
      ...(options.safe === undefined ? [] : ["the body"]),
      ...options.key.map((text) =>
        text.trim() === "identity.subject" && isByGrants(context) ? "identity.subject with roles and scopes" : text.trim(),
      ),
    ],
    declared,
    further:
      fields === undefined ? "any" : fields.filter((name) => !isKeyed(name.toLowerCase()) && !named.has(name.toLowerCase())),
    written: [...context.written].filter((name) => !asked.includes(name)).sort(),
  };
}
