import type { LogLevel } from "./level.ts";

/** Lines of the gateway about itself: one event each, with fields that machines can search for. */
export interface Log {
  /**
   * `event`: what happened, in words that do not change (`list fetched`): rates are limited by it, and searches look for it.
   * `fields`: never a secret.
   */
  write(level: LogLevel, event: string, fields?: LogFields): void;
  /** The same with these fields on each line. */
  with(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;
