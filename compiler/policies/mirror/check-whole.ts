import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { fallsBack, hasCredential } from "./messages.gen.ts";

/** What the services of copies do for requests is not all done for copies. */
export function checkWhole(steps: readonly PlacedStep[], { services, serviceOption, report }: GatewayContext): void {
  for (const { step } of steps) {
    // The config is the one that `lower` made.
    const { name } = (step.config as unknown as { readonly service: { readonly name: string } }).service;
    const service = services.find((one) => one.name === name);
    if (service?.fallback !== undefined) {
      const related = [{ origin: serviceOption(name, "/fallback"), text: "its fallback" }];
      report(fallsBack(step.origin, { service: name, fallback: service.fallback }, { related }));
    }
    if (service?.credential !== undefined) {
      const related = [{ origin: serviceOption(name, "/authenticate"), text: "its credential" }];
      report(hasCredential(step.origin, { service: name }, { related }));
    }
  }
}
