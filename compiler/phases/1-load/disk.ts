import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

/** What the loader needs of a file system. Paths are those given to `load`, joined with forward slashes. */
export interface Disk {
  /** `other`: neither file nor folder, such as a socket. */
  kind(path: string): Promise<"file" | "folder" | "other" | "missing">;
  /** Bytes of the file. Rejects with an error whose message tells the reason. */
  read(path: string): Promise<Uint8Array>;
  /** Absolute path behind all symbolic links; of what is not there, as far as its folders are. */
  real(path: string): Promise<string>;
  /** Names in a folder; empty where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

/** The file system of the machine. */
export const nodeDisk: Disk = {
  async kind(path) {
    try {
      const found = await stat(path);
      return found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
    } catch (error) {
      // Only these say that there is nothing; the reading tells the reason of any other failure.
      return ["ENOENT", "ENOTDIR"].includes(codeOf(error)) ? "missing" : "file";
    }
  },
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      throw new Error(reasons[codeOf(error)] ?? (error instanceof Error ? error.message.split(/[:,] /)[0] : "unknown reason"));
    }
  },
  async real(path) {
    const absolute = resolve(path);
    for (let folder = absolute; ; folder = dirname(folder)) {
      try {
        return join(await realpath(folder), relative(folder, absolute));
      } catch {
        if (dirname(folder) === folder) return absolute;
      }
    }
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch {
      return [];
    }
  },
};

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its symbolic links form a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ERR_INVALID_ARG_VALUE: "its name holds a NUL character",
  ERR_FS_FILE_TOO_LARGE: "it is too large",
};

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";

/** Folder that paths in memory are taken to be relative to, deep enough for every `..` to lead somewhere. */
const memoryRoot = `/${"memory/".repeat(32)}`;

/** Files that exist in memory only, by path; with `below`, whatever is not among them is looked up there. */
export function memoryDisk(files: ReadonlyMap<string, string | Uint8Array>, below?: Disk): Disk {
  const children = (folder: string): string[] => {
    const prefix = folder === "." || folder === "" ? "" : `${folder}/`;
    const names = [...files.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split("/")[0]!);
    return [...new Set(names)].sort();
  };
  return {
    async kind(path) {
      if (files.has(path)) return "file";
      if (children(path).length > 0) return "folder";
      return below === undefined ? "missing" : below.kind(path);
    },
    async read(path) {
      if (path.includes("\0")) throw new Error(reasons.ERR_INVALID_ARG_VALUE);
      const content = files.get(path);
      if (content !== undefined) return typeof content === "string" ? Buffer.from(content) : content;
      if (below !== undefined) return below.read(path);
      throw new Error(`there is no file ${dirname(path)}`);
    },
    real: async (path) => (below === undefined ? resolve(memoryRoot, path) : below.real(path)),
    async list(folder) {
      return [...new Set([...children(folder), ...(below === undefined ? [] : await below.list(folder))])].sort();
    },
  };
}
