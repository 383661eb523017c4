import type { ServiceIr } from "../../../ir/gateway.ts";
import { fallbackIn, usedServices } from "../../../ir/used-services.ts";
import type { Lack, Subject } from "./effect.ts";

/** What a guardrail may require that is neither a policy nor a scheme. */
export const encrypted = "encrypted";

/** Every endpoint of every service that requests may go to is `https`. What is only known at the start is not proven. */
export function lacksEncryption({ ir }: Subject, services: readonly ServiceIr[]): Lack | undefined {
  const used = usedServices([ir], fallbackIn(services));
  for (const service of services) {
    if (!used.has(service.name)) continue;
    for (const { url, origin } of service.endpoints) {
      const written = typeof url === "string" ? url : url.kind === "setting" ? url.template : "";
      if (written.startsWith("https://")) continue;
      const text = written.startsWith("http://")
        ? `the service \`${service.name}\` is reached without TLS`
        : `whether the service \`${service.name}\` is reached over TLS is only known when the gateway starts; begin its endpoint with \`https://\``;
      return { origin, text };
    }
  }
  return undefined;
}
