import { redacted } from "../../../log/redaction.ts";

/** The text with what is between these places replaced: begin and end alternating, ascending. */
export function replaceSpans(text: string, spans: readonly number[]): string {
  if (spans.length === 0) return text;
  let result = "";
  let from = 0;
  for (let index = 0; index < spans.length; index += 2) {
    result += text.slice(from, spans[index]) + redacted;
    from = spans[index + 1]!;
  }
  return result + text.slice(from);
}

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Also of other scripts, as far as text that is read by the unit can tell. */
export const isWordCharacter = (code: number): boolean =>
  isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f || code >= 0x80;
