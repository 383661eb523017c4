// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { resourceHost } from "../../caching/resource-uri.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { CacheConfig } from "./config.ts";
import { keyedQuery } from "./keyed-query.ts";

/**
 * The URI, as far as the service can see it: what is told of scheme and host in forwarding fields is a part of it, so that nobody
 * can have an answer kept that was made for a host of his choice.
 */
const keyedUri = (x: Exchange, { query }: Pick<CacheConfig, "query">): string =>
  uriAt(x, placeOf(x), query === null ? x.query : keyedQuery(x.query, query));

/** By what it is dropped: where parts of the query make no difference, a change with any of them is one of the same answer. */
export const baseOf = (x: Exchange, { query }: Pick<CacheConfig, "query">): string => uriOf(x, query === null ? x.query : "");

/** One for each resource, however its host is written. */
export const uriOf = (x: Exchange, query: string): string => uriAt(x, resourceHost(x.host, x.authority, x.peer.secure), query);

const uriAt = (x: Exchange, place: string, query: string): string =>
  `${x.peer.secure ? "https" : "http"}://${place}${x.path}${query === "" ? "" : `?${query}`}`;

/** As the service may be told it, in lower case. Without a port, that is the host. */
const placeOf = ({ host, authority }: Exchange): string => (host.length === authority.length ? host : authority.toLowerCase());

/** Undefined where a part of it has no value: what the answer depends on is not known then. */
export function keyOf(x: Exchange, config: CacheConfig): string | undefined {
  let key = `${config.of ?? x.operation.id} ${keyedUri(x, config)}`;
  const sent = config.sentPath?.(x.sentTarget) ?? x.path;
  if (sent !== x.path) key += `\n${JSON.stringify({ sent })}`;
  if (x.isPeerTrusted) key += `\n${JSON.stringify(forwardedFor(x))}`;
  if (x.target !== undefined) key += `\n${x.target.name}`;
  if (config.byIdentity) key += `\n${JSON.stringify(whoOf(x))}`;
  if (config.byGrants === true) key += `\n${JSON.stringify(grantsOf(x))}`;
  for (const part of config.key) {
    const value = valueOf(part, x);
    if (value === undefined) return undefined;
    key += `\n${JSON.stringify(value)}`;
  }
  return key.length <= longestKey ? key : crypto.hash("sha256", key, "base64");
}

/** What services believe of a proxy about scheme and host: a proxy may pass it on as a client made it up. */
function forwardedFor({ headers }: Exchange): readonly (string | null)[] {
  const told = ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix"].map(
    (name) => headers.get(name) ?? null,
  );
  // The parts of RFC 7239 §4 that are not about who asks.
  const parts = (headers.get("forwarded") ?? "").split(/[,;]/).map((part) => part.trim().toLowerCase());
  return [...told, ...parts.filter((part) => part !== "" && !part.startsWith("for=") && !part.startsWith("by="))];
}

/** A longer one is hashed, so that clients cannot fill the memory with keys. */
const longestKey = 256;

/** What the caller may do with the credentials of this request. */
const grantsOf = ({ identity, furtherIdentities }: Exchange): readonly (readonly string[])[] =>
  identity === undefined ? [] : [identity, ...(furtherIdentities ?? [])].flatMap(({ roles, scopes }) => [roles, scopes]);

/** Two schemes, two issuers and two tenants may know different people by one name. */
const whoOf = ({ identity, furtherIdentities }: Exchange): readonly (string | null)[] =>
  identity === undefined
    ? []
    : [identity, ...(furtherIdentities ?? [])].flatMap(({ scheme, issuer, tenant, subject }) => [
        scheme,
        issuer ?? null,
        tenant ?? null,
        subject,
      ]);
