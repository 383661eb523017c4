const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const imf = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const rfc850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * Milliseconds since the epoch of an HTTP-date in one of its three forms (RFC 9110 §5.6.7); undefined where it is none.
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
  const month = months.indexOf(name);
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (month < 0 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return undefined;
  return Date.UTC(Number(year), month, d, h, m, s);
}
