import { randomUUID } from "node:crypto";
import type { Exchange } from "../../exchange/exchange.ts";

export interface UnitCookie {
  readonly name: string;
  /** Seconds that clients keep it. */
  readonly maxAge: number;
}

/** 122 random bits. */
export const newUnit = (): string => randomUUID();

/** What `newUnit` makes. Another value is not believed: everybody who sends `1` would be one user. */
const form = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Undefined where none was sent. Of several with the name the first one counts (RFC 6265 §5.4: the most specific). */
export function sentUnit({ headers }: Pick<Exchange, "headers">, name: string): string | undefined {
  for (const line of headers.all("cookie"))
    for (let start = 0; start < line.length; ) {
      const semicolon = line.indexOf(";", start);
      const end = semicolon < 0 ? line.length : semicolon;
      const equals = line.indexOf("=", start);
      if (equals >= 0 && equals < end && line.slice(start, equals).trim() === name) {
        const value = line.slice(equals + 1, end).trim();
        return form.test(value) ? value : undefined;
      }
      start = end + 1;
    }
  return undefined;
}

/** No script needs it, and a link from another site is still the same user. */
export const cookieField = ({ name, maxAge }: UnitCookie, unit: string, isSecure: boolean): string =>
  `${name}=${unit}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
