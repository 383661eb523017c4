import { isDigit, isWordCharacter, replaceSpans } from "./replace-spans.ts";

/** Characters of an IBAN (ISO 13616-1): two letters, two digits, and at most 30 more. */
const shortest = 15;
const longest = 34;

/** Replaces IBANs, as they are or in groups with a space between, whose check digits are right (ISO/IEC 7064, MOD 97-10). */
export function redactIbans(text: string): string {
  const spans: number[] = [];
  let at = 0;
  while (at < text.length) {
    const end = isBegin(text, at) ? endOfIban(text, at) : at;
    if (end > at) spans.push(at, end);
    at = end > at ? end : at + 1;
  }
  return replaceSpans(text, spans);
}

const isBegin = (text: string, at: number): boolean =>
  isLetter(text.charCodeAt(at)) &&
  isLetter(text.charCodeAt(at + 1)) &&
  isDigit(text.charCodeAt(at + 2)) &&
  isDigit(text.charCodeAt(at + 3)) &&
  (at === 0 || !isWordCharacter(text.charCodeAt(at - 1)));

/** Where the longest IBAN ends that begins here; `start` where there is none. */
function endOfIban(text: string, start: number): number {
  // The first four characters are counted last.
  const check = remainder(remainder(remainder(remainder(0, text, start), text, start + 1), text, start + 2), text, start + 3);
  let rest = 0;
  let count = 4;
  let found = start;
  for (let at = start + 4; count < longest; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x20 && isAlphanumeric(text.charCodeAt(at + 1))) continue;
    if (!isAlphanumeric(code)) break;
    rest = remainder(rest, text, at);
    count++;
    // Two letters and two digits: behind what was read they weigh a million.
    if (count >= shortest && !isWordCharacter(text.charCodeAt(at + 1)) && (rest * 1_000_000 + check) % 97 === 1) found = at + 1;
  }
  return found;
}

/** Of what was read and one character more: a letter counts as two digits, from A as 10 on. */
function remainder(before: number, text: string, at: number): number {
  const code = text.charCodeAt(at);
  return isDigit(code) ? (before * 10 + code - 0x30) % 97 : (before * 100 + (code | 0x20) - 0x61 + 10) % 97;
}

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
const isAlphanumeric = (code: number): boolean => isDigit(code) || isLetter(code);
