import { type FileHandle, open } from "node:fs/promises";
import { whyUnreadable } from "./why-unreadable.ts";

/** Bytes of some files, and what tells this state of them from another one without reading them. */
export interface ReadFiles {
  readonly contents: readonly Buffer[];
  readonly signature: string;
}

/**
 * Reads files of at most so many bytes each, unless they are as `signature` says. Undefined: they are. What is written
 * meanwhile changes the signature, so that half a file is read again. Rejects with an `Error` that names the file and the
 * remedy.
 */
export async function readChangedFiles(
  paths: readonly string[],
  maxBytes: number,
  signature: string | undefined,
): Promise<ReadFiles | undefined> {
  const opened: FileHandle[] = [];
  try {
    const found: string[] = [];
    for (const path of paths) {
      const file = await named(path, () => open(path, "r"));
      opened.push(file);
      const { dev, ino, size, mtimeNs, ctimeNs } = await named(path, () => file.stat({ bigint: true }));
      if (size > maxBytes) throw new Error(`file ${path} has ${size} bytes, and ${maxBytes} are read at most`);
      found.push([dev, ino, size, mtimeNs, ctimeNs].join(" "));
    }
    if (found.join() === signature) return undefined;
    const contents: Buffer[] = [];
    for (const [index, file] of opened.entries()) contents.push(await named(paths[index]!, () => file.readFile()));
    return { contents, signature: found.join() };
  } finally {
    for (const file of opened) await file.close();
  }
}

async function named<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`file ${path} cannot be read${whyUnreadable(error, path, "it")}`);
  }
}
