import { walkConfig } from "./config-nodes.ts";
import type { GatewayIr } from "./gateway.ts";
import type { StoreIr } from "./resource.ts";
import type { StepIr } from "./step.ts";

/** The stores in which steps keep something, by themselves or in a scheme that they ask; sorted by name. */
export function usedStores(
  steps: readonly Pick<StepIr, "config">[],
  { stores, credentials = [], caching = [], schemes }: Pick<GatewayIr, "stores" | "credentials" | "caching" | "schemes">,
): readonly StoreIr[] {
  const used = new Set<string>();
  const look = ({ config }: Pick<StepIr, "config">): void =>
    walkConfig(config, {
      resource({ room, name }) {
        const key = `${room} ${name}`;
        if (used.has(key)) return;
        used.add(key);
        const among = room === "identity" ? schemes : room === "credentials" ? credentials : room === "caching" ? caching : [];
        const found = among.find((one) => one.name === name);
        if (found !== undefined) look(found);
      },
    });
  for (const step of steps) look(step);
  return stores.filter(({ name }) => used.has(`stores ${name}`));
}
