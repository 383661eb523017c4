import { posix } from "node:path";
import { nearest } from "../diagnostics/suggest.ts";
import { token } from "../text/edits.ts";
import { isObject } from "./json-kind.ts";
import type { JsonObject, JsonValue } from "./source-set.ts";

/** A `$ref` taken apart. */
export interface ParsedRef {
  /** Path relative to the root; undefined for an address on the network. */
  readonly file: string | undefined;
  /** Percent-decoded fragment: "" for the whole document, else a JSON pointer or, without a leading slash, an anchor. */
  readonly fragment: string;
}

/** A URI reference relative to the file it stands in (RFC 3986 §4.2, RFC 6901 §6). */
export function parseRef(ref: string, from: string): ParsedRef {
  const hash = ref.indexOf("#");
  const path = hash < 0 ? ref : ref.slice(0, hash);
  const fragment = percentDecoded(hash < 0 ? "" : ref.slice(hash + 1));
  if (path === "") return { file: from, fragment };
  if (isRemote(path)) return { file: undefined, fragment };
  const name = percentDecoded(path);
  return { file: posix.isAbsolute(name) ? name : posix.join(posix.dirname(from), name), fragment };
}

/** Has a scheme, or is relative to one (`//host/path`). */
export const isRemote = (path: string): boolean => /^([A-Za-z][A-Za-z0-9+.-]+:|\/\/)/.test(path);

function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is part of the name, as in the names of files.
    return text;
  }
}

/**
 * What a JSON pointer (RFC 6901) finds. `through` follows a reference that stands where the pointer wants to go on.
 * Where nothing is found, `near` is the pointer with its first wrong token corrected, if one is near.
 */
export function followPointer(
  root: JsonValue,
  pointer: string,
  through: (node: JsonObject) => JsonValue | undefined,
): { readonly value: JsonValue } | { readonly value: undefined; readonly near: string | undefined } {
  if (pointer === "" || pointer === "/") return { value: root };
  const tokens = pointer.split("/").slice(1);
  let value: JsonValue = root;
  for (const [index, written] of tokens.entries()) {
    const key: string = written.includes("~") ? written.replaceAll("~1", "/").replaceAll("~0", "~") : written;
    if (typeof value === "object" && value !== null && Object.hasOwn(value, key)) {
      value = (value as JsonObject)[key]!;
      continue;
    }
    if (isObject(value) && typeof value.$ref === "string") {
      const target = through(value);
      if (typeof target === "object" && target !== null && Object.hasOwn(target, key)) {
        value = (target as JsonObject)[key]!;
        continue;
      }
    }
    const near = isObject(value) ? nearest(key, Object.keys(value)) : undefined;
    const corrected = near === undefined ? undefined : [...tokens.slice(0, index), token(near), ...tokens.slice(index + 1)];
    return { value: undefined, near: corrected === undefined ? undefined : `/${corrected.join("/")}` };
  }
  return { value };
}

/** Where the definition stands that `#/$defs/Name` means, written in a schema that was not yet a part of a document. */
export function definitionBelow(root: JsonValue, pointer: string): string | undefined {
  const [, keyword = "", name = "", ...deeper] = pointer.split("/");
  if ((keyword !== "$defs" && keyword !== "definitions") || name === "" || deeper.length > 0) return undefined;
  const stack: [JsonValue, string][] = [[root, ""]];
  const seen = new Set<JsonValue>();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, path] = next;
    if (typeof node !== "object" || node === null || seen.has(node)) continue;
    seen.add(node);
    const definitions = isObject(node) ? node[keyword] : undefined;
    if (definitions !== undefined && isObject(definitions) && Object.hasOwn(definitions, name)) return `${path}${pointer}`;
    for (const [key, child] of Object.entries(node)) stack.push([child, `${path}/${token(key)}`]);
  }
  return undefined;
}
