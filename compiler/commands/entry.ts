import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/** Names of gateway files, the usual one first. */
export const gatewayNames = ["gateway.yaml", "gateway.yml", "gateway.json"];

/** The gateway file a command is about: as given, in the folder given, or in the current folder. */
export function gatewayEntry(given: string | undefined): string {
  const path = given ?? ".";
  if (!existsSync(path)) throw new UsageError(`\`${path}\` does not exist.${above(resolve(path))}`);
  if (!statSync(path).isDirectory()) {
    assertGateway(path);
    return path;
  }
  const [found, other] = gatewayNames.filter((name) => existsSync(join(path, name)));
  const where = given === undefined ? "the current folder" : `\`${given}\``;
  if (other !== undefined) {
    throw new UsageError(`There are \`${found}\` and \`${other}\` in ${where}. Name the one you mean, or remove the other.`);
  }
  if (found === undefined) {
    throw new UsageError(
      `There is no gateway.yaml in ${where}.${above(resolve(path)) || " Name the file, or write a first one with `gatewright init`."}`,
    );
  }
  return join(path, found);
}

/** A sentence that names the gateway file of a folder above, where there is one. */
function above(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = gatewayNames.find((name) => existsSync(join(folder, name)));
    if (found !== undefined) return ` Did you mean \`${relative("", join(folder, found)).replaceAll("\\", "/")}\`?`;
    if (dirname(folder) === folder) return "";
  }
}

/**
 * A file that is plainly something else would be told all the keys that it lacks. Only keys in the first column are
 * looked at; what cannot be told this way is left to `check`.
 */
function assertGateway(path: string): void {
  if (/\.[cm]?js$/.test(path))
    throw new UsageError(`\`${path}\` is no gateway file, and no gateway.ir.json of a build lies beside it.`);
  if (!statSync(path).isFile()) return;
  const text = readFileSync(path, "utf8");
  const isJson = /^\s*\{/.test(text);
  const has = (key: string): boolean =>
    new RegExp(isJson ? `^(\\s*\\{)?\\s{0,4}"${key}"\\s*:` : `^["']?${key}["']?\\s*:`, "m").test(text);
  if (has("gateway")) return;
  const kind = ["openapi", "swagger"].some(has)
    ? "an OpenAPI document"
    : ["all", "tags", "paths", "operations"].some(has)
      ? "a policy file"
      : undefined;
  if (kind === undefined) return;
  const remedy = above(resolve(path)) || " Name the gateway.yaml that refers to it, or write a first one with `gatewright init`.";
  throw new UsageError(`\`${path}\` is ${kind}, not a gateway.${remedy}`);
}
