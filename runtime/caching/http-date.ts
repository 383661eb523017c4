const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const imf = /^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const rfc850 = /^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i;

/**
 * Milliseconds since the epoch of an HTTP-date in one of its three forms (RFC 9110 §5.6.7), in any case, as caches read it
 * (RFC 9111 §4.2); undefined where it is none.
 * `now`: a year of two digits that seems to lie more than 50 years ahead is one of the past.
 */
export function httpDate(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text.length > 40) return undefined;
  const usual = imf.exec(text);
  if (usual !== null) return of(usual[3]!, usual[2]!, usual[1]!, usual[4]!, usual[5]!, usual[6]!);
  const plain = asctime.exec(text);
  if (plain !== null) return of(plain[6]!, plain[1]!, plain[2]!, plain[3]!, plain[4]!, plain[5]!);
  const old = rfc850.exec(text);
  if (old === null) return undefined;
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(old[3]);
  return of(String(year > thisYear + 50 ? year - 100 : year), old[2]!, old[1]!, old[4]!, old[5]!, old[6]!);
}

function of(year: string, name: string, day: string, hour: string, minute: string, second: string): number | undefined {
  const month = months.indexOf(name.toLowerCase());
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (month < 0 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return undefined;
  return Date.UTC(Number(year), month, d, h, m, s);
}
