import { walkConfig } from "./config-nodes.ts";
import type { OperationIr } from "./gateway.ts";

/** Names of the services to which some operation forwards, by itself or where a step chooses. */
export function usedServices(operations: readonly Pick<OperationIr, "forward" | "steps">[]): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { forward, steps } of operations) {
    if (forward.kind === "forward") used.add(forward.service);
    for (const { config } of steps) walkConfig(config, { resource: ({ room, name }) => room === "services" && used.add(name) });
  }
  return used;
}
