import type { HeaderList } from "../header-list.ts";

/** Values of all lines of a field as one (RFC 9110 §5.3); undefined where there is none. `name` is in lower case. */
export function fieldText(headers: HeaderList, name: string): string | undefined {
  return joined(headers, name, ", ");
}

/** All cookies: HTTP/2 may send them in several lines (RFC 9113 §8.2.3). Empty where there are none. */
export function cookieText(headers: HeaderList): string {
  return joined(headers, "cookie", "; ") ?? "";
}

function joined(headers: HeaderList, name: string, separator: string): string | undefined {
  const { lines } = headers;
  let text: string | undefined;
  for (let index = 0; index < lines.length; index += 2) {
    const sent = lines[index]!;
    if (sent.length !== name.length || (sent !== name && sent.toLowerCase() !== name)) continue;
    text = text === undefined ? lines[index + 1]! : text + separator + lines[index + 1]!;
  }
  return text;
}

/** Offset of the first character from `start` on that is neither a space, nor a tab, nor a semicolon. */
export function cookieStart(cookies: string, start: number): number {
  let index = start;
  for (; index < cookies.length; index++) {
    const code = cookies.charCodeAt(index);
    if (code !== 0x20 && code !== 0x09 && code !== 0x3b) break;
  }
  return index;
}
