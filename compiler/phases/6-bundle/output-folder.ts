import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize, posix } from "node:path";
import type { Manifest } from "./manifest.ts";

/** The output folder holds files that no build of ours made. */
export class ForeignFolderError extends Error {
  override readonly name = "ForeignFolderError";
}

export const manifestFile = "manifest.json";

/**
 * Writes the files of a build: all of them into a new folder beside, then each into its place, the manifest last, so
 * that no reader meets half a file. Files that an earlier build made and this one does not are removed.
 *
 * @throws ForeignFolderError where the folder is neither empty nor made by a build
 */
export async function writeOutput(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const earlier = await earlierFiles(folder);
  await mkdir(folder, { recursive: true });
  const staging = join(folder, `.gatewright-${randomUUID()}`);
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), content);
    }
    const paths = [...files.keys()].sort((a, b) => Number(a === manifestFile) - Number(b === manifestFile) || (a < b ? -1 : 1));
    for (const path of paths) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await rename(join(staging, path), join(folder, path));
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  for (const path of earlier) {
    if (files.has(path)) continue;
    await rm(join(folder, path), { force: true });
    await removeEmptyFolders(folder, posix.dirname(path));
  }
}

/** Files of the earlier build in this folder. */
async function earlierFiles(folder: string): Promise<string[]> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const foreign = present.filter((name) => !name.startsWith(".gatewright-"));
  if (foreign.length === 0) return [];
  const manifest = foreign.includes(manifestFile) ? readManifest(await readFile(join(folder, manifestFile), "utf8")) : undefined;
  if (manifest === undefined) {
    const seen = foreign
      .sort()
      .slice(0, 3)
      .map((name) => `\`${name}\``)
      .join(", ");
    throw new ForeignFolderError(
      `\`${folder}\` holds files that no build made (${seen}), and a build would mix with them. Give --out a new or empty folder, or one of an earlier build.`,
    );
  }
  return manifest.files.filter((path) => isInside(path));
}

function readManifest(text: string): Pick<Manifest, "files"> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (
    typeof value !== "object" ||
    value === null ||
    !("generator" in value) ||
    value.generator !== "gatewright" ||
    !("files" in value)
  )
    return undefined;
  const { files } = value;
  return Array.isArray(files) ? { files: files.filter((path) => typeof path === "string") } : undefined;
}

/** A manifest may have been edited; nothing outside of the folder is ever removed. */
const isInside = (path: string): boolean => !/^[\\/]|^[A-Za-z]:|(^|[\\/])\.\.([\\/]|$)/.test(path) && normalize(path) !== ".";

async function removeEmptyFolders(folder: string, path: string): Promise<void> {
  for (let at = path; at !== "." && at !== ""; at = posix.dirname(at)) {
    // A folder with something in it stays.
    if (
      !(await rmdir(join(folder, at)).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
