// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { ScriptKey } from "./caller-keys.ts";
import { bulk, encoded } from "./command.ts";
import type { LimitScript } from "./scripts/script.ts";

/** One run of a script. */
export interface ScriptRun {
  readonly key: ScriptKey;
  /** Its name and its three numbers, with blanks between. */
  readonly operation: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** For a server that does not know the script. */
  readonly isWhole: boolean;
}

/** The commands that run a script. What is the same as in the one before is not encoded again. */
export class ScriptText {
  readonly #script: LimitScript;
  readonly #digest: string;
  #operation = "";
  #arguments: readonly string[] = [];
  /** What stands before the key and behind it, for these two. */
  #head = "";
  #tail = "";

  constructor(script: LimitScript) {
    this.#script = script;
    // By this name a server knows a script (EVALSHA).
    this.#digest = crypto.hash("sha1", script.lua, "hex");
  }

  args({ key, operation, now, isWhole }: ScriptRun): readonly string[] {
    const script = isWhole ? this.#script.lua : this.#digest;
    return [script, "1", key.name, ...operation.split(" "), ...this.#script.arguments(now)];
  }

  encoded(run: ScriptRun): string {
    if (run.isWhole) return encoded(["eval", ...this.args(run)]);
    const own = this.#script.arguments(run.now);
    const { operation } = run;
    if (own !== this.#arguments || operation !== this.#operation) {
      const before = ["evalsha", this.#digest, "1"];
      const behind = [...operation.split(" "), ...own];
      this.#head = `*${before.length + 1 + behind.length}\r\n${before.map(bulk).join("")}`;
      this.#tail = behind.map(bulk).join("");
      this.#operation = operation;
      this.#arguments = own;
    }
    return `${this.#head}${run.key.encoded}${this.#tail}`;
  }
}
