import { parseEnv } from "node:util";
import type { Disk } from "../phases/1-load/index.ts";

/** Variables of a `.env` file for the processes that this one starts. What is in the environment already counts before it. */
export class DotEnv {
  readonly #path: string;
  readonly #own = new Set<string>();
  #text: string | undefined = undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads the file again. True where it is not as it was. */
  async read(disk: Disk): Promise<boolean> {
    const isThere = (await disk.kind(this.#path)) === "file";
    const text = isThere ? Buffer.from(await disk.read(this.#path)).toString("utf8") : "";
    if (text === this.#text) return false;
    this.#text = text;
    for (const name of this.#own) delete process.env[name];
    this.#own.clear();
    for (const [name, value] of Object.entries(parseEnv(text))) {
      if (process.env[name] !== undefined || value === undefined) continue;
      process.env[name] = value;
      this.#own.add(name);
    }
    return true;
  }
}
