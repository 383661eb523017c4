import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { withoutKinds } from "../../validation/kind-at.ts";
import type { Violation } from "../../validation/violations.ts";

/** 400 with everything that is wrong; never with a value that was sent. Many clients show nothing but the detail. */
export function refuseInvalid(x: Exchange, violations: readonly Violation[]): true {
  const others = violations.length - 1;
  const more = others === 0 ? "" : ` ${others} more ${others === 1 ? "thing is" : "things are"} not as the API describes.`;
  const detail = `${sentence(violations[0]!)}${more}`;
  return refuse(x, {
    status: 400,
    slug: "invalid-request",
    title: "The request is not valid",
    detail,
    members: { violations: withoutKinds(violations) },
    findings: violations,
    source: "validate",
  });
}

function sentence({ in: place, name, pointer, message }: Violation): string {
  const where = name === undefined ? `The ${place}` : `The ${place} parameter ${name}`;
  return `${where}${pointer === "" ? "" : ` at ${pointer}`} ${message}.`;
}
