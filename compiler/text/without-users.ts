/**
 * Who is named in a URL, with the password: what stands between `//` and the `@` in front of the host (RFC 3986 §3.2.1), and the same of an
 * address without a scheme, `user:password@host`. People write passwords in it as they are, with `@`, `/`, `?`, `#`, quotes and blanks, which
 * no URL has there: behind a user, all up to the last `@` is taken for the password. Rather too much is hidden than too little.
 */

/** The text with every user of a URL replaced by `•••`: configuration that is wrong is shown to whoever reads the output of a build. */
export const withoutUsers = (text: string): string => replaced(text, false, () => "•••");

/** The same in a line that is shown with places in it: each character is replaced by one. */
export const usersHidden = (line: string): string => replaced(line, true, (user) => user.replaceAll(/\S/g, "•"));

function replaced(text: string, isLine: boolean, by: (user: string) => string): string {
  if (!text.includes("@")) return text;
  const found = [...ofUrls(text, isLine), ...ofAddresses(text, isLine)].sort((a, b) => a.from - b.from);
  let shown = "";
  let at = 0;
  let hidden = 0;
  for (const { from, to } of found) {
    if (from >= hidden) {
      if (hidden > at) shown += by(text.slice(at, hidden));
      shown += text.slice(hidden, from);
      at = from;
    }
    hidden = Math.max(hidden, to);
  }
  return `${shown}${hidden > at ? by(text.slice(at, hidden)) : ""}${text.slice(hidden)}`;
}

/** `to`: that of the `@`. */
interface User {
  readonly from: number;
  readonly to: number;
}

/** `http://host:80/@name` names nobody. Other schemes have no such paths: digits and a slash before an `@` are of a password there. */
const web = /^$|(?:^|:)(?:http|ws)s?:$/i;

function* ofUrls(text: string, isLine: boolean): Generator<User> {
  for (const { index } of text.matchAll(/\/\//g)) {
    const before = /[a-z0-9+.:-]*$/i.exec(text.slice(Math.max(0, index - longestScheme), index))![0];
    const from = index + 2;
    const rest = text.slice(from, endOf(text, from, index - before.length - 1, isLine));
    // A literal address has colons of its own.
    const user = /^(?:\[[\da-f:.]+\])?[^\s/?#@:]*/i.exec(rest)![0].length;
    const password = rest.slice(user + 1);
    let last = -1;
    if (rest[user] === "@") last = /^\S*/.exec(rest)![0].lastIndexOf("@");
    else if (rest[user] === ":" && /^\S/.test(password) && !(web.test(before) && /^\d{0,5}(?:[/?#]|$)/.test(password)))
      last = rest.lastIndexOf("@");
    if (last >= 0) yield { from, to: from + last };
  }
}

const longestScheme = 32;

function* ofAddresses(text: string, isLine: boolean): Generator<User> {
  for (const { index, 1: front, 2: user } of text.matchAll(ofAddress)) {
    const from = index + front!.length;
    const isQuoted = /["'`]/.test(front!);
    const isOpened = isQuoted && /(?:^|[\s:=,([{])$/.test(text.slice(Math.max(0, index - 1), index));
    // The quote ends the name of a member.
    if (isQuoted && !isOpened && user === "") continue;
    const rest = text.slice(from, endOf(text, from, isOpened ? index : -1, isLine));
    const isWhole = isOpened || index === 0 || (isLine && /[:-]\s*$/.test(text.slice(0, index)));
    const last = (isWhole ? rest : /^\S*/.exec(rest)![0]).lastIndexOf("@");
    if (last > user!.length + 1) yield { from, to: from + last };
  }
}

const ofAddress = /(^|[\s"'`=,({]|(?<!\/\/)\[)(?!(?:mailto|acct|sips?|xmpp):)([^\s"'`=,([{:@/]*):(?!\/\/)(?=\S)/gi;

/** Where what begins `from` ends at the latest: at the quote that closes it, a comment or the next member of a line, or another URL. */
function endOf(text: string, from: number, quoteAt: number, isLine: boolean): number {
  const quote = text[quoteAt] ?? "";
  const closing = closings[quote] ?? (isLine ? /:\s|\s#|\n/g : /\n/g);
  return Math.min(...[closing, nextUrl].map((end) => placeOf(end, text, from)));
}

/** A quote within a word closes nothing. */
const closings: Readonly<Record<string, RegExp>> = {
  '"': /(?<!\\)"(?=\s*(?:[,.;:)\]}#]|$))|\n/g,
  "'": /'(?=\s*(?:[,.;:)\]}#]|$))|\n/g,
  "`": /`(?=[\s,.;:)\]}]|$)|\n/g,
};

const nextUrl = /[\s"'`,([{][a-z][a-z0-9+.-]{1,31}:\/\//gi;

function placeOf(end: RegExp, text: string, from: number): number {
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}
