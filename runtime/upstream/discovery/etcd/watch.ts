import { CallFailure } from "../../../calls/failure.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { messageOf } from "../../../life/message-of.ts";
import { type Timer, timers } from "../../../life/timers.ts";
import { fieldIn } from "../field-in.ts";
import type { Findings } from "../source.ts";
import { integerIn } from "./answers.ts";
import type { EtcdCalls } from "./etcd-calls.ts";
import { base64, behindPrefix } from "./key-range.ts";
import type { KeySet } from "./key-set.ts";
import { type Pulse, pulseOf } from "./range.ts";
import { WatchLines } from "./watch-lines.ts";

/** Milliseconds, give or take a tenth, after which all keys are read again: events were lost before (etcd#18089, #19179). */
const relistMs = 600_000;

/** Milliseconds between looks at whether the watch still tells of everything, and until it must have. */
export const pulseMs = 15_000;
const lagMs = 2_000;

/** Milliseconds for which events are gathered: many come at once. */
const gatherMs = 20;

/** Why a watch has ended. `again`: the keys are to be read again, now. `cut`: somebody has closed the connection. */
export type WatchEnd = "again" | "cut";

export interface Watched {
  readonly calls: EtcdCalls;
  readonly prefix: Buffer;
  /** Changed with each event. */
  readonly keys: KeySet;
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

/** One watch, from the revision behind that of the keys up to its end. */
export class Watch {
  readonly #watched: Watched;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  readonly #timers = new Map<string, Timer>();
  /** That it told of so far. */
  #events = 0;
  /** Rejects where it fails, or says nothing of changes. */
  readonly ended: Promise<WatchEnd>;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#signal = AbortSignal.any([watched.signal, this.#ending.signal]);
    this.ended = this.#run();
  }

  /** All keys are to be read again. */
  again(): void {
    this.#ending.abort();
  }

  async #run(): Promise<WatchEnd> {
    const { calls, prefix, keys, signal } = this.#watched;
    const lines = new WatchLines((line) => this.#take(line));
    const create_request = {
      key: base64(prefix),
      range_end: base64(behindPrefix(prefix)),
      start_revision: String(keys.revision + 1n),
      progress_notify: true,
    };
    this.#after("relist", relistMs * (0.9 + Math.random() * 0.2), () => this.again());
    this.#after("pulse", pulseMs, () => void this.#look());
    try {
      await calls.stream("/v3/watch", { create_request }, this.#signal, (chunk) => lines.add(chunk));
      return "cut";
    } catch (error) {
      // What it was ended for: to read again, a stall, or the end of everything.
      const { reason } = this.#ending.signal;
      if (reason instanceof Stalled) throw reason;
      if (this.#ending.signal.aborted && !signal.aborted) return "again";
      if (error instanceof CallFailure && error.kind === "broken") return "cut";
      throw error;
    } finally {
      // What was seen is told, also where the end came right behind it.
      if (this.#timers.has("gather") && !signal.aborted) this.#tell();
      for (const timer of this.#timers.values()) timer.cancel();
      this.#ending.abort();
    }
  }

  /** A line: `{"result":{…}}`, or `{"error":{…}}` as the last one. */
  #take(line: unknown): void {
    const result = fieldIn(line, "result");
    if (result === undefined) {
      const message = fieldIn(fieldIn(line, "error"), "message");
      throw new CallFailure(
        "status",
        `etcd ends the watch: ${typeof message === "string" ? message.slice(0, 200) : "without a reason"}`,
      );
    }
    if (fieldIn(result, "canceled") === true) {
      // Compacted: what happened since then is lost, and all keys are read again.
      if (integerIn(result, "compact_revision") > 0n) return this.again();
      const reason = fieldIn(result, "cancel_reason");
      throw new CallFailure(
        "status",
        `etcd cancels the watch: ${typeof reason === "string" ? reason.slice(0, 200) : "without a reason"}`,
      );
    }
    const { keys } = this.#watched;
    // It has lost what it had, and would be silent up to that revision.
    if (fieldIn(result, "created") === true && integerIn(fieldIn(result, "header"), "revision") < keys.revision)
      return this.again();
    const events = fieldIn(result, "events");
    if (!Array.isArray(events)) return;
    for (const event of events) keys.apply(event);
    this.#events += events.length;
    if (!this.#timers.has("gather")) this.#after("gather", gatherMs, () => this.#tell());
  }

  #tell(): void {
    const { findings, keys } = this.#watched;
    // Too many may have been found: that is no fault of the watch.
    try {
      findings.found(keys.listed);
    } catch (error) {
      findings.failed(messageOf(error));
    }
  }

  /** Whether what a range shows is what the watch told of. Nothing else tells a connection that is dead from one without news. */
  async #look(): Promise<void> {
    const { calls, prefix, signal } = this.#watched;
    try {
      if (await this.#isBehind(await pulseOf(calls, prefix, this.#signal))) {
        this.#ending.abort(new Stalled("etcd's watch does not tell of what a range shows: something in between holds it back"));
        return;
      }
      if (this.#signal.aborted) return;
      this.#tell();
      this.#after("pulse", pulseMs, () => void this.#look());
    } catch (error) {
      if (!signal.aborted) this.#ending.abort(new Stalled(messageOf(error)));
    }
  }

  /** The revision went back, or events are missing: also those that were under way when the range was read have come by then. */
  async #isBehind({ revision, count, modified }: Pulse): Promise<boolean> {
    const { keys } = this.#watched;
    const lacks = (): boolean => modified > keys.modified || count !== BigInt(keys.size);
    if (revision < keys.revision) return true;
    if (!lacks()) return false;
    const before = this.#events;
    await new Promise<void>((resolve) => this.#after("lag", lagMs, resolve));
    // With events in between, the number of keys may be another one by now, and the next look decides.
    return modified > keys.modified || (lacks() && this.#events === before);
  }

  #after(what: string, milliseconds: number, callback: () => void): void {
    const once = contained(logged("a watch of etcd was not looked after"), (): void => {
      this.#timers.delete(what);
      callback();
    });
    this.#timers.set(what, timers.after(milliseconds, logged("a watch of etcd was not looked after"), once));
  }
}

class Stalled extends Error {
  override readonly name = "Stalled";
}
