import type { Role } from "../../ir/role.ts";
/**
 * How `gateway.js` hands over the instances that have a role, given their names; undefined: not at all. Chains hand over what
 * has the role `upgrades`, `keeps` or `packs`.
 */
export const handOver: Readonly<Record<Role, (names: readonly string[]) => string | undefined>> = {
  metrics: metricsLine,
  refusals: (names) => (names.length === 0 ? undefined : `refusals: [${names.join(", ")}],`),
  living: (names) => (names.length === 0 ? undefined : `living: [${names.join(", ")}],`),
  adminRoutes: (names) =>
    names.length === 0 ? undefined : `adminRoutes: [${names.map((name) => `...${name}.adminRoutes`).join(", ")}],`,
  upgrades: () => undefined,
  keeps: () => undefined,
  packs: () => undefined,
};

function metricsLine(metrics: readonly string[]): string {
  if (metrics[0] === "metrics" && metrics.length === 1) return "metrics,";
  if (metrics.length < 2) return `metrics: ${metrics[0] ?? "undefined"},`;
  const [first, ...others] = metrics;
  const collected = [`yield* ${first}.collect(about);`, ...others.map((name) => `yield* ${name}.collect();`)];
  return `metrics: { *collect(about) { ${collected.join(" ")} }, begin: (all) => ${first}.begin?.(all), sums: () => ${first}.sums() },`;
}
