/** Formats points in time as RFC 3339 in UTC with milliseconds; the same one is made once, and its part up to the second once a second. */
export interface Timestamps {
  /** `time` in milliseconds since the epoch. */
  format(time: number): string;
}

export function createTimestamps(): Timestamps {
  let second = Number.NaN;
  let prefix = "";
  let last = Number.NaN;
  let text = "";
  return {
    format(time) {
      if (time === last) return text;
      const now = Math.floor(time / 1000);
      if (now !== second) {
        second = now;
        prefix = new Date(now * 1000).toISOString().slice(0, 20);
      }
      const fraction = Math.floor(time) - now * 1000;
      last = time;
      text = `${prefix}${fraction < 10 ? "00" : fraction < 100 ? "0" : ""}${fraction}Z`;
      return text;
    },
  };
}
