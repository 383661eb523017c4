import { isDate } from "./date.ts";
import { isTime } from "./time.ts";

/** `date-time` of RFC 3339 §5.6. */
export function isDateTime(text: string): boolean {
  const separator = text.charCodeAt(10) | 0x20;
  return separator === 0x74 && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}
