// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { OtlpConfig } from "./config.ts";
import type { OtlpEnvironment } from "./environment.ts";
import type { OtlpSource } from "./source.ts";

/**
 * What the gateway is to a collector. Who wrote it decides: the options, then `OTEL_SERVICE_NAME`, then
 * `OTEL_RESOURCE_ATTRIBUTES`. Each process is an instance of its own, which has its id for as long as it lives.
 */
export function sourceOf({ gateway, version, attributes }: OtlpConfig, environment: OtlpEnvironment): OtlpSource {
  const all = new Map<string, string>([
    ["service.name", gateway],
    ["service.instance.id", crypto.randomUUID()],
    ...environment.attributes,
    ...(environment.serviceName === undefined ? [] : [["service.name", environment.serviceName] as const]),
    ...attributes.map(({ key, value }) => [key, value as string] as const),
    // What made it is no matter of configuration.
    ["telemetry.sdk.name", "gatewright"],
    ["telemetry.sdk.language", "nodejs"],
    ["telemetry.sdk.version", version],
  ]);
  return {
    attributes: [...all].map(([key, value]) => ({ key, value })),
    scope: { name: "gatewright", version },
  };
}
