/** The directives of `Cache-Control`, names in lower case; true: without an argument. */
export type Directives = ReadonlyMap<string, string | true>;

/**
 * Reads `Cache-Control` (RFC 9111 §5.2), all lines as one. An argument may be a token or a quoted string, whichever the
 * directive is defined with. Of several numbers for one directive the smallest counts: the service meant one of them.
 */
export function readDirectives(field: string | undefined): Directives {
  const found = new Map<string, string | true>();
  if (field === undefined) return found;
  const lists = new Map<string, string[]>();
  for (const member of members(field)) {
    const equals = member.indexOf("=");
    const name = (equals < 0 ? member : member.slice(0, equals)).toLowerCase();
    for (const meant of forbiddenBy(member, name)) found.set(meant, true);
    if (name === "") continue;
    const argument = equals < 0 ? true : unquoted(member.slice(equals + 1));
    const before = found.get(name);
    if (before === undefined || isStricter(argument, before)) found.set(name, argument);
    if ((name === "private" || name === "no-cache") && argument !== true) addTo(lists, name, argument);
  }
  // Which fields they are about, each of them counts; without any they are about the whole.
  for (const [name, parts] of lists) if (found.get(name) !== true) found.set(name, parts.join(","));
  return found;
}

/** Directives that forbid something, as names without an argument. */
const forbidding: readonly string[] = ["no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate"];

/**
 * What a member forbids that is not written as it should be: behind a semicolon, or with blanks before its `=`. Whatever the service meant, it
 * meant no less. What allows something counts only as it should be.
 */
function forbiddenBy(member: string, name: string): readonly string[] {
  if (!member.includes(";") && !/\s$/.test(name)) return [];
  return member
    .split(";")
    .map((part) => part.split("=", 1)[0]!.trim().toLowerCase())
    .filter((part) => forbidding.includes(part));
}

function addTo(lists: Map<string, string[]>, name: string, part: string): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [part]);
  else list.push(part);
}

/** Without its argument a directive is about the whole answer; a number that cannot be read is none. */
function isStricter(argument: string | true, before: string | true): boolean {
  if (argument === true || before === true) return argument === true && before !== true;
  return isDigits(before) && (!isDigits(argument) || Number(argument) < Number(before));
}

const isDigits = (text: string): boolean => /^\d+$/.test(text);

/** Larger ones are as good as for ever (RFC 9111 §1.2.2). */
const mostSeconds = 2 ** 31;

/** Milliseconds of a directive in seconds; 0 where it is not a number, undefined where it is not there. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const argument = directives.get(name);
  if (argument === undefined) return undefined;
  return argument !== true && isDigits(argument) ? Math.min(Number(argument), mostSeconds) * 1_000 : 0;
}

/** Field names that `private` or `no-cache` is about, in lower case; undefined: it is about the whole answer, or not there. */
export function fieldsOf(directives: Directives, name: string): readonly string[] | undefined {
  const argument = directives.get(name);
  if (typeof argument !== "string") return undefined;
  const names = argument
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== "");
  return names.length === 0 ? undefined : names;
}

/**
 * Members of a list (RFC 9110 §5.6.1); commas in quoted strings are part of one. A quote that nothing ends is none: what another line says
 * stands behind it.
 */
export function members(field: string): string[] {
  const found: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at <= field.length; at++) {
    const code = at === field.length ? 0x2c : field.charCodeAt(at);
    if (isQuoted && at === field.length) return [...found, ...plainMembers(field, start)];
    if (isQuoted) {
      if (code === 0x5c && at + 1 < field.length) at++;
      else if (code === 0x22) isQuoted = false;
    } else if (code === 0x22) isQuoted = true;
    else if (code === 0x2c) {
      const member = field.slice(start, at).trim();
      if (member !== "") found.push(member);
      start = at + 1;
    }
  }
  return found;
}

/** Members from `start` on, where quotes mean nothing. */
const plainMembers = (field: string, start: number): readonly string[] =>
  field
    .slice(start)
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");

function unquoted(text: string): string | true {
  const written = text.trim();
  if (!written.startsWith('"')) return written;
  // What it is about is not known.
  if (written.length < 2 || !written.endsWith('"')) return true;
  return written.slice(1, -1).replace(/\\(.)/g, "$1");
}
