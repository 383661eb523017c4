import { refuse } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import { addVary } from "../fields/vary.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { RouteTarget } from "../gateway/operation.ts";
import { acceptVersion } from "./accept-version.ts";
import { queryValue } from "./query-value.ts";

/** An API whose version is not a part of the path. */
export interface VersionedApi {
  readonly by: "header" | "mediaType" | "query";
  /** As clients write it. */
  readonly name: string;
  readonly versions: readonly string[];
}

/** Looks at the answer to a request without an operation. */
export type VersionJudge = (x: Exchange) => void;

/**
 * Where a version would have led to an operation, a request that names none, or one that there is not, is told so with
 * 400, and the answer varies by the field that decided (RFC 9110 §12.5.5).
 */
export const createVersionJudge =
  (match: Gateway["match"], allow: Gateway["allow"], apis: readonly VersionedApi[]): VersionJudge =>
  (x) => {
    // A wider route that takes other methods makes 405 of it, which would not help a client that forgot the version.
    const isLed = (api: VersionedApi): boolean =>
      x.answer!.status === 404 ||
      (x.answer!.status === 405 && api.versions.some((version) => match(asking(x, api, version), x.method) !== null));
    for (const api of apis) {
      // No version has no name: what is there all the same is not of this API.
      const others = allow(asking(x, api, ""));
      if (api.versions.every((version) => allow(asking(x, api, version)) === others)) continue;
      const field = fieldOf(api);
      if (!isVersion(namedVersion(x, api), api) && isLed(api)) refuseVersion(x, api);
      if (field !== undefined) addVary(x.answer!.headers, field);
    }
  };

function refuseVersion(x: Exchange, { by, name, versions }: VersionedApi): void {
  const place = {
    header: `the field \`${name}\``,
    mediaType: `the parameter \`${name}\` of \`Accept\``,
    query: `the query parameter \`${name}\``,
  };
  refuse(x, {
    status: 400,
    slug: "unknown-version",
    title: "The request names no version that there is",
    detail: `A version is named in ${place[by]}: ${versions.join(", ")}.`,
    members: { versions },
    source: "gateway",
  });
}

const fieldOf = ({ by, name }: VersionedApi): string | undefined =>
  by === "query" ? undefined : by === "header" ? name : "Accept";

const isVersion = (named: unknown, { versions }: VersionedApi): boolean => typeof named === "string" && versions.includes(named);

function namedVersion(x: RouteTarget, { by, name }: VersionedApi): unknown {
  if (by === "header") return x.headers.get(name.toLowerCase());
  return by === "query" ? queryValue(x.query, name) : acceptVersion(x.headers, name.toLowerCase());
}

/** The request as it would be with another version. */
function asking(x: RouteTarget, { by, name }: VersionedApi, version: string): RouteTarget {
  const { path, host, query, headers } = x;
  if (by === "query") {
    const pairs = query.split("&").filter((pair) => pair !== "" && queryValue(pair, name) === undefined);
    return { path, host, headers, query: [...pairs, `${name}=${encodeURIComponent(version)}`].join("&") };
  }
  const line = by === "header" ? [name, version] : ["Accept", `*/*;${name}="${version}"`];
  return { path, host, query, headers: withLines(headers, line) };
}

/** Field lines in place of those of the same names. */
export function withLines(headers: HeaderList, lines: readonly string[]): HeaderList {
  const names = new Set(lines.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const all = headers.lines;
  const kept: string[] = [];
  for (let index = 0; index < all.length; index += 2)
    if (!names.has(all[index]!.toLowerCase())) kept.push(all[index]!, all[index + 1]!);
  return new HeaderList([...kept, ...lines]);
}
