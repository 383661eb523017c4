import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The folder that `dev` serves from. It is its own: what an earlier process left there is removed. */
export class DevelopmentFolder {
  readonly path: string;
  #files: ReadonlyMap<string, string> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Writes what differs from the files before. Returns whether the gateway runs other code than before. */
  async write(files: ReadonlyMap<string, string>): Promise<boolean> {
    const before = this.#files ?? new Map<string, string>();
    if (this.#files === undefined) await rm(this.path, { recursive: true, force: true });
    this.#files = undefined;
    let isOther = false;
    for (const [file, text] of files) {
      const known = before.get(file);
      if (known === text) continue;
      await replaceFile(join(this.path, file), text);
      isOther ||= !file.endsWith(".map") && (known === undefined || withoutComments(known) !== withoutComments(text));
    }
    for (const file of before.keys()) {
      if (files.has(file)) continue;
      await rm(join(this.path, file), { force: true });
      isOther = true;
    }
    this.#files = files;
    return isOther;
  }
}

/** A worker that starts meanwhile finds the one or the other, never a part of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/**
 * Comments of emitted code are lines of their own. They name places, which move with every line that is added above. Not
 * among them: the marks of pure calls, which stand in front of code.
 */
const withoutComments = (text: string): string => text.replaceAll(/^ *(?:\/\/.*|\/\*\* .* \*\/)\n/gm, "");
