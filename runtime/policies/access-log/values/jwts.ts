import { isDigit, replaceSpans } from "./replace-spans.ts";

/** `{"` in base64url: the begin of each JOSE header that is written without white space. */
const begin = "eyJ";

/** Replaces JSON Web Tokens in the compact serialisation: of JWS with three parts, of JWE with five. */
export function redactJwts(text: string): string {
  const spans: number[] = [];
  let at = text.indexOf(begin);
  while (at >= 0) {
    let end = at;
    let dots = 0;
    while (isBase64Url(text.charCodeAt(end)) || (dots < 4 && text[end] === ".")) {
      if (text[end] === ".") dots++;
      end++;
    }
    if (dots >= 2) spans.push(at, end);
    at = text.indexOf(begin, end);
  }
  return replaceSpans(text, spans);
}

const isBase64Url = (code: number): boolean =>
  isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x2d || code === 0x5f;
