import { onTestFinished } from "vitest";
import type { Life } from "../../../runtime/life/life.ts";
import { Repeat } from "../../../runtime/life/repeat.ts";
import type { Log } from "../../../runtime/log/log.ts";
import type { Listed } from "../../../runtime/upstream/discovery/member.ts";
import type { EndpointSource, Look } from "../../../runtime/upstream/discovery/source.ts";

/** What a source told of. */
export interface Told {
  listed: readonly Listed[] | undefined;
  /** Undefined again once it was found out what there is. */
  failure: string | undefined;
  readonly failures: string[];
  /** How often it was found out. */
  times: number;
  /** The fewest endpoints that it ever told of. */
  fewest: number;
}

export interface Following {
  readonly told: Told;
  readonly look: Look;
  /** Addresses that are known, sorted. */
  addresses(): readonly unknown[];
  stop(): void;
}

/** Follows a source as the process does that finds the endpoints for its group. Ends with the test. */
export function following(source: EndpointSource, write: Log["write"] = () => {}): Following {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const log: Log = { write, with: () => log };
  const every: Life["every"] = (milliseconds, work) => new Repeat({ milliseconds, work, signal: ending.signal, log });
  const told: Told = { listed: undefined, failure: undefined, failures: [], times: 0, fewest: Number.POSITIVE_INFINITY };
  // A source uses nothing else of it.
  const look = source.follow({ every, log, signal: ending.signal } as unknown as Life, {
    read: (listed) => listed,
    found(entries) {
      // As `read` leaves them.
      const listed = entries as readonly Listed[];
      told.listed = listed;
      told.failure = undefined;
      told.times++;
      told.fewest = Math.min(told.fewest, listed.length);
    },
    failed(failure) {
      told.failure = failure;
      told.failures.push(failure);
    },
  });
  return {
    told,
    look,
    addresses: () => (told.listed ?? []).map(({ address }) => address).toSorted(),
    stop: () => ending.abort(),
  };
}
