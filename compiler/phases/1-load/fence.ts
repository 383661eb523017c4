import { posix, sep } from "node:path";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Disk } from "./disk.ts";
import { outsideFolders } from "./messages.gen.ts";
import type { Trees } from "./references.ts";

/**
 * The folders out of which a `$ref` may read. Whoever writes a spec is often not who builds the gateway: without a fence
 * any file of the machine could be read, and shown in messages and in the public document.
 */
export class Fence {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #folders: readonly string[];
  #real: Promise<readonly string[]> | undefined;

  /** @param folders relative to the root, which is always among them */
  constructor(root: string, folders: readonly string[], disk: Disk) {
    this.#root = root;
    this.#disk = disk;
    this.#folders = [".", ...folders];
  }

  /** Symbolic links are followed first, of the file and of the folders. */
  async allows(path: string): Promise<boolean> {
    // An absolute path is reported as such when it is read: it is never looked for.
    if (posix.isAbsolute(path)) return true;
    this.#real ??= Promise.all(this.#folders.map((folder) => this.#disk.real(posix.join(this.#root, folder))));
    const [folders, file] = await Promise.all([this.#real, this.#disk.real(posix.join(this.#root, path))]);
    return folders.some((folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep));
  }
}

/** The files, of which references can reach only those inside of the fence. */
export const fenced = (files: Trees, fence: Fence, sink: DiagnosticSink): Trees => ({
  tree: (file) => files.tree(file),
  isLoaded: (file) => files.isLoaded(file),
  async load(file: string, mention: Origin) {
    if (await fence.allows(file)) return files.load(file, mention);
    sink.report(outsideFolders(mention, { file, folder: posix.dirname(file) }));
    return undefined;
  },
});
