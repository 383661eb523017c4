import { writeError } from "./standard-error.ts";

export const logLevels = ["error", "warning", "info"] as const;
export type LogLevel = (typeof logLevels)[number];

/** The least that is written to standard error; `--log-level` sets it when the process starts. */
export const logging: { level: LogLevel } = { level: "info" };

export const isLogged = (level: LogLevel): boolean => logLevels.indexOf(level) <= logLevels.indexOf(logging.level);

/** A line about the process as a whole: that it serves, what it was told, that it ends. */
export function say(level: LogLevel, text: string): void {
  if (isLogged(level)) writeError(`gatewright: ${text}`);
}
