import { isLogged, type LogLevel } from "../log/level.ts";
import type { Log, LogFields } from "../log/log.ts";
import { writeError } from "../log/standard-error.ts";
import { clock } from "./clock.ts";

/** Lines of a living thing: JSON on standard error. */
export const createLifeLog = (common: LogFields = {}): Log => ({
  write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (!isLogged(level)) return;
    writeError(JSON.stringify({ time: new Date(clock.wall()).toISOString(), level, message: event, ...common, ...fields }));
  },
  with: (fields) => createLifeLog({ ...common, ...fields }),
});
