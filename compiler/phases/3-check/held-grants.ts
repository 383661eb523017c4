import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { Grants } from "../../resource/contract.ts";
import { resources } from "../../resources/registry.gen.ts";
import { own } from "../../text/own.ts";

/** What the identities of one scheme can have; undefined where its provider does not know. */
export function grantsOfScheme(file: GatewayFile, name: string): Grants | undefined {
  const [provider, options] = Object.entries(own(file.identity?.schemes, name) ?? {})[0] ?? [];
  return provider === undefined ? undefined : own(resources.identity, provider)?.grants?.(options as never);
}

/** What any identity of the gateway can have; undefined where some provider does not know. */
export function heldGrants(file: GatewayFile): Grants | undefined {
  const all = Object.keys(file.identity?.schemes ?? {}).map((name) => grantsOfScheme(file, name));
  const known = all.filter((grants) => grants !== undefined);
  if (known.length < all.length) return undefined;
  return { roles: known.flatMap(({ roles }) => roles), scopes: known.flatMap(({ scopes }) => scopes) };
}
