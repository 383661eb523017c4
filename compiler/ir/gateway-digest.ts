import { createHash } from "node:crypto";
import type { GatewayIr } from "./gateway.ts";

/**
 * SHA-256 of what the inputs of a gateway say, in hexadecimal digits: the same in the manifest, on the admin listener and in
 * metrics. Comments, the order of keys and what does not reach the gateway do not count, as they change nothing in it.
 */
export function gatewayDigest({ sources: _, apis, ...ir }: GatewayIr): string {
  const versions = apis.map((one) => canonical(one)).sort();
  return createHash("sha256").update(canonical(ir)).update(versions.join()).digest("hex");
}

const canonical = (value: object): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const isStep = "kind" in part && part.kind === "step" && "factory" in part;
    const entries = Object.entries(part).filter(([key, inner]) => !isPlace(key, inner) && !(isStep && ofPlaces.has(key)));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** What steps say of where they were written. */
const ofPlaces = new Set(["options", "instance"]);

/** A schema may have a property of that name. */
const isPlace = (key: string, value: unknown): boolean =>
  key === "origin" && typeof value === "object" && value !== null && "file" in value && "start" in value;
