import type { HeaderList } from "../fields/header-list.ts";

/** Values of all lines of a field as one (RFC 9110 §5.3); undefined where there is none. `name` is in lower case. */
export const fieldText = (headers: HeaderList, name: string): string | undefined => headers.joined(name, ", ");

/** All cookies: HTTP/2 may send them in several lines (RFC 9113 §8.2.3). Empty where there are none. */
export const cookieText = (headers: HeaderList): string => headers.joined("cookie", "; ") ?? "";

/** Offset of the first character from `start` on that is neither a space, nor a tab, nor a semicolon. */
export function cookieStart(cookies: string, start: number): number {
  let index = start;
  for (; index < cookies.length; index++) {
    const code = cookies.charCodeAt(index);
    if (code !== 0x20 && code !== 0x09 && code !== 0x3b) break;
  }
  return index;
}
