import { beginsWithDate } from "./date.ts";
import { endsWithTime } from "./time.ts";

/** `full-time` of RFC 3339 §5.6, or its `partial-time`: without an offset. */
export const isTimeOrLocal = (text: string): boolean => endsWithTimeOrLocal(text, 0);

/** `date-time` of RFC 3339 §5.6, whose offset may be left out: a time in an agreed zone. */
export const isDateTimeOrLocal = (text: string): boolean =>
  (text.charCodeAt(10) | 0x20) === 0x74 && beginsWithDate(text) && endsWithTimeOrLocal(text, 11);

const endsWithTimeOrLocal = (text: string, start: number): boolean =>
  endsWithTime(text, start) || endsWithTime(`${text}Z`, start);
