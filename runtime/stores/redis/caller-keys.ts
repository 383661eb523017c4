// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { keptText } from "../../exchange/kept-text.ts";
import { bulk, type CommandKey } from "./command.ts";

/** Callers of a generation: those that came lately are in one of two. */
const most = 5000;

/** The key of a caller, also as it is sent. */
export interface ScriptKey extends CommandKey {
  readonly encoded: string;
}

const hash = (text: string): string => crypto.hash("sha256", text, "base64url");

/**
 * The keys of the callers of one limit: `gw:{limit:caller}:layout`, both as hashes, so that what stands in the braces has no
 * braces, and all keys are short. Those of callers that come again and again are not worked out again and again.
 */
export class CallerKeys {
  readonly #before: string;
  readonly #behind: string;
  #young = new Map<string, ScriptKey>();
  #old = new Map<string, ScriptKey>();

  /** `version`: of the layout of what is kept. */
  constructor(prefix: string, limit: string, version: string) {
    this.#before = `${prefix}{${hash(limit).slice(0, 12)}:`;
    this.#behind = `}:${version}`;
  }

  of(caller: string): ScriptKey {
    const known = this.#young.get(caller);
    if (known !== undefined) return known;
    const key = this.#old.get(caller) ?? this.#make(caller);
    if (this.#young.size >= most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keptText(caller), key);
    return key;
  }

  #make(caller: string): ScriptKey {
    const name = `${this.#before}${hash(caller).slice(0, 22)}${this.#behind}`;
    return { name, slot: undefined, encoded: bulk(name) };
  }
}
