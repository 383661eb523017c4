import type { Exchange } from "../../exchange.ts";
import { refuse } from "../../problem.ts";
import type { Violation } from "../../validation/violations.ts";

/** 400 with everything that is wrong; never with a value that was sent. */
export function refuseInvalid(x: Exchange, violations: readonly Violation[]): true {
  const detail =
    violations.length === 1 ? sentence(violations[0]!) : `${violations.length} things are not as the API describes them.`;
  return refuse(x, {
    status: 400,
    slug: "invalid-request",
    title: "The request is not valid",
    detail,
    members: { violations },
    source: "validate",
  });
}

function sentence({ in: place, name, pointer, message }: Violation): string {
  const where = name === undefined ? `The ${place}` : `The ${place} parameter ${name}`;
  return `${where}${pointer === "" ? "" : ` at ${pointer}`} ${message}.`;
}
