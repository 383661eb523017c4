import type { RetryOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { needless } from "./messages.gen.ts";

/** Methods that may be repeated in any case (RFC 9110 §9.2.2). */
const idempotentMethods = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Narrows `retry` of the service. Part of how an operation is forwarded: it makes no step. */
export const retry = definePolicy<RetryOptions>({
  name: "retry",
  stages: ["forward"],
  onFailure: "closed",

  check({ idempotent }, context) {
    const method = context.operation?.method ?? "";
    if (idempotent !== undefined && idempotentMethods.has(method))
      context.report(needless(context.at("/idempotent"), { method }));
  },

  lower({ attempts, on, perTry, backoff, idempotent }) {
    return {
      kind: "forwarding",
      retry: {
        ...(attempts === undefined ? {} : { attempts }),
        ...(on === undefined ? {} : { on }),
        ...(perTry === undefined ? {} : { perTry: parseDuration(perTry) }),
        ...(backoff === undefined ? {} : { backoff: { base: parseDuration(backoff.base), max: parseDuration(backoff.max) } }),
        ...(idempotent === undefined ? {} : { isIdempotent: true as const }),
      },
      summary: [
        ...(attempts === undefined ? [] : [attempts === 1 ? "sent once" : `up to ${attempts} attempts`]),
        ...(on === undefined ? [] : [`on ${on.join(", ")}`]),
        ...(perTry === undefined ? [] : [`each within ${perTry}`]),
        ...(idempotent === undefined ? [] : [`may be repeated: ${idempotent}`]),
      ].join("; "),
    };
  },
});
