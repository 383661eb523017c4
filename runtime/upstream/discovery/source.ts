import type { Life } from "../../life/life.ts";
import type { Entry, Listed } from "./member.ts";

/** Where the endpoints of a service are listed. */
export interface EndpointSource {
  readonly __made: true;
  /** As operators know it, without what is secret: `file /etc/gateway/orders.json`. */
  readonly description: string;
  /** Looks up to the end of `tenure`, in one process of the group, and tells `findings` what it finds each time. */
  follow(tenure: Life, findings: Findings): Look;
}

/** Whom a source tells what it found. */
export interface Findings {
  /**
   * All endpoints that there are now, also where they are as they were. Throws where they cannot be right; of a long list,
   * which is read in slices, that is told later, as if it had `failed`.
   */
  found(entries: readonly Entry[]): void;
  /**
   * What is to be kept of an entry until all are there: of what thousands are read from, each piece that stays moves in memory several
   * times. One that is of no use is left as it is, to be reported with the others.
   */
  read(listed: Listed): Entry;
  /** It could not be found out. What was known stays. `failure`: what happened, and what to do about it. */
  failed(failure: string): void;
}

/** How a source is asked to look before its time. */
export interface Look {
  soon(): void;
}
