import type { ObjectivesOptions } from "../../../schema/policies.gen.ts";
import { type Scope, scopes } from "../../ir/step.ts";
import type { PolicyContext } from "../../policy/contract.ts";

/**
 * Names what is counted together, given the options that make one objective: `orders` for all of an API, and for a narrower
 * place the names of that place, `orders.v1.tags.write`. The narrowest of the options decides.
 */
export function objectiveName(
  per: ObjectivesOptions["per"],
  { operation, writtenIn }: PolicyContext,
): (pointers: readonly string[]) => string {
  // Requests without an operation have no objectives: the policy does not run on their chain.
  const { id = "", api, version, service = "" } = operation ?? {};
  const place = (block: string, scope: Scope): string =>
    // Of the spec itself: the block has no name there, and the path has.
    block.startsWith("x-gateway") && scope === "paths" ? `paths.${operation?.path.template}` : block;
  return (pointers) => {
    const written = pointers.flatMap((pointer) => writtenIn(pointer) ?? []);
    const narrowest = Math.max(...written.map(({ scope }) => scopes.indexOf(scope)));
    const scope = scopes[narrowest];
    if (per === "operation" || scope === "operations" || scope === "route") return id;
    const own = written.filter((one) => one.scope === scope).map((one) => place(one.block, one.scope));
    const names = scope === "gateway" || scope === "all" ? [] : [[...new Set(own)].sort().join("+")];
    const owner = per === "service" ? `services.${service}` : (api ?? "routes");
    return [owner, ...(scope === "gateway" ? [] : versionOf(version)), ...names].join(".");
  };
}

const versionOf = (version: string | undefined): string[] => (version === undefined ? [] : [version]);
