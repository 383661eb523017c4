import { isDigit, isWordCharacter, replaceSpans } from "./replace-spans.ts";

/** Digits of a primary account number (ISO/IEC 7812-1); the issuers of cards for payment have no shorter ones than 13. */
const shortest = 13;
const longest = 19;

/**
 * Replaces numbers of payment cards: 13 to 19 digits, as they are or in groups with one space or `-` between, that begin as those
 * of card issuers do and whose check digit is right (ISO/IEC 7812-1 annex B). Other digits may stand before and behind the groups.
 */
export function redactCardNumbers(text: string): string {
  const spans: number[] = [];
  let at = 0;
  while (at < text.length) {
    if (!isDigit(text.charCodeAt(at)) || !isBegin(text, at)) {
      at++;
      continue;
    }
    const end = endOfNumber(text, at);
    if (end > at) spans.push(at, end);
    at = end > at ? end : endOfGroup(text, at);
  }
  return replaceSpans(text, spans);
}

/** Behind a letter or a digit it is a part of something else, and behind `0.` what is left of a point. */
function isBegin(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  return before === 0x2e ? !isDigit(text.charCodeAt(at - 2)) : !isWordCharacter(before);
}

/** Where the longest number ends that begins here; `start` where there is none. */
function endOfNumber(text: string, start: number): number {
  if (!isIssuer(text.charCodeAt(start))) return start;
  let digits = 0;
  let found = start;
  // From the left every second digit is doubled or not, by whether the number of digits is even: both sums are carried along.
  let even = 0;
  let odd = 0;
  for (let at = start; digits < longest; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) {
      if ((code !== 0x20 && code !== 0x2d) || !isDigit(text.charCodeAt(at + 1))) break;
      continue;
    }
    const digit = code - 0x30;
    const doubled = digit < 5 ? digit * 2 : digit * 2 - 9;
    even += digits % 2 === 0 ? doubled : digit;
    odd += digits % 2 === 0 ? digit : doubled;
    digits++;
    const isEnd = !isWordCharacter(text.charCodeAt(at + 1));
    if (isEnd && digits >= shortest && (digits % 2 === 0 ? even : odd) % 10 === 0) found = at + 1;
  }
  return found;
}

/** Travel (3), banking (4, 5, 2) and merchandising (6), which are the major industries that issue cards for payment. */
const isIssuer = (code: number): boolean => code >= 0x32 && code <= 0x36;

function endOfGroup(text: string, start: number): number {
  let at = start + 1;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}
