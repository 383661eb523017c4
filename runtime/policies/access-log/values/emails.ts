import { isWordCharacter, replaceSpans } from "./replace-spans.ts";

/** Octets of the two parts (RFC 5321 §4.5.3.1), here characters. */
const longestLocal = 64;
const longestDomain = 255;

/** Replaces e-mail addresses with a dot in their domain: `ann+shop@mail.example.com`. Those in quotes are not found. */
export function redactEmails(text: string): string {
  const spans: number[] = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const start = beginOfLocal(text, at, from);
    const end = start < at ? endOfDomain(text, at + 1) : at;
    if (end <= at + 1) continue;
    spans.push(start, end);
    from = end;
  }
  return replaceSpans(text, spans);
}

function beginOfLocal(text: string, at: number, from: number): number {
  const least = Math.max(from, at - longestLocal);
  let start = at;
  while (start > least && isLocal(text.charCodeAt(start - 1))) start--;
  return start;
}

/** RFC 5322 §3.2.3, with the characters of RFC 6531. */
const isLocal = (code: number): boolean => isWordCharacter(code) || ".!#$%&'*+/=?^`{|}~-".includes(String.fromCharCode(code));

/** Where a domain of several labels ends; `start` where there is none. */
function endOfDomain(text: string, start: number): number {
  const most = Math.min(text.length, start + longestDomain);
  let end = start;
  let dots = 0;
  let at = start;
  while (at < most && (isWordCharacter(text.charCodeAt(at)) || text[at] === "-" || text[at] === ".")) {
    if (text[at] === ".") {
      // A dot at the end of a sentence is none of the domain.
      if (at === start || text[at - 1] === "." || !isWordCharacter(text.charCodeAt(at + 1))) break;
      dots++;
    }
    at++;
    end = at;
  }
  return dots > 0 ? end : start;
}
