import { isQuery, normalisePath } from "../../http/path.ts";
import { parseHost } from "../../http/target.ts";
import { resourceHost } from "../resource-uri.ts";

/** What is purged: of a kind, by its name. */
export type PurgeKind =
  /** A URI without its scheme: `//shop.example.com/v1/products?page=2`, or `/v1/products` of every host. */
  | "uri"
  /** All at and below such a path: `/v1/products` has `/v1/products/7` and `/v1/products?page=2`, and not `/v1/products-old`. */
  | "prefix"
  | "tag"
  /** Whatever is kept for one caller: the `subject` of its identity. */
  | "subject"
  | "all";

export interface Purge {
  readonly kind: PurgeKind;
  /** Empty for `all`. */
  readonly name: string;
  /** What is kept becomes stale, and is gone otherwise. */
  readonly isSoft: boolean;
}

/** Longest name of a tag; a longer one is not one. Bytes in UTF-8 are at most four times as many. */
export const longestTag = 256;

/** Most characters of a URI or of a prefix. */
export const longestUri = 8_192;

/** What keeps it apart from others, in a ledger and in a store: `hard tag books`. */
export const keyOf = ({ kind, name, isSoft }: Purge): string => `${isSoft ? "soft" : "hard"} ${named(kind, name)}`;

/** The same without how it is purged. */
export const named = (kind: PurgeKind, name: string): string => (kind === "all" ? kind : `${kind} ${name}`);

/** What `keyOf` was made of; undefined: it is none. */
export function purgeOf(key: string): Purge | undefined {
  const found = /^(hard|soft) (uri|prefix|tag|subject|all)(?: ([^]+))?$/.exec(key);
  if (found === null || (found[2] === "all") !== (found[3] === undefined)) return undefined;
  // The pattern has these kinds.
  return { kind: found[2] as PurgeKind, name: found[3] ?? "", isSoft: found[1] === "soft" };
}

/**
 * The URI that a URL or a path names, as `Purge` has it: in the form in which paths are routed, without scheme and fragment.
 * Undefined: it is neither.
 */
export function purgedUri(text: string): string | undefined {
  if (text.length > longestUri) return undefined;
  const url = /^http(s?):\/\/([^/?#@\s]+)([/?][^#]*)?(?:#.*)?$/i.exec(text);
  const whole = url === null ? text : (url[3] ?? "/");
  const question = whole.indexOf("?");
  const [path, query] = question < 0 ? [whole, ""] : [whole.slice(0, question), whole.slice(question + 1)];
  const normal = normalisePath(path === "" ? "/" : path);
  if (normal === undefined || !isQuery(query)) return undefined;
  const place = url === null ? "" : placeOf(url[2]!, url[1] !== "");
  return place === undefined ? undefined : `${place}${normal}${query === "" ? "" : `?${query}`}`;
}

function placeOf(authority: string, isSecure: boolean): string | undefined {
  const host = parseHost(authority);
  return host === undefined ? undefined : `//${resourceHost(host, authority, isSecure)}`;
}

/** The same for a prefix, without a slash at its end; undefined: it is none, or one that has a query. */
export function purgedPrefix(text: string): string | undefined {
  const uri = text.includes("?") ? undefined : purgedUri(text);
  if (uri === undefined) return undefined;
  return uri.endsWith("/") ? uri.slice(0, -1) : uri;
}
