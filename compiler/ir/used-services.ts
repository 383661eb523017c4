import { walkConfig } from "./config-nodes.ts";
import type { OperationIr, ServiceIr } from "./gateway.ts";

/** Who is asked where a service cannot be. */
export const fallbackIn =
  (services: readonly ServiceIr[]) =>
  (name: string): string | undefined =>
    services.find((service) => service.name === name)?.fallback;

/**
 * Names of the services to which some operation forwards, by itself, where a step chooses, or where one of them cannot be
 * asked: `fallbackOf`.
 */
export function usedServices(
  operations: readonly Pick<OperationIr, "forward" | "steps">[],
  fallbackOf: (service: string) => string | undefined,
): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { forward, steps } of operations) {
    if (forward.kind === "forward") used.add(forward.service);
    for (const { config } of steps) walkConfig(config, { resource: ({ room, name }) => room === "services" && used.add(name) });
  }
  // A set is walked in the order of what was added, while it is.
  for (const name of used) {
    const fallback = fallbackOf(name);
    if (fallback !== undefined) used.add(fallback);
  }
  return used;
}
