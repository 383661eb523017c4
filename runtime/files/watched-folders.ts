import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { contained, logged } from "../life/boundary.ts";

interface Watched {
  readonly watcher: FSWatcher;
  /** Which folder it is: another one may be put in its place, whose changes nobody would hear of. */
  readonly identity: string;
}

/**
 * Tells when something changes in the folders of some files. Folders and not the files: Kubernetes swaps a symbolic link
 * beside them, editors and certbot put new files in the place of the old ones. It is a hint, no more: NFS, overlays and
 * mounted single files say nothing.
 */
export class WatchedFolders {
  readonly #folders: readonly string[];
  readonly #onChange: () => void;
  readonly #watched = new Map<string, Watched>();
  #isOver = false;

  constructor(paths: readonly string[], onChange: () => void) {
    this.#folders = [...new Set(paths.map((path) => dirname(path)))];
    this.#onChange = onChange;
  }

  /** Watches what is not watched yet, or was replaced. */
  async renew(): Promise<void> {
    for (const folder of this.#folders) await this.#renew(folder);
  }

  async #renew(folder: string): Promise<void> {
    const identity = await identityOf(folder);
    if (this.#isOver || identity === this.#watched.get(folder)?.identity) return;
    this.#forget(folder);
    if (identity === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false });
      const change = contained(logged("a change of files was not seen"), (): void => this.#onChange());
      const forget = contained(logged("a folder is watched no more"), (): void => this.#forget(folder));
      watcher.on("change", change).on("error", forget);
      this.#watched.set(folder, { watcher, identity });
    } catch {
      // No watch is to be had (ENOSPC, EACCES, Node's permission model): the regular look is left.
    }
  }

  #forget(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }

  close(): void {
    this.#isOver = true;
    for (const folder of this.#folders) this.#forget(folder);
  }
}

async function identityOf(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
