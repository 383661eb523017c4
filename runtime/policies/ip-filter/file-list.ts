import { FollowedFiles } from "../../files/followed-files.ts";
import type { Life } from "../../life/life.ts";
import { blocksOf, setOf } from "./list-text.ts";
import { InForce, type LiveList, longestList } from "./live-list.ts";

export interface FileListConfig {
  readonly file: string;
  readonly required: boolean;
}

export const createFileList = (config: FileListConfig): LiveList => new FileList(config);

/** Each process reads the file for itself. */
class FileList implements LiveList {
  declare readonly __made: true;
  readonly source: string;
  readonly required: boolean;
  readonly inForce = new InForce();
  readonly #file: string;

  constructor({ file, required }: FileListConfig) {
    this.#file = file;
    this.source = `file ${file}`;
    this.required = required;
  }

  async follow(life: Life): Promise<void> {
    const files = new FollowedFiles(
      {
        paths: [this.#file],
        what: "list of addresses",
        maxBytes: longestList,
        parse: async ([text]) => {
          const blocks = blocksOf(text!);
          return { set: await setOf(blocks), entries: blocks.length };
        },
        apply: ({ set, entries }) => this.inForce.replace(set, entries, life.clock.wall()),
      },
      undefined,
    );
    if (this.required) await files.first();
    files.follow(life);
  }
}
