import type { LinkedOperation } from "../2-link/linked-gateway.ts";
import type { UnorderedStep } from "./order.ts";

/** `Vary` on every answer of an operation that a request gets by a field, or would get were it not for a field. */
export function varyStep(names: readonly string[], { match }: LinkedOperation): UnorderedStep[] {
  if (names.length === 0) return [];
  return [
    {
      step: {
        kind: "step",
        policy: "headers",
        factory: { module: "policies/headers", name: "createVary" },
        config: { names },
        hooks: ["response"],
        mayAnswer: false,
        async: false,
        body: "untouched",
        mode: "enforce",
        instance: "",
        fields: { response: ["vary"] },
        requires: [],
        provides: [],
        summary: `Vary: ${names.join(", ")}`,
        options: [],
        origin: match.origin,
      },
      stages: ["transform"],
      after: [],
    },
  ];
}
