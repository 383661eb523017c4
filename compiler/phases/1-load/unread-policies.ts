import { posix } from "node:path";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject } from "../../source/source-set.ts";
import type { Disk } from "./disk.ts";
import { unreadPolicies } from "./messages.gen.ts";

/**
 * Reports policy files beside specs that no API version names: what is written there would protect nothing. Another gateway
 * file in the folder may name them.
 *
 * @param named paths of all policy files that are read, relative to the root
 */
export async function reportUnreadPolicies(
  versions: readonly JsonObject[],
  named: ReadonlySet<string>,
  root: string,
  gatewayFile: string,
  disk: Disk,
  positions: Positions,
  sink: DiagnosticSink,
): Promise<void> {
  const reported = new Set<string>();
  for (const version of versions) {
    if (typeof version.spec !== "string" || posix.isAbsolute(version.spec)) continue;
    const folder = posix.dirname(posix.normalize(version.spec));
    for (const name of await disk.list(posix.join(root, folder))) {
      const file = posix.join(folder, name);
      if (!/^(.+[.-])?policies\.(ya?ml|json)$/i.test(name) || named.has(file) || reported.has(file)) continue;
      if (!isPolicyFile(await textOf(posix.join(root, file), disk)) || (await isNamedElsewhere(file, root, gatewayFile, disk)))
        continue;
      reported.add(file);
      const isFree = version.policies === undefined;
      const help = isFree
        ? `Write \`policies: ${file}\` beside \`spec\`, or move the file away.`
        : `This version reads \`${String(version.policies)}\`. Write into that file, or move this one away.`;
      sink.report(unreadPolicies(positions.value(version, "spec"), { file, help }));
    }
  }
}

/** Only keys in the first column are looked at: other products have files of this name. */
function isPolicyFile(text: string): boolean {
  const isJson = /^\s*\{/.test(text);
  const has = (keys: string): boolean =>
    new RegExp(isJson ? `^(\\s*\\{)?\\s{0,4}"(${keys})"\\s*:` : `^["']?(${keys})["']?\\s*:`, "m").test(text);
  return has("all|tags|paths|operations") && !has("openapi|swagger|gateway");
}

async function isNamedElsewhere(file: string, root: string, gatewayFile: string, disk: Disk): Promise<boolean> {
  for (const name of await disk.list(root)) {
    if (name === gatewayFile || !/\.(ya?ml|json)$/i.test(name)) continue;
    const text = await textOf(posix.join(root, name), disk);
    if (/^(\s*\{)?\s{0,4}["']?gateway["']?\s*:/m.test(text) && text.includes(file)) return true;
  }
  return false;
}

async function textOf(path: string, disk: Disk): Promise<string> {
  if ((await disk.kind(path)) !== "file") return "";
  const bytes = await disk.read(path).catch(() => new Uint8Array());
  return new TextDecoder().decode(bytes);
}
