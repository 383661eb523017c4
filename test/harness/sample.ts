import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type HttpCase, parseHttpFile } from "./http-file.ts";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** A folder with a gateway, requests to send to it and what must come of them. */
export interface Sample {
  /** Path below `test/`. */
  readonly name: string;
  readonly folder: string;
  readonly entry: string;
  readonly http: readonly { readonly file: string; readonly cases: readonly HttpCase[] }[];
  /** Expected files by path below `expected/`. */
  readonly expected: ReadonlyMap<string, string>;
}

/** Every sample below `test/samples` and `test/policies`. */
export function findSamples(): Sample[] {
  const root = join(repository, "test");
  return ["samples", "policies"]
    .flatMap((part) => foldersWith(join(root, part), "gateway.yaml"))
    .sort()
    .map((folder) => {
      const httpFolder = join(folder, "http");
      const files = existsSync(httpFolder)
        ? readdirSync(httpFolder)
            .filter((file) => file.endsWith(".http"))
            .sort()
        : [];
      return {
        name: relative(root, folder).replaceAll("\\", "/"),
        folder,
        entry: join(folder, "gateway.yaml"),
        http: files.map((file) => ({
          file,
          cases: parseHttpFile(readFileSync(join(httpFolder, file), "utf8"), join(httpFolder, file)),
        })),
        expected: readTree(join(folder, "expected")),
      };
    });
}

function foldersWith(folder: string, file: string): string[] {
  if (!existsSync(folder)) return [];
  if (existsSync(join(folder, file))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => foldersWith(join(folder, entry.name), file));
}

function readTree(folder: string, prefix = ""): Map<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const [name, text] of readTree(path, `${prefix}${entry.name}/`)) files.set(name, text);
    else files.set(`${prefix}${entry.name}`, readFileSync(path, "utf8"));
  }
  return files;
}
