import type { SegmentsOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";
import { notLast } from "./messages.gen.ts";

/** Settles which paths an operation answers: the link phase reads it. Costs no step. */
export const segments = definePolicy<SegmentsOptions>({
  name: "segments",
  stages: ["admit"],
  onFailure: "closed",

  check(options, { operation, origin, report }) {
    if (options !== "many" || operation === undefined) return;
    const last = operation.path.segments.at(-1);
    if (last?.kind === "rest" && last.name !== undefined) return;
    report(
      notLast(origin, { path: operation.path.template, operation: operation.operationId }, { alike: operation.operationId }),
    );
  },

  lower: () => ({ kind: "nothing" }),
});
