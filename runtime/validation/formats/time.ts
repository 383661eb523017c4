/** `full-time` of RFC 3339 §5.6. A leap second (§5.7) can only be the last one of a day in UTC. */
export function isTime(text: string): boolean {
  if (!shape.test(text)) return false;
  const hour = Number(text.slice(0, 2));
  const minute = Number(text.slice(3, 5));
  const second = Number(text.slice(6, 8));
  if (hour > 23 || minute > 59 || second > 60) return false;
  let offset = 0;
  if (!text.endsWith("Z") && !text.endsWith("z")) {
    const offsetHour = Number(text.slice(-5, -3));
    const offsetMinute = Number(text.slice(-2));
    if (offsetHour > 23 || offsetMinute > 59) return false;
    offset = (offsetHour * 60 + offsetMinute) * (text.charAt(text.length - 6) === "-" ? -1 : 1);
  }
  return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 === 1439;
}

const shape = /^\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
