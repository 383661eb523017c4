import type { GatewayIr } from "../ir/gateway.ts";

/** `GET /v2/orders` of every operation that is in `next` only, and in `previous` only; each sorted. */
export function routeChanges(
  previous: GatewayIr,
  next: GatewayIr,
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const [before, after] = [routesOf(previous), routesOf(next)];
  return {
    added: [...after].filter((route) => !before.has(route)).sort(),
    removed: [...before].filter((route) => !after.has(route)).sort(),
  };
}

function routesOf({ operations }: GatewayIr): Set<string> {
  return new Set(
    operations.map(({ match }) => {
      const { version } = match;
      const hosts = match.hosts.length === 0 ? "" : ` (${match.hosts.join(", ")})`;
      const suffix = version === undefined ? "" : ` (${version.name}: ${version.value})`;
      return `${match.method === "*" ? "any" : match.method} ${match.path.template}${hosts}${suffix}`;
    }),
  );
}
