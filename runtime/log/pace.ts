import { clock } from "../life/clock.ts";
import type { LogLevel } from "./level.ts";

/** Milliseconds after which each event may be written anew. */
const span = 60_000;
/** Lines of each event in that time: one a second on average. */
const mostLines = 60;
/** Events that are told apart in that time; further ones share an entry. */
const mostEvents = 1_000;

interface Paced {
  readonly level: LogLevel;
  readonly event: string;
  lines: number;
  /** Lines that were not written. */
  more: number;
}

/**
 * Keeps one event from filling the log: of a service that is down, each request would write a line. What was not written is
 * counted, and the count is written when its time is over.
 */
export class LogPace {
  readonly #paced = new Map<string, Paced>();
  readonly #report: (level: LogLevel, event: string, more: number) => void;
  #since = clock.monotonic();
  #timer: NodeJS.Timeout | undefined = undefined;

  /** `report` writes how many lines more there would have been. */
  constructor(report: (level: LogLevel, event: string, more: number) => void) {
    this.#report = report;
  }

  /** `key`: what is told apart from others with the same event. */
  allows(level: LogLevel, event: string, key: string): boolean {
    if (clock.monotonic() - this.#since >= span) this.flush();
    const paced = this.#of(level, event, key);
    if (++paced.lines <= mostLines) return true;
    paced.more++;
    this.#timer ??= setTimeout(this.#end, span).unref();
    return false;
  }

  /** Writes what was counted, and counts anew. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = clock.monotonic();
    const paced = [...this.#paced.values()];
    this.#paced.clear();
    for (const { level, event, more } of paced) if (more > 0) this.#report(level, event, more);
  }

  readonly #end = (): void => {
    try {
      this.flush();
    } catch {
      // The log itself failed; there is no place to say so.
    }
  };

  #of(level: LogLevel, event: string, key: string): Paced {
    const known = this.#paced.get(`${event} ${key}`);
    if (known !== undefined) return known;
    const isFull = this.#paced.size >= mostEvents;
    const name = isFull ? "" : `${event} ${key}`;
    const shared = this.#paced.get(name);
    if (shared !== undefined) return shared;
    const fresh: Paced = { level, event: isFull ? "other events" : event, lines: 0, more: 0 };
    this.#paced.set(name, fresh);
    return fresh;
  }
}
