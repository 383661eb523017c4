import { FollowedFiles } from "../../files/followed-files.ts";
import type { Life } from "../../life/life.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { readKeySet } from "../jose/key-set.ts";
import { longestKeySet, parsedKeySet } from "./key-set-text.ts";
import { type KeySource, KeysInForce, usableKeys } from "./key-source.ts";

export interface FileKeysConfig {
  readonly file: string;
  readonly algorithms: readonly Algorithm[];
}

export const createFileKeys = (config: FileKeysConfig): KeySource => new FileKeys(config);

/** Each process reads the file for itself. */
class FileKeys implements KeySource {
  declare readonly __made: true;
  readonly source: string;
  readonly inForce = new KeysInForce();
  readonly #config: FileKeysConfig;

  constructor(config: FileKeysConfig) {
    this.#config = config;
    this.source = `file ${config.file}`;
  }

  async follow(life: Life): Promise<void> {
    const { file, algorithms } = this.#config;
    const files = new FollowedFiles(
      {
        paths: [file],
        what: "key set",
        maxBytes: longestKeySet,
        parse: ([text]) => {
          const set = readKeySet(parsedKeySet(text!), algorithms);
          const keys = usableKeys(set);
          if (typeof set === "object")
            for (const { key, why } of set.skipped) life.log.write("warning", "key skipped", { file, key, reason: why });
          return keys;
        },
        apply: (keys) => {
          this.inForce.staleAt = Number.POSITIVE_INFINITY;
          this.inForce.replace(keys, life.clock.wall());
        },
      },
      undefined,
    );
    await files.first();
    files.follow(life);
  }
}
