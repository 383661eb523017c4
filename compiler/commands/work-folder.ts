import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Beside `gateway.yaml`, for what commands make for one checkout: never part of a commit. */
export function workFolder(root: string): string {
  const folder = join(root, ".gatewright");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".gitignore"), "*\n");
  return folder;
}
