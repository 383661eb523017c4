import type { LogPace } from "./pace.ts";

export const logLevels = ["error", "warning", "info"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ["json", "text"] as const;
export type LogFormat = (typeof logFormats)[number];

/** How this process writes to standard error. */
export const logging: {
  /** The least that is written; `--log-level` sets it when the process starts, and the admin API while it runs. */
  level: LogLevel;
  /**
   * Undefined: what the process as a whole does is said in sentences, and each event is a JSON line. That is how it was
   * before there was a choice, and collectors of logs rest on it: they parse what begins with `{` and show the rest.
   */
  format: LogFormat | undefined;
  /** Made for the first line. */
  pace: LogPace | undefined;
} = { level: "info", format: undefined, pace: undefined };

export const isLogged = (level: LogLevel): boolean => logLevels.indexOf(level) <= logLevels.indexOf(logging.level);
