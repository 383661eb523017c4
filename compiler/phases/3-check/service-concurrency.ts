import type { ServiceConcurrencyConfig } from "../../../runtime/policies/concurrency/for-service.ts";
import type { Hook, OptionIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import { call } from "../../policy/contract.ts";
import { limiterOf, limiterText } from "../../resource/limiter.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import type { UnorderedStep } from "./order.ts";
import { isInterchanged, reachedServices, serviceNamed } from "./reached-services.ts";
import type { LoweredPolicies } from "./steps.ts";

/** Behind whatever has a say in where a request goes. Credentials for a service are only got for those who have a place. */
const before = Object.keys(policies).filter((name) => name !== "concurrency");

/** A step for each service with a limit that requests of the operation may go to. */
export function concurrencyOfServices(
  operation: LinkedOperation,
  lowered: LoweredPolicies,
  linked: LinkedGateway,
): UnorderedStep[] {
  const { file, positions } = linked;
  const { chosen, fallbacks } = reachedServices(operation, lowered, linked);
  return [...chosen, ...fallbacks].flatMap((name): UnorderedStep[] => {
    const written = serviceNamed(name, file);
    if (written?.concurrency === undefined) return [];
    const { limit, queue } = written.concurrency;
    // One instance counts for all operations, whichever way they come: they agree on what it is.
    const swaps = isInterchanged(name, linked);
    const [module, factory, hooks]: readonly [string, string, readonly Hook[]] = swaps
      ? ["policies/concurrency/for-fallback", "createFallbackConcurrency", ["retarget", "done"]]
      : ["policies/concurrency/for-service", "createServiceConcurrency", ["done"]];
    const isChosen = chosen.includes(name);
    const { kind: _kind, ...facts } = call<ServiceConcurrencyConfig>(
      module,
      factory,
      {
        ...limiterOf(limit, queue, () => positions.pointer(written.concurrency!, "/limit")),
        name: `services.${name} concurrency`,
        perOperation: false,
        reports: false,
        slot: { kind: "slot" },
        service: name,
      },
      {
        hooks: isChosen ? ["request", ...hooks] : hooks,
        mayAnswer: true,
        async: queue === undefined ? false : "seldom",
        instance: `services.${name}`,
        roles: ["living"],
        summary: `to ${name}${isChosen ? "" : ", as a fallback"}: ${limiterText(limit, queue)}`,
      },
    );
    const options = Object.entries(written.concurrency).map(
      ([key, value]): OptionIr => ({
        pointer: `/${key}`,
        value,
        scope: "gateway",
        origin: positions.pointer(written.concurrency!, `/${key}`),
      }),
    );
    const origin = positions.key(written, "concurrency");
    return [
      {
        step: { kind: "step", policy: "concurrency", ...facts, mode: "enforce", requires: [], provides: [], options, origin },
        stages: ["forward"],
        after: before,
      },
    ];
  });
}
