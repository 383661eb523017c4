import { isToken } from "../http1/field-text.ts";

/** Of connections of HTTP/1.1: they make a message malformed (RFC 9113 §8.2.2). */
const connectionNames: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

/** Whether a line of HTTP/2, which is none of a pseudo-field, can stand in a message of HTTP/1.1 and be read in one way only. */
export const isFieldLine = (name: string, value: string): boolean =>
  isToken(name) && name === name.toLowerCase() && !connectionNames.includes(name) && isFieldValue(value);

/** No control characters, no white space at the ends (RFC 9113 §8.2.1, stricter). */
export function isFieldValue(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return value === "" || !(isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)));
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;
