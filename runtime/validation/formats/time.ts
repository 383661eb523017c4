import { numberAt } from "./digits.ts";

/** `full-time` of RFC 3339 §5.6. A leap second (§5.7) can only be the last one of a day in UTC. */
export const isTime = (text: string): boolean => endsWithTime(text, 0);

/** From `start` to the end. */
export function endsWithTime(text: string, start: number): boolean {
  if (text.charCodeAt(start + 2) !== 0x3a || text.charCodeAt(start + 5) !== 0x3a) return false;
  const hour = numberAt(text, start, start + 2);
  const minute = numberAt(text, start + 3, start + 5);
  const second = numberAt(text, start + 6, start + 8);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  const zone = fractionEnd(text, start + 8);
  const offset = zone < 0 ? undefined : offsetAt(text, zone);
  if (offset === undefined) return false;
  return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 === 1439;
}

/** Offset behind `.` and digits, where there are any; -1 for a point without digits. */
function fractionEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== 0x2e) return start;
  let end = start + 1;
  while (numberAt(text, end, end + 1) >= 0) end++;
  return end === start + 1 ? -1 : end;
}

/** Minutes from UTC; undefined where the rest of the text says no such thing. */
function offsetAt(text: string, start: number): number | undefined {
  const sign = text.charCodeAt(start);
  if ((sign | 0x20) === 0x7a) return text.length === start + 1 ? 0 : undefined;
  if ((sign !== 0x2b && sign !== 0x2d) || text.length !== start + 6 || text.charCodeAt(start + 3) !== 0x3a) return undefined;
  const hour = numberAt(text, start + 1, start + 3);
  const minute = numberAt(text, start + 4, start + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return undefined;
  return (hour * 60 + minute) * (sign === 0x2d ? -1 : 1);
}
