import { Inbox } from "./inbox.ts";
import { Outbox, type Wire } from "./outbox.ts";
import type { Candidate } from "./owners.ts";

/** One process of a group, as its primary knows it. */
export class Member implements Candidate {
  readonly id: number;
  readonly index: number;
  readonly generation: number;
  readonly outbox: Outbox;
  readonly inbox = new Inbox();
  owned: ReadonlySet<string> = new Set();
  /** It has everything that it needs to start, and may be named for things. */
  hasJoined = false;
  serves = false;
  /** It takes no more requests, and is named for nothing. */
  isLeaving = false;

  constructor(id: number, index: number, generation: number, wire: Wire) {
    this.id = id;
    this.index = index;
    this.generation = generation;
    this.outbox = new Outbox(wire);
  }
}
