import type { FixedPriorityConfig } from "../../../runtime/policies/priority/fixed.ts";
import type { PriorityConfig } from "../../../runtime/policies/priority/index.ts";
import type { PriorityOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { Lowered } from "../../ir/config.ts";
import type { ExpressionIr, TypedNode } from "../../ir/expression.ts";
import { call, definePolicy, type LoweredPolicy } from "../../policy/contract.ts";
import { unknownClass } from "./messages.gen.ts";

/** The most important first, as the run-time library numbers them. */
const classes: readonly string[] = ["critical", "high", "normal", "low"];

export const priority = definePolicy<PriorityOptions>({
  name: "priority",
  // As early as what the expression reads is there.
  stages: ["admit", "limit", "validate"],
  onFailure: "open",
  unmatched: true,

  weakness(_options, { lowered, clientChooses }) {
    const chosen = expressionIn(lowered);
    return chosen !== undefined && clientChooses(chosen)
      ? `a client chooses its class by what it sends (\`${chosen.text.trim()}\`)`
      : undefined;
  },

  lower(options, context) {
    const text = options.class.trim();
    const place = classes.indexOf(text);
    if (place >= 0)
      return call<FixedPriorityConfig>(
        "policies/priority/fixed",
        "createFixedPriority",
        // An index of the four names.
        { class: place as FixedPriorityConfig["class"] },
        { hooks: ["request"], summary: text },
      );
    const chosen = context.expression(options.class, "/class", "string");
    if (chosen === undefined) return { kind: "nothing" };
    for (const name of resultsOf(chosen.root))
      if (!classes.includes(name))
        context.report(unknownClass(context.at("/class"), { name, suggestion: suggestion(name, classes) }));
    return call<PriorityConfig>(
      "policies/priority",
      "createPriority",
      { class: chosen, otherwise: options.otherwise },
      {
        hooks: ["request"],
        summary: `\`${text}\`, otherwise ${options.otherwise}`,
        ...(chosen.reads.identity || chosen.reads.peer
          ? {}
          : { remarks: [`\`priority\`: a client chooses its class by what it sends (\`${text}\`)`] }),
      },
    );
  },
});

function expressionIn(lowered: LoweredPolicy): ExpressionIr | undefined {
  if (lowered.kind !== "call") return undefined;
  // The config is the one that `lower` made.
  const config = lowered.config as unknown as Lowered<PriorityConfig> | Lowered<FixedPriorityConfig>;
  return typeof config.class === "number" ? undefined : config.class;
}

/** The texts that an expression may give and that stand in it. */
function resultsOf(node: TypedNode): readonly string[] {
  if (node.kind === "conditional") return [...resultsOf(node.then), ...resultsOf(node.otherwise)];
  return node.kind === "constant" && typeof node.value === "string" ? [node.value] : [];
}
