import type { TrailersOptions } from "../../../schema/policies.gen.ts";
import { definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { claimOf } from "../../text/claimed-fields.ts";
import { isNeverTrailer } from "../../text/trailer-names.ts";
import { neverPasses } from "./messages.gen.ts";

/** Part of how an operation is forwarded: it makes no step. What other steps speak for is checked where all are known. */
export const trailers = definePolicy<TrailersOptions>({
  name: "trailers",
  stages: ["forward"],
  onFailure: "closed",

  check({ request = [], response = [] }, context) {
    const declared = context.contract()?.parameters.filter((parameter) => parameter.in === "header") ?? [];
    const parameters = declared.map(({ name }) => name.toLowerCase());
    const credentials = context.credentials.map((name) => name.toLowerCase());
    for (const [index, name] of request.entries()) {
      const lower = name.toLowerCase();
      const reason = reasonAgainst(lower, parameters, credentials);
      if (reason !== undefined) context.report(neverPasses(context.at(`/request/${index}`), { name, reason }));
    }
    for (const [index, name] of response.entries()) reportNever(name, `/response/${index}`, context);
  },

  lower({ request = [], response }) {
    const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase()).sort();
    const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
    return {
      kind: "forwarding",
      trailers: { request: lower(request), response: response === undefined ? null : lower(response) },
      summary: `request: ${list(request)}${response === undefined ? "" : `; response: ${list(response)}`}`,
    };
  },
});

function reasonAgainst(name: string, parameters: readonly string[], credentials: readonly string[]): string | undefined {
  if (isNeverTrailer(name)) return neverReason;
  if (credentials.includes(name)) return "It carries credentials: behind the body no security scheme sees it.";
  if (parameters.includes(name)) return "The spec declares it as a parameter: behind the body nothing validates it.";
  const claim = claimOf(name);
  return claim === undefined ? undefined : `It says ${claim.says}, which the gateway does not take from clients.`;
}

function reportNever(name: string, pointer: string, context: PolicyContext): void {
  if (isNeverTrailer(name.toLowerCase())) context.report(neverPasses(context.at(pointer), { name, reason: neverReason }));
}

const neverReason =
  "A recipient that merges it into the head would read the message in another way, so it is none of a trailer (RFC 9110 §6.5.1).";
