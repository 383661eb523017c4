import { isIP } from "node:net";
import type { NumberIr } from "../ir/config.ts";
import { parseLocalTime } from "./local-time.ts";
import { settingPattern, withDefaults } from "./setting.ts";

/**
 * The named formats of text in configuration files. Phase 1 refuses text that is not of its format, so the parsers are
 * given checked text only and throw otherwise.
 */

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `250ms`, `5s`, `1m`, `2h`, `7d` → milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw notOfFormat(text, "duration");
  return Number(match[1]) * durationUnits[match[2]!]!;
}

/** `512B`, `64KiB`, `1MiB`, `2GiB` → bytes. */
export function parseSize(text: string): number {
  const match = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text);
  if (match === null) throw notOfFormat(text, "size");
  return Number(match[1]) * sizeUnits[match[2]!]!;
}

export interface Rate {
  readonly limit: number;
  /** Of a month: that of a long one. */
  readonly windowMs: number;
  /** What a calendar calls the span, where it has a word for it. */
  readonly calendar?: "hour" | "day" | "month";
}

/** `100/s`, `20/m`, `1000/h`, `5000/d`, `100000/month`; also a multiple of the unit: `10/30s`. */
export function parseRate(text: string): Rate {
  const match = /^([1-9]\d{0,8})\/(?:([1-9]\d{0,5})?(s|m|h|d)|(month))$/.exec(text);
  if (match === null) throw notOfFormat(text, "rate");
  const limit = Number(match[1]);
  const unit = match[3];
  if (unit === undefined) return { limit, windowMs: 31 * durationUnits.d!, calendar: "month" };
  const count = Number(match[2] ?? 1);
  const calendar = count > 1 ? undefined : unit === "h" ? "hour" : unit === "d" ? "day" : undefined;
  return { limit, windowMs: count * durationUnits[unit]!, ...(calendar === undefined ? {} : { calendar }) };
}

/** `2026-12-01` → seconds since the epoch at the start of that day, UTC. */
export function parseDate(text: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Some engines roll 2026-02-30 over into March.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== text) throw notOfFormat(text, "date");
  return milliseconds / 1000;
}

/** `2026-12-01T09:00:00+01:00` (RFC 3339 §5.6, with an offset) → milliseconds since the epoch. */
export function parseInstant(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(text);
  if (match === null) throw notOfFormat(text, "instant");
  parseDate(match[1]!);
  return Date.parse(text);
}

/** A share from 0 to 1. */
export function parsePercentage(text: string): number {
  const match = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text);
  if (match === null || Number(match[1]) > 100) throw notOfFormat(text, "percentage");
  return Number(match[1]) / 100;
}

export interface Format {
  /** What a value is called in a message: `a duration`. */
  readonly noun: string;
  /** Right values, for the help line. */
  readonly example: string;
  /** Where the value has to be of another kind: what text of the format is called there, instead of the noun. */
  readonly asKind?: string;
  /** A regular expression for editors, which matches all text of the format and little else. */
  readonly pattern?: string;
  /** `${env:NAME}` is read in it when the gateway starts. */
  readonly settings?: boolean;
  matches(text: string): boolean;
}

