import { existsSync, statSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** A folder to write into, as given once on the command line. */
export function pathOption(name: string, value: unknown): string {
  if (Array.isArray(value)) throw new UsageError(`\`--${name}\` is given ${value.length} times; write it once.`);
  // The command line parser makes numbers of what looks like one.
  const folder = String(value);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`\`--${name} ${folder}\` is a file; name a folder.`);
  return folder;
}
