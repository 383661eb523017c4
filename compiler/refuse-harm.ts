import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { GatewayIr } from "./ir/gateway.ts";
import { harmNotAllowed } from "./phases/3-check/messages.gen.ts";
import { policies } from "./policies/registry.gen.ts";
import { count } from "./text/words.ts";

/** Why a bundle is not made of the gateway without leave: one for each place where a policy harms requests on purpose. */
export function refuseHarm(ir: GatewayIr): Diagnostic[] {
  const found = new Map<string, { readonly step: GatewayIr["unmatched"][number]; operations: number }>();
  for (const step of ir.operations.flatMap(({ steps }) => steps)) {
    if (policies[step.policy]?.harmful !== true) continue;
    const { file, line, column } = step.origin;
    const key = `${step.policy} ${file}:${line}:${column}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { step, operations: 1 });
    else known.operations++;
  }
  return [...found.values()].map(({ step, operations }) =>
    harmNotAllowed(step.origin, {
      policy: step.policy,
      operations: `${count(operations, "operation")} ${operations === 1 ? "has" : "have"} it`,
    }),
  );
}
