import { clock } from "../life/clock.ts";
import { escaped } from "./json-text.ts";
import { isLogged, type LogLevel, logging } from "./level.ts";
import { LogPace } from "./pace.ts";
import { writeError } from "./standard-error.ts";

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

/** Lines with these fields, whose events are counted apart from those of others. */
export function createLog(fields: LogFields = {}): Log {
  const key = JSON.stringify(fields);
  return {
    write: (level, event, more) => writeEvent(level, event, { ...fields, ...more }, key),
    with: (more) => createLog({ ...fields, ...more }),
  };
}

/**
 * Writes a line about one event, unless there were too many like it within a minute.
 *
 * @param key what is told apart from others with the same event: one of a bounded number
 */
export function writeEvent(level: LogLevel, event: string, fields: object, key = ""): void {
  if (!isLogged(level)) return;
  logging.pace ??= new LogPace((of, what, more) => writeLine(of, what, { more }));
  if (logging.pace.allows(level, event, key)) writeLine(level, event, fields);
}

/** Writes it whatever the level is and however many there were: a change that somebody made. */
export const writeAudit = (event: string, fields: LogFields): void => writeLine("info", event, fields);

/** A line about the process as a whole: that it serves, what it was told, that it ends. */
export function say(level: LogLevel, text: string): void {
  if (isLogged(level)) writeError(logging.format === "json" ? jsonLine(level, text, {}) : `gatewright: ${text}`);
}

function writeLine(level: LogLevel, event: string, fields: object): void {
  writeError(logging.format === "text" ? textLine(level, event, fields) : jsonLine(level, event, fields));
}

export const jsonLine = (level: LogLevel, message: string, fields: object): string =>
  escaped(JSON.stringify({ time: new Date(clock.wall()).toISOString(), level, message, ...fields }));

/** For people: the event first, then its fields; a stack on lines of its own. */
function textLine(level: LogLevel, event: string, fields: object): string {
  const { stack, more, ...others } = fields as { readonly stack?: string; readonly more?: number };
  const shown = Object.entries(others).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`${name}=${typeof value === "string" && /^[\w./:-]+$/.test(value) ? value : escaped(JSON.stringify(value) ?? "")}`],
  );
  const counted = more === undefined ? "" : `… and ${more.toLocaleString("en")} more like it: `;
  const text = `${new Date(clock.wall()).toISOString()} ${level}: ${counted}${event}`;
  return `${text}${shown.length === 0 ? "" : ` (${shown.join(" ")})`}${stack === undefined ? "" : `\n${stack}`}`;
}
