import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What one run of the generators makes, and what is wrong with what they read. Nothing is written before `apply`. */
export class Outputs {
  readonly #files = new Map<string, string>();
  readonly #stale = new Set<string>();
  readonly #problems: string[] = [];

  /** @param path relative to the repository, with forward slashes */
  write(path: string, text: string): void {
    if (this.#files.has(path)) throw new Error(`two generators write ${path}`);
    this.#files.set(path, text.endsWith("\n") ? text : `${text}\n`);
  }

  /** A generated file whose source is gone. */
  remove(path: string): void {
    this.#stale.add(path);
  }

  /** Something a person has to mend; the other outputs are made all the same. */
  problem(text: string): void {
    this.#problems.push(text);
  }

  get problems(): readonly string[] {
    return [...new Set(this.#problems)].sort();
  }

  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Paths whose content on disk differs from what the generators make, sorted. */
  differences(root: string): string[] {
    const changed = [...this.#files].filter(([path, text]) => readIfThere(join(root, path)) !== text).map(([path]) => path);
    const left = [...this.#stale].filter((path) => existsSync(join(root, path)));
    return [...changed, ...left].sort();
  }

  /** Brings the disk up to date, touching only what differs. Returns the paths it touched. */
  apply(root: string): string[] {
    const touched = this.differences(root);
    for (const path of touched) {
      const target = join(root, path);
      const text = this.#files.get(path);
      if (text === undefined) rmSync(target);
      else {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, text);
      }
    }
    return touched;
  }
}

const readIfThere = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
