import { beginsWithDate } from "./date.ts";
import { endsWithTime } from "./time.ts";

/** `date-time` of RFC 3339 §5.6. */
export const isDateTime = (text: string): boolean =>
  (text.charCodeAt(10) | 0x20) === 0x74 && beginsWithDate(text) && endsWithTime(text, 11);
