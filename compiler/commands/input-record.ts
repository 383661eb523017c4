import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Disk, nodeDisk } from "../phases/1-load/index.ts";

/** A disk that remembers what was asked of it, to tell later whether a new answer would differ. */
export class InputRecord {
  readonly disk: Disk;
  readonly #states = new Map<string, string>();

  constructor(below: Disk = nodeDisk) {
    // The state is taken before the file is read, so that a change in between counts as one.
    this.disk = {
      kind: (path) => {
        this.#remember(path);
        return below.kind(path);
      },
      read: (path) => {
        this.#remember(path);
        return below.read(path);
      },
      real: (path) => below.real(path),
      list: (folder) => below.list(folder),
    };
  }

  /** Whether a file that was read, or looked for, has changed, gone or come since. */
  changed(): boolean {
    for (const [path, state] of this.#states) if (stateOf(path) !== state) return true;
    return false;
  }

  /** Folders in which something happens when a file changes, goes or comes; sorted. */
  folders(): string[] {
    return [...new Set([...this.#states.keys()].map(existingParent))].sort();
  }

  #remember(path: string): void {
    const absolute = resolve(path);
    if (!this.#states.has(absolute)) this.#states.set(absolute, stateOf(absolute));
  }
}

function stateOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "missing" : `${found.ino} ${found.size} ${found.mtimeNs}`;
}

function existingParent(path: string): string {
  let folder = dirname(path);
  while (statSync(folder, { throwIfNoEntry: false }) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
