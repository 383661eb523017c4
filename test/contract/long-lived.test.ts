import { expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

/**
 * Every collection that outlives a request, and why no request can make it large or keep its head in it. What bytes a key
 * keeps is measured in `test/unit/runtime/kept-bytes.test.ts`.
 */
const known: Readonly<Record<string, string>> = {
  "body/form-body.ts #spread": "of the schema",
  "body/multipart-body.ts #values": "of one body",
  "body/styled-parts.ts #spread": "of the schema",
  "body/styled-parts.ts #parts": "of one body",
  "body/content-selector.ts #lastText": "one value, kept as a text of its own, of bounded length",
  "calls/client.ts #pools": "hosts, of bounded number",
  "calls/reach.ts #named": "of the configuration",
  "calls/single-flight.ts #flying": "calls in flight, of bounded number",
  "files/expiry.ts #warned": "certificates that are shown",
  "files/watched-folders.ts #watched": "folders of the configuration",
  "geo/database.ts #records": "records of the file, of bounded number",
  "geo/geo.ts #young": "addresses kept as texts of their own, of bounded number",
  "geo/geo.ts #old": "the same",
  "http/forwarded-certificate.ts #known": "fields kept as texts of their own, of bounded number and length",
  "http/peer.ts #believed": "of the configuration",
  "http/server.ts #connections": "connections, of bounded number",
  "http/turned-away.ts #lingering": "sockets, of bounded number",
  "http1/field-text.ts written": "names and lines kept as texts of their own, of bounded number and length",
  "http1/name-rules.ts #names": "of the configuration",
  "http1/name-rules.ts #exceptions": "of the configuration",
  "http2/http2-connection.ts #streams": "streams, of bounded number",
  "identity/basic/basic.ts #users": "of the file, of bounded number",
  "identity/basic/basic.ts #verified": "keyed hashes, of bounded number",
  "identity/basic/bcrypt-thread.ts #waiting": "passwords that are being verified, of bounded number",
  "identity/hmac/deliveries.ts #begun": "exchanges, and gone with them",
  "identity/introspection/verdict-cache.ts #active": "hashes of tokens, of bounded number",
  "identity/introspection/verdict-cache.ts #refused": "hashes of tokens, of bounded number",
  "identity/jose/proof-keys.ts #keys": "keys of clients by thumbprint, kept as a text of its own, of bounded number",
  "life/event-listeners.ts #listeners": "living things",
  "life/group/group.ts #latest": "topics, named by living things of the builds that run",
  "life/group/group.ts #members": "workers",
  "life/group/member.ts owned": "living things",
  "life/group/outbox.ts #long": "the last value of each topic, and answers to questions, of bounded number",
  "life/group/outbox.ts #missed": "topics, named by living things",
  "life/group/owners.ts #owners": "living things",
  "life/group/questions.ts #open": "questions that wait for an answer, of bounded number",
  "life/group/worker-seat.ts #shared": "topics, named by living things",
  "life/group/worker-seat.ts #used": "topics, named by living things",
  "life/holders.ts #answers": "topics, named by living things",
  "life/latest-value.ts #listeners": "living things",
  "life/topics.ts #latest": "topics, named by living things",
  "life/topics.ts #events": "topics, named by living things",
  "log/pace.ts #paced": "events of a minute, of bounded number",
  "metrics/worker-sums.ts #latest": "workers",
  "fields/origin-list.ts #exact": "of the configuration",
  "policies/access-log/index.ts #redact": "of the configuration",
  "identity/mtls/index.ts #known": "certificates of connections, gone with them",
  "listener/clients/client-trust.ts #clients": "connections, of bounded number",
  "listener/clients/client-trust.ts #refused": "reasons, of a fixed number",
  "listener/clients/trust-expiry.ts #said": "lists of the configuration",
  "listener/clients/trust.ts #signers": "lists of the configuration",
  "identity/outward/token-cache.ts #known": "digests, of bounded number",
  "policies/identity-headers/signed-tokens.ts #known": "texts of their own, of bounded number and length",
  "identity/api-key/key-watch.ts #seen": "ids of keys that there are or were, of bounded number",
  "identity/api-key/key-watch.ts #asked": "questions to the store, of bounded number",
  "identity/api-key/recent-keys.ts #known": "digests, of bounded number",
  "identity/api-key/recent-keys.ts #unknown": "digests, of bounded number",
  "identity/api-key/static-keys.ts #identities": "of the configuration",
  "identity/api-key/stored-keys.ts #asked": "questions to the store, of bounded number",
  "identity/api-key/usage-count.ts #used": "ids of keys that there are, of bounded number",
  "limits/counter-table.ts #places": "keys kept as texts of their own, of bounded number and length",
  "stores/over-callers.ts #refusals": "keys kept as texts of their own, of bounded number and length",
  "stores/memory/memory-store.ts #limits": "of the configuration",
  "stores/memory/memory-store.ts #topics": "of the configuration",
  "stores/memory/group-counters.ts #leases": "keys kept as texts of their own, of bounded number and length",
  "stores/memory/group-counters.ts #asked": "calls that wait for the holder, of bounded number",
  "stores/memory/held-limit.ts #leases": "leases, of bounded number",
  "stores/memory/held-limit.ts #held": "keys on lease, of bounded number",
  "stores/memory/local-values.ts #values": "texts of their own, of bounded size together",
  "stores/redis/redis-store.ts #limits": "of the configuration",
  "stores/redis/caller-keys.ts #young": "callers kept as texts of their own, of bounded number and length",
  "stores/redis/caller-keys.ts #old": "the same",
  "stores/redis/caller.ts #breakers": "servers, of bounded number",
  "stores/redis/connection.ts #subscriptions": "of the configuration",
  "identity/jwt/scheme.ts #issuers": "of the configuration",
  "identity/jwt/verified-tokens.ts #young": "tokens kept as texts of their own, of bounded number and size together",
  "identity/jwt/verified-tokens.ts #old": "the same",
  "policies/external-authorization/decision-cache.ts #kept":
    "digests, of bounded number, with fields of answers of bounded length",
  "policies/rate-limit/index.ts #tiers": "of the configuration",
  "policies/rewrite/query-edits.ts #rename": "of the configuration",
  "policies/rewrite/query-edits.ts #remove": "of the configuration",
  "process/worker-pool.ts #serving": "workers",
  "process/worker-pool.ts #startedAt": "workers",
  "process/worker-pool.ts #silence": "workers",
  "process/worker-pool.ts #busy": "workers",
  "process/worker-questions.ts #open": "questions to workers that wait for an answer",
  "process/worker-pool.ts #restarts": "workers",
  "upstream/attempts/breaker.ts #probing": "attempts under way, no more than must succeed",
  "upstream/attempts/breakers.ts #known": "operations of the gateway",
  "upstream/attempts/ejection.ts #known": "endpoints of the service",
  "upstream/http2/http2-pool.ts #all": "sessions, of bounded number",
  "upstream/http2/http2-pool.ts #opening": "sessions, of bounded number",
  "upstream/http2/http2-session.ts #streams": "streams, of bounded number",
  "upstream/names.ts #known": "names of the configuration",
  "upstream/origin-pool.ts #all": "connections, of bounded number",
  "upstream/origin-pool.ts #opening": "connections, of bounded number",
  "validation/run.ts #known": "of one judgement",
  "validation/run.ts #told": "of one judgement",
  "validation/linear-pattern.ts under": "states of a pattern of the schema, of bounded number",
  "validation/linear-pattern.ts #states": "states of a pattern of the schema, of bounded number",
  "validation/linear-pattern.ts #words": "of the schema",
};

/** A field or a module variable that holds a collection, or the last text that came. */
const collections = [
  /^ {2}(?:static |readonly )*(#?\w+)(?:: [^=\n]+)? = new (?:Map|Set|WeakMap)\b/gm,
  /^ +(?:this\.)(#?\w+) = new (?:Map|Set|WeakMap)\b/gm,
  /^(?:let|const) (\w+): (?:Map|Set|WeakMap|Record)\b/gm,
  /^ {2}(?:readonly )?(#last\w+): string\b/gm,
];

const found = new Set(
  sourceFiles("runtime").flatMap(({ path, text }) =>
    collections.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => `${path.slice("runtime/".length)} ${name}`)),
  ),
);

it("every collection of the run-time library that outlives a request is known, with what bounds it", () => {
  expect([...found].filter((place) => !(place in known))).toEqual([]);
});

it("nothing is known that is not there", () => {
  expect(Object.keys(known).filter((place) => !found.has(place))).toEqual([]);
});
