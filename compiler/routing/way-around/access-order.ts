import type { AccessIr, SchemeUseIr } from "../../ir/gateway.ts";

/** Schemes that have to hold together, each with what it must grant: `partnerKey`, `partnerKey buyer`. */
type Demand = ReadonlySet<string>;

/** What lets a request in: one of the demands has to hold. A public operation has one that asks for nothing. */
export interface Access {
  /** Equal for operations that ask for the same. */
  readonly key: string;
  readonly demands: readonly Demand[];
}

/** More combinations than this are not told apart: such an operation is compared with public ones only. */
const mostDemands = 64;

/** Every requirement has to hold, each by one of its alternatives: written out as alternatives of the whole. */
export function accessOf(access: AccessIr): Access {
  let demands: Demand[] = [new Set()];
  if (access.kind === "authenticated") {
    for (const { alternatives } of access.requirements) {
      const own = alternatives.map(({ schemes }) => new Set(schemes.flatMap(grantsOf)));
      demands = demands.flatMap((demand) => own.map((other) => new Set([...demand, ...other])));
      if (demands.length > mostDemands) return { key: JSON.stringify(access.requirements), demands: [] };
    }
  }
  const key = JSON.stringify(demands.map((demand) => [...demand].sort()).sort());
  return { key, demands };
}

/** What credentials grant that the gateway passes through, it does not ask for. */
const grantsOf = ({ name, scopes, isUnverified }: SchemeUseIr): string[] => [
  name,
  ...(isUnverified ? [] : scopes.map((scope) => `${name} ${scope}`)),
];

/** Whether all who get in at `strong` get in at `weak`, and not the other way round. Schemes that differ are no order. */
export const isWeaker = (weak: Access, strong: Access): boolean => implies(strong, weak) && !implies(weak, strong);

function implies(strong: Access, weak: Access): boolean {
  if (isOpen(weak)) return true;
  if (strong.demands.length === 0 || weak.demands.length === 0) return strong.key === weak.key;
  return strong.demands.every((demand) => weak.demands.some((other) => [...other].every((grant) => demand.has(grant))));
}

/** Somebody without any credential gets in. */
const isOpen = ({ demands }: Access): boolean => demands.some((demand) => demand.size === 0);
