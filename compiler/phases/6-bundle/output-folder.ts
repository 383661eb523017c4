import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize, posix } from "node:path";
import type { Manifest } from "./manifest.ts";

/** The output folder holds files that no build of ours made. */
export class ForeignFolderError extends Error {
  override readonly name = "ForeignFolderError";
}

/** The file system does not let a file of the build be written. What was there is as it was. */
export class UnwritableFolderError extends Error {
  override readonly name = "UnwritableFolderError";
}

export const manifestFile = "manifest.json";

/**
 * Writes the files of a build: all of them into a new folder beside, then each into its place, the manifest last, so
 * that no reader meets half a file. Files that an earlier build made and this one does not are removed. Where one cannot
 * be written, the earlier build stays whole.
 *
 * @throws ForeignFolderError where the folder is neither empty nor made by a build
 * @throws UnwritableFolderError where the file system refuses
 */
export async function writeOutput(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await replaceBuild(folder, files);
  } catch (error) {
    if (error instanceof ForeignFolderError || !(error instanceof Error) || !("code" in error)) throw error;
    const reason = error.message.replace(/^[A-Z]+: /, "");
    throw new UnwritableFolderError(
      `The build cannot be written to \`${folder}\`: ${reason}. What was there is unchanged. Give --out a folder that may be written to.`,
      { cause: error },
    );
  }
}

async function replaceBuild(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const earlier = await earlierFiles(folder);
  await mkdir(folder, { recursive: true });
  const staging = join(folder, `.gatewright-${randomUUID()}`);
  const paths = [...files.keys()].sort((a, b) => Number(a === manifestFile) - Number(b === manifestFile) || (a < b ? -1 : 1));
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(join(staging, "new", path)), { recursive: true });
      await writeFile(join(staging, "new", path), content);
    }
    for (const path of paths) await mkdir(dirname(join(folder, path)), { recursive: true });
    const kept = await keepCopies(folder, paths, join(staging, "old"));
    const placed: string[] = [];
    try {
      for (const path of paths) {
        await rename(join(staging, "new", path), join(folder, path));
        placed.push(path);
      }
    } catch (error) {
      for (const path of placed) {
        if (kept.has(path)) await rename(join(staging, "old", path), join(folder, path));
        else await rm(join(folder, path), { force: true });
      }
      throw error;
    }
  } finally {
    // What keeps it from being removed kept the files from being written, which is said already.
    await rm(staging, { recursive: true, force: true }).catch(() => {});
  }
  for (const path of earlier) {
    if (files.has(path)) continue;
    await rm(join(folder, path), { force: true });
    await removeEmptyFolders(folder, posix.dirname(path));
  }
}

/** Copies what is about to be replaced; a folder in the place of a file stops the build before anything has changed. */
async function keepCopies(folder: string, paths: readonly string[], to: string): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  for (const path of paths) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    const isThere = await copyFile(join(folder, path), join(to, path)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (isThere) kept.add(path);
  }
  return kept;
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
