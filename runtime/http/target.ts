import { isQuery, normalisePath } from "./path.ts";

/** A request target that was understood (RFC 9112 §3.2). */
export interface Target {
  /** Normalised; `*` for the asterisk-form. */
  path: string;
  query: string;
  /** Authority of an absolute-form target; undefined in other forms. */
  authority: string | undefined;
}

/** Undefined: the target cannot be read in one way only. */
export function parseTarget(target: string, method: string, normalise = normalisePath): Target | undefined {
  if (target.charCodeAt(0) === 0x2f) return originForm(target, undefined, normalise);
  if (target === "*") return method === "OPTIONS" ? { path: "*", query: "", authority: undefined } : undefined;
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return undefined;
  const start = scheme[0].length;
  const end = target.slice(start).search(/[/?#]/);
  const authority = end < 0 ? target.slice(start) : target.slice(start, start + end);
  const rest = end < 0 ? "" : target.slice(start + end);
  if (rest === "" && method === "OPTIONS") return { path: "*", query: "", authority };
  return originForm(rest.startsWith("/") ? rest : `/${rest}`, authority, normalise);
}

function originForm(target: string, authority: string | undefined, normalise: typeof normalisePath): Target | undefined {
  const mark = target.indexOf("?");
  const path = normalise(mark < 0 ? target : target.slice(0, mark));
  if (path === undefined) return undefined;
  const query = mark < 0 ? "" : target.slice(mark + 1);
  return isQuery(query) ? { path, query, authority } : undefined;
}

/**
 * Lower-case host without port and without the dot of the root (RFC 3986 §3.2.2), with which it is the same name; undefined
 * where the text is not `uri-host [":" port]` (RFC 9110 §7.2), has no host, or one with an empty label (RFC 1034 §3.1).
 */
export function parseHost(text: string): string | undefined {
  let end = text.length;
  if (text.charCodeAt(0) === 0x5b) {
    end = text.indexOf("]") + 1;
    if (!/^\[[\da-f.]*:[\da-f:.]+\]$/i.test(text.slice(0, end))) return undefined;
  } else {
    const colon = text.indexOf(":");
    if (colon >= 0) end = colon;
    let before = dot;
    for (let index = 0; index < end; index++) {
      const code = text.charCodeAt(index);
      if (!isHostCharacter(code) || (code === dot && before === dot)) return undefined;
      before = code;
    }
  }
  if (end === 0) return undefined;
  const nameEnd = text.charCodeAt(end - 1) === dot ? end - 1 : end;
  if (end < text.length) {
    if (text.charCodeAt(end) !== 0x3a) return undefined;
    for (let index = end + 1; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x30 || code > 0x39) return undefined;
    }
  }
  const host = nameEnd === text.length ? text : text.slice(0, nameEnd);
  return host.toLowerCase();
}

const dot = 0x2e;

/** Letters, digits, `-`, `.`, `_` and `~`: the unreserved part of reg-name; escapes and sub-delims stand in no host name in use. */
const isHostCharacter = (code: number): boolean =>
  ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x2d ||
  code === dot ||
  code === 0x5f ||
  code === 0x7e;
