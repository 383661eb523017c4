import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The gateway file a command is about: as given, in the folder given, or in the current folder. */
export function gatewayEntry(given: string | undefined): string {
  const path = given ?? ".";
  if (existsSync(path) && statSync(path).isDirectory()) {
    for (const name of ["gateway.yaml", "gateway.yml", "gateway.json"]) {
      if (existsSync(join(path, name))) return join(path, name);
    }
    const where = given === undefined ? "the current folder" : `\`${given}\``;
    throw new UsageError(`There is no gateway.yaml in ${where}. Name the file, or write a first one with \`gatewright init\`.`);
  }
  if (!existsSync(path)) throw new UsageError(`\`${path}\` does not exist.`);
  return path;
}
