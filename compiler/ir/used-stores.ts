import { walkConfig } from "./config-nodes.ts";
import type { GatewayIr } from "./gateway.ts";
import type { ResourceIr, Room, StoreIr } from "./resource.ts";
import type { StepIr } from "./step.ts";

/** The stores in which steps keep something, by themselves or in a scheme that they ask; sorted by name. */
export function usedStores(
  steps: readonly Pick<StepIr, "config">[],
  {
    stores,
    experiments = [],
    credentials = [],
    caching = [],
    schemes,
  }: Pick<GatewayIr, "stores" | "experiments" | "credentials" | "caching" | "schemes">,
): readonly StoreIr[] {
  const used = new Set<string>();
  const look = ({ config }: Pick<StepIr, "config">): void =>
    walkConfig(config, {
      resource({ room, name }) {
        const key = `${room} ${name}`;
        if (used.has(key)) return;
        used.add(key);
        const among: Partial<Record<Room, readonly Pick<ResourceIr, "name" | "config">[]>> = {
          identity: schemes,
          credentials,
          caching,
          experiments,
        };
        const found = among[room]?.find((one) => one.name === name);
        if (found !== undefined) look(found);
      },
    });
  for (const step of steps) look(step);
  return stores.filter(({ name }) => used.has(`stores ${name}`));
}