/** By the name that schemas use under `format`. */
export const formats: Readonly<Record<string, Format>> = {
  duration: {
    pattern: "^[0-9]{1,9}(ms|s|m|h|d)$",
    noun: "a duration",
    example: "`5s`, `250ms`, `1m`, `2h`",
    matches: succeeds(parseDuration),
  },
  size: {
    pattern: "^[0-9]{1,9}(B|KiB|MiB|GiB)$",
    noun: "a size",
    example: "`1MiB`, `64KiB`, `512B`",
    matches: succeeds(parseSize),
  },
  percentage: {
    pattern: "^[0-9]{1,3}(\\.[0-9]{1,4})?%$",
    noun: "a percentage",
    example: "`50%`, `0.5%`",
    matches: succeeds(parsePercentage),
  },
  rate: {
    pattern: "^[1-9][0-9]{0,8}/(([1-9][0-9]{0,5})?(s|m|h|d)|month)$",
    noun: "a rate",
    example: "`100/s`, `20/m`, `1000/h`",
    matches: succeeds(parseRate),
  },
  date: { noun: "a date", example: "`2026-12-01`", matches: succeeds(parseDate) },
  "local-time": {
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
    noun: "a date and time without a time zone",
    example: "`2027-02-01T10:00`",
    matches: succeeds(parseLocalTime),
  },
  instant: {
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$",
    noun: "a time with its offset from UTC",
    example: "`2026-12-01T09:00:00+01:00`, `2026-12-01T08:00:00Z`",
    matches: succeeds(parseInstant),
  },
  cidr: {
    pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$",
    noun: "an address or CIDR block",
    example: "`10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`",
    matches: isCidr,
  },
  peer: {
    pattern: "^(unix|[0-9A-Fa-f:.]+(/[0-9]{1,3})?)$",
    noun: "an address, a CIDR block or `unix`",
    example: "`10.0.0.0/8`, `2001:db8::/32`, `unix`",
    matches: (text) => text === "unix" || isCidr(text),
  },
  method: {
    pattern: "^[!#$%&'*+.^_`|~0-9A-Z-]+$",
    noun: "a method in capital letters",
    example: "`GET`, `POST`",
    matches: (text) => isToken(text) && text === text.toUpperCase(),
  },
  "header-name": {
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    noun: "a name of a header field",
    example: "`X-Request-Id`",
    matches: isToken,
  },
  "host-pattern": {
    pattern: "^((\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f:.]+\\])$",
    noun: "a host name without scheme and port",
    example: "`api.example.com`, `*.example.com`",
    matches: isHostPattern,
  },
  "host-name": {
    pattern: "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$",
    noun: "a host name without scheme, port and wildcard",
    example: "`orders.internal`",
    matches: (text) => isHostPattern(text) && !/^[*[]/.test(text) && isIP(text) === 0,
  },
  "dns-server": {
    noun: "an address of a DNS server",
    example: "`10.0.0.53`, `127.0.0.1:5353`, `[2001:db8::53]:53`, `${env:DNS_SERVER}`",
    settings: true,
    matches: isDnsServer,
  },
  "path-prefix": { pattern: "^/[^\\s?#*]*$", noun: "a path", example: "`/catalog`, `/{version}`", matches: isPathPrefix },
  "path-template": {
    pattern: "^/",
    noun: "a path template",
    example: "`/orders/{orderId}`, `/legacy/**`",
    matches: (text) => text.startsWith("/"),
  },
  endpoint: {
    pattern: "^(https?://|\\$\\{env:)",
    noun: "an `http` or `https` URL without query, fragment and credentials",
    example: "`http://orders:8080`, `${env:ORDERS_URL}`",
    settings: true,
    matches: isEndpoint,
  },
  // Parsed and type-checked against the operation later; here it only must not be empty.
  expression: {
    noun: "a CEL expression",
    asKind: "text",
    example: "`'admin' in identity.roles`",
    matches: (text) => text.trim() !== "",
  },
  setting: {
    noun: "text whose `${…}` is a setting",
    asKind: "text",
    example: "`${env:NAME}`",
    settings: true,
    matches: hasOnlySettings,
  },
  port: {
    noun: "a port",
    asKind: "text with `${env:NAME}`",
    example: '`8080`, `"${env:PORT}"`',
    settings: true,
    matches: isPort,
  },
  "duration-setting": {
    pattern: "^([0-9]{1,9}(ms|s|m|h|d)|.*\\$\\{env:.*)$",
    noun: "a duration",
    example: "`5s`, `1m`, `${env:NAME:-5s}`",
    settings: true,
    matches: orSetting(succeeds(parseDuration)),
  },
  "size-setting": {
    pattern: "^([0-9]{1,9}(B|KiB|MiB|GiB)|.*\\$\\{env:.*)$",
    noun: "a size",
    example: "`64KiB`, `1MiB`, `${env:NAME:-1MiB}`",
    settings: true,
    matches: orSetting(succeeds(parseSize)),
  },
  "count-setting": {
    noun: "a whole number",
    asKind: "text with `${env:NAME}`",
    example: '`100`, `"${env:NAME:-100}"`',
    settings: true,
    matches: orSetting((text) => /^[1-9]\d{0,6}$/.test(text)),
  },
  uri: { noun: "an absolute URI", example: "`https://example.com/docs`", matches: (text) => URL.canParse(text) },
};

/** RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

export function isCidr(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes("%")) return false;
  return length === undefined || (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}

/** Every `${` begins a well-formed `${env:NAME}` or `${env:NAME:-default}`. */
export function hasOnlySettings(text: string): boolean {
  return !text.replaceAll(settingPattern, "").includes("${");
}

/** Digits up to 65535, or what can become that when the gateway starts. */
function isPort(text: string): boolean {
  if (!hasOnlySettings(text) || !hasFittingDefaults(text, isPort)) return false;
  const fixed = text.replaceAll(settingPattern, "");
  return /^\d{0,5}$/.test(fixed) && (fixed !== text || (text !== "" && Number(text) <= 65_535));
}

/** Where every setting has a default, the text with these has to be right as well. */
function hasFittingDefaults(text: string, matches: (text: string) => boolean): boolean {
  const filled = withDefaults(text);
  return filled === undefined || filled === text || matches(filled);
}

/** One setting and nothing else, or what it stands for. */
function orSetting(matches: (text: string) => boolean): (text: string) => boolean {
  return (text) =>
    text.startsWith("${env:") ? text.replace(settingPattern, "") === "" && hasFittingDefaults(text, matches) : matches(text);
}

function isHostPattern(text: string): boolean {
  const host = text.startsWith("*.") ? text.slice(2) : text;
  if (/^\[[0-9A-Fa-f:.]+\]$/.test(host)) return isIP(host.slice(1, -1)) === 6 && host === text;
  return (
    host.length <= 253 &&
    /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/.test(host)
  );
}

function isDnsServer(text: string): boolean {
  if (text.includes("${env:")) return hasOnlySettings(text) && hasFittingDefaults(text, isDnsServer);
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isIP(text) !== 0 || (isIP(bracketed ?? plain ?? "") !== 0 && Number(port ?? 53) <= 65_535);
}

function isPathPrefix(text: string): boolean {
  return text.startsWith("/") && !/[\s?#*]/.test(text);
}

function isEndpoint(text: string): boolean {
  if (!hasOnlySettings(text) || !hasFittingDefaults(text, isEndpoint)) return false;
  // What stands in front of a setting decides: a leading one may hold scheme, host and port.
  if (text.startsWith("${env:")) return true;
  const sample = text.replaceAll(settingPattern, "1");
  if (!/^https?:\/\//.test(sample) || !URL.canParse(sample)) return false;
  const url = new URL(sample);
  // An empty label (RFC 1034 §3.1): `http://orders..internal`.
  return url.username === "" && url.password === "" && !/[?#]/.test(sample) && !/(^|\.)\./.test(url.hostname);
}

function succeeds(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
}

const notOfFormat = (text: string, format: string): Error => new Error(`not a ${format}: ${text}`);

/** Milliseconds of a duration, as it was lowered or as it is written; undefined where only the environment knows. */
export function durationOf(value: NumberIr | string): number | undefined {
  if (typeof value === "number") return value;
  const known = withDefaults(typeof value === "string" ? value : value.template);
  return known === undefined ? undefined : parseDuration(known);
}

/** When an answer is late: milliseconds, or of `p95` and the like the share of answers that is not, below 1. */
export const lateAfter = (written: string): number =>
  written.startsWith("p") ? Number(written.slice(1)) / 100 : parseDuration(written);
