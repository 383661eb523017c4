import { configKey, countSlots } from "../../ir/config-nodes.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { formatOrigin, type Origin } from "../../ir/origin.ts";
import type { Role } from "../../ir/role.ts";
import type { StepIr } from "../../ir/step.ts";

/** One run-time instance of a policy before it has a name. */
export interface Instance {
  readonly step: StepIr;
  /** What it is to the gateway itself, which is handed it. */
  readonly roles: Set<Role>;
  readonly origins: Origin[];
  /** Positions in `GatewayIr.operations`, ascending; `operations.length` stands for the unmatched chain. */
  readonly users: number[];
  slots: readonly number[];
}

/** The instances of the gateway in the order of their first use, and those of each chain, step by step. */
export interface Instances {
  readonly all: readonly Instance[];
  readonly chains: readonly (readonly Instance[])[];
}

/**
 * Steps share an instance where factory, config and `instance` are equal. Twice in one chain, a step that keeps state
 * between its hooks is two instances, as both would keep it in one place.
 */
export function collectInstances(ir: GatewayIr): Instances {
  const known = new Map<string, Instance>();
  const places = new Map<Instance, Set<string>>();
  const chains = [...ir.operations.map((operation) => operation.steps), ir.unmatched].map((steps, user) => {
    const inChain = new Map<string, number>();
    return steps.map((step) => {
      const base = JSON.stringify([step.factory.module, step.factory.name, step.policy, step.instance, configKey(step.config)]);
      const occurrence = countSlots(step.config) === 0 ? 0 : (inChain.get(base) ?? 0);
      inChain.set(base, occurrence + 1);
      const key = `${occurrence} ${base}`;
      let instance = known.get(key);
      if (instance === undefined) {
        known.set(key, (instance = { step, roles: new Set(), origins: [], users: [], slots: [] }));
        places.set(instance, new Set());
      }
      for (const role of step.roles ?? []) if (isForGateway(role, step, user === ir.operations.length)) instance.roles.add(role);
      if (instance.users.at(-1) !== user) instance.users.push(user);
      const place = formatOrigin(step.origin);
      const seen = places.get(instance)!;
      if (!seen.has(place)) instance.origins.push(step.origin);
      seen.add(place);
      return instance;
    });
  });
  const all = [...known.values()];
  numberSlots(all, chains);
  return { all, chains };
}

/** Whether the gateway is given the instance of a step for that role, and not only the chain that the step is in. */
function isForGateway(role: Role, { when }: StepIr, isUnmatched: boolean): boolean {
  // A condition is decided for requests that have been read.
  if (role === "refusals") return isUnmatched && when === undefined;
  return role !== "upgrades" && role !== "keeps";
}

/**
 * Gives each slot the smallest number that no instance beside it in any of its chains has, so that an instance has the
 * same number in all chains and exchanges keep few slots.
 */
function numberSlots(all: readonly Instance[], chains: readonly (readonly Instance[])[]): void {
  const taken = chains.map(() => new Set<number>());
  for (const instance of all) {
    const needed = countSlots(instance.step.config);
    const slots: number[] = [];
    for (let number = 0; slots.length < needed; number++) {
      if (instance.users.some((user) => taken[user]!.has(number))) continue;
      slots.push(number);
      for (const user of instance.users) taken[user]!.add(number);
    }
    instance.slots = slots;
  }
}
