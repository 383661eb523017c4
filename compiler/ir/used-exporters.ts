import { walkConfig } from "./config-nodes.ts";
import type { GatewayIr } from "./gateway.ts";
import type { ExporterIr } from "./resource.ts";
import type { StepIr } from "./step.ts";

/** The exporters that steps give something to; sorted by name. */
export function usedExporters(
  steps: readonly Pick<StepIr, "config">[],
  { exporters = [] }: Pick<GatewayIr, "exporters">,
): readonly ExporterIr[] {
  const used = new Set<string>();
  for (const { config } of steps)
    walkConfig(config, { resource: ({ room, name }) => void (room === "exporters" && used.add(name)) });
  return exporters.filter(({ name }) => used.has(name));
}
