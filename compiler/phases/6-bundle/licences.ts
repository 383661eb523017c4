import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { installRoot, packageFolder } from "./runtime-plugin.ts";

/** Notices of the packages that contribute bytes: their licences ask for them wherever the code goes. */
export function thirdPartyLicences(metafile: Metafile): string {
  const root = installRoot();
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0 && path.includes("node_modules/")) folders.add(packageFolder(join(root, path)));
    }
  }
  const notices = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
    return { name: name!, text: [`${name} ${version} (${license})`, ...texts].join("\n\n") };
  });
  if (notices.every(({ name }) => name === "gatewright")) return "This gateway holds no code of third parties.\n";
  return `${notices
    .filter(({ name }) => name !== "gatewright")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text)
    .join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
