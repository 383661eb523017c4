import type { Service } from "../../../schema/gateway-filled.gen.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import type { LoweredPolicies } from "./steps.ts";

/** Names of services that requests of an operation may reach. */
export interface ReachedServices {
  /** The operation's own, and those that a step may choose. */
  readonly chosen: readonly string[];
  /** Those that are not among them, and take the place of one that cannot be asked. */
  readonly fallbacks: readonly string[];
}

export function reachedServices(
  { service }: LinkedOperation,
  { steps, terminal }: Pick<LoweredPolicies, "steps" | "terminal">,
  { file }: LinkedGateway,
): ReachedServices {
  if (terminal.length > 0) return { chosen: [], fallbacks: [] };
  const byStep = steps.flatMap(({ step: { reroutes } }) => [
    ...(reroutes?.service === undefined ? [] : [reroutes.service]),
    ...(reroutes?.arms ?? []).map((arm) => arm.service),
  ]);
  const chosen = new Set([...(service === undefined ? [] : [service.name]), ...byStep]);
  const fallbacks = new Set<string>();
  for (const first of chosen)
    for (
      let name = serviceNamed(first, file)?.fallback?.service;
      name !== undefined;
      name = serviceNamed(name, file)?.fallback?.service
    ) {
      // One that is known was followed to its end; circles are reported elsewhere.
      if (chosen.has(name) || fallbacks.has(name)) break;
      fallbacks.add(name);
    }
  return { chosen: [...chosen], fallbacks: [...fallbacks] };
}

/** Undefined where there is none, which is reported elsewhere. */
export const serviceNamed = (name: string, { services = {} }: LinkedGateway["file"]): Service | undefined =>
  Object.hasOwn(services, name) ? services[name] : undefined;

/** Whether the service takes the place of another one, or another one that of it, anywhere in the gateway. */
export const isInterchanged = (name: string, { file }: LinkedGateway): boolean =>
  serviceNamed(name, file)?.fallback?.service !== undefined ||
  Object.values(file.services ?? {}).some(({ fallback }) => fallback?.service === name);
