import type { CidrSet } from "../../addresses/cidr.ts";
import type { Life } from "../../life/life.ts";

/** A list of blocks that is replaced while the gateway runs. */
export interface LiveList {
  readonly __made: true;
  /** As people know it: `file blocks.txt`, `https://lists.example.com/blocks`. */
  readonly source: string;
  /** The gateway waits for it before it listens. */
  readonly required: boolean;
  readonly inForce: InForce;
  /** In every process. Resolves when there is a list; rejects where that is settled not to come. */
  follow(life: Life): Promise<void>;
  /** In one process of the group. */
  fetch?(tenure: Life): void;
  stop?(): void;
}

/** What counts at the moment, and what people want to know of it. */
export class InForce {
  /** Undefined until a first list is there. */
  set: CidrSet | undefined = undefined;
  /** Entries of the list, as it was written. */
  entries = 0;
  /** Milliseconds since the epoch. */
  since = 0;

  replace(set: CidrSet, entries: number, now: number): void {
    this.set = set;
    this.entries = entries;
    this.since = now;
  }
}

/** Bytes of a list at most: some million addresses. */
export const longestList = 64 * 1024 * 1024;
