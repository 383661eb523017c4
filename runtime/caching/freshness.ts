import type { HeaderList } from "../fields/header-list.ts";
import { type Directives, secondsOf } from "./directives.ts";
import { httpDate } from "./http-date.ts";

/** How old an answer is, and how old it may become. Milliseconds. */
export interface Freshness {
  /** Age of the answer when it was received (RFC 9111 §4.2.3). */
  readonly age: number;
  /** Undefined: the service does not say. */
  readonly lifetime: number | undefined;
}

/** What an answer says of how it may be kept. */
export interface Said {
  readonly directives: Directives;
  /** `Expires`, where it counts. */
  readonly expires: string | undefined;
}

/** `asked`, `received`: milliseconds since the epoch at which the request left and the answer came. */
export function freshnessOf(headers: HeaderList, said: Said, asked: number, received: number): Freshness {
  const date = httpDate(headers.single("date") ?? undefined, received) ?? received;
  const apparent = Math.max(0, received - date);
  const age = Math.max(apparent, ageOf(headers) + Math.max(0, received - asked));
  return { age, lifetime: lifetimeOf(said, date, received) };
}

/** RFC 9111 §4.2.1, for a cache that several share. */
function lifetimeOf({ directives, expires }: Said, date: number, received: number): number | undefined {
  const seconds = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (seconds !== undefined) return seconds;
  if (expires === undefined) return undefined;
  // What is no date lies in the past (RFC 9111 §5.3).
  return Math.max(0, (httpDate(expires, received) ?? 0) - date);
}

/** Milliseconds in `Age`: the first member of a list counts, and what is no number is not there (RFC 9111 §5.1). */
function ageOf(headers: HeaderList): number {
  const [written = ""] = (headers.get("age") ?? "").split(",", 1);
  return /^[ \t]*\d+[ \t]*$/.test(written) ? Math.min(Number(written), 2 ** 31) * 1_000 : 0;
}

/** Most of what is guessed. */
const day = 86_400_000;

/** A tenth of the time for which it had not changed (RFC 9111 §4.2.2), at most a day; undefined where that is not known. */
export function guessedLifetime(headers: HeaderList, received: number): number | undefined {
  const modified = httpDate(headers.single("last-modified") ?? undefined, received);
  if (modified === undefined) return undefined;
  const date = httpDate(headers.single("date") ?? undefined, received) ?? received;
  return Math.min(day, Math.max(0, date - modified) / 10);
}
