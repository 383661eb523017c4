import type { Segment } from "../../ir/route.ts";
import type { EffectivePolicy } from "./linked-gateway.ts";

/** The segments of a path whose last parameter takes the rest of it where the policy `segments` says so. */
export function withManySegments(segments: readonly Segment[], policies: readonly EffectivePolicy[]): readonly Segment[] {
  const policy = policies.find(({ name }) => name === "segments");
  const last = segments.at(-1);
  if (policy?.instances[0]?.value !== "many" || last?.kind !== "parameter") return segments;
  return [...segments.slice(0, -1), { kind: "rest", name: last.name }];
}
