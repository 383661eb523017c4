import { createHash } from "node:crypto";
import type { GatewayIr } from "./gateway.ts";

/** One digest of all files that a gateway was made from: the same in the manifest, on the admin listener and in metrics. */
export function inputsDigest({ sources }: Pick<GatewayIr, "sources">): string {
  const lines = sources.map(({ file, sha256 }) => `${sha256}  ${file}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}
