import crypto from "node:crypto";
import type { FetchPlan } from "../../caching/answer-cache.ts";
import { type Directives, fieldsOf, readDirectives, secondsOf } from "../../caching/directives.ts";
import { freshnessOf, guessedLifetime, type Said } from "../../caching/freshness.ts";
import { opaque } from "../../caching/preconditions.ts";
import { impliedLifetime, isHeuristic, isNegative, mayStore, type StoringRules } from "../../caching/storability.ts";
import {
  fieldsOfHead,
  keptLines,
  type StoredAnswer,
  storedHead,
  updatedLines,
  withoutFields,
} from "../../caching/stored-answer.ts";
import { variantOf, variedBy } from "../../caching/vary.ts";
import type { Answer, Exchange } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";
import type { CacheConfig } from "./config.ts";

/** What is to be kept of an answer, but for its body; undefined: nothing. */
export function draftOf(
  x: Exchange,
  plan: FetchPlan,
  { status, headers }: Answer,
  config: CacheConfig,
): StoredAnswer | undefined {
  const asked = readDirectives(x.headers.get("cache-control"));
  const spoken = saidBy(headers, config);
  const said = spoken.directives;
  if (!mayStore(x.headers, asked, status, headers, said, config.rules)) return undefined;
  const lines = keptLines(headers, ownFields(said, config));
  // It is that of the moment at which it came, and not at which it is served (RFC 9110 §6.6.1).
  if (!headers.has("date")) lines.push("Date", httpDateNow());
  const draft = answerOf(x, plan, status, new HeaderList(lines), headers, spoken, config);
  const { lifetime, age, staleWhileRevalidate, staleIfError, etag, lastModified, isAskedFirst } = draft;
  const isFreshOnce = !isAskedFirst && lifetime + Math.max(staleWhileRevalidate, staleIfError) > age;
  const isOfUse = isFreshOnce || (etag ?? lastModified) !== undefined;
  if (isVariedUnseen(x.headers, draft.varied, config)) return undefined;
  return isOfUse && (isExplicit(spoken) || (isHeuristic(status, said) && !isEventStream(headers))) ? draft : undefined;
}

/** Events of the moment, unless the service says for how long: who comes later would get those that have been. */
const isEventStream = (headers: HeaderList): boolean => /^\s*text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");

/**
 * The request has a field of `Vary` under a name such as `X_Region` for `X-Region`, which is the same to services that know fields as
 * variables (RFC 3875 §4.1.18), and another one here: the answer may be that of a variant which was not asked for.
 */
export function isVariedUnseen(request: HeaderList, varied: readonly string[], { fields }: CacheConfig): boolean {
  if (varied.length === 0) return false;
  const variables = new Set(varied.map(variableOf));
  return request.lines.some((text, at) => {
    const name = at % 2 === 0 ? text.toLowerCase() : "";
    return variables.has(variableOf(name)) && !varied.includes(name) && fields?.has(name) !== false;
  });
}

/**
 * What does not reach the service makes no difference, whatever it says. A content coding is one that this client takes, also where
 * the service forgets to say that it goes by that.
 */
export function variesBy(headers: HeaderList, { fields }: CacheConfig): readonly string[] {
  const named = variedBy(headers).filter((name) => fields?.has(name) !== false);
  return headers.has("content-encoding") && !named.includes(codings) ? [...named, codings].sort() : named;
}

const codings = "accept-encoding";

const variableOf = (name: string): string => name.replace(/[^a-z0-9]/g, "_");

/** Names of fields that are for the one who asked, in lower case, where the rest is for others too (RFC 9111 §5.2.2.4, §5.2.2.7). */
const ownFields = (said: Directives, { rules }: CacheConfig): readonly string[] => [
  ...(fieldsOf(said, "no-cache") ?? []),
  ...(rules.isPersonal ? [] : (fieldsOf(said, "private") ?? [])),
  ...strippedFields(rules),
];

/** Names of fields that nobody gets with what is kept, in lower case. */
export const strippedFields = ({ stripsCookies }: StoringRules): readonly string[] => (stripsCookies ? ["set-cookie"] : []);

export const hasOwnFields = (headers: HeaderList, config: CacheConfig): boolean =>
  ownFields(saidBy(headers, config).directives, config).some((name) => headers.has(name));

function saidBy(headers: HeaderList, { targets }: CacheConfig): Said {
  const targeted = targets?.of(headers);
  return targeted === undefined
    ? { directives: readDirectives(headers.get("cache-control")), expires: headers.all("expires")[0] }
    : { directives: targeted, expires: undefined };
}

const isExplicit = ({ directives, expires }: Said): boolean =>
  directives.has("max-age") || directives.has("s-maxage") || expires !== undefined;

/** `s-maxage` forbids stale answers (RFC 9111 §5.2.2.10), unless the service itself says how stale they may be. */
const saysStale = (said: Directives): boolean => said.has("stale-while-revalidate") || said.has("stale-if-error");

const httpDateNow = (): string => new Date(clock.wall()).toUTCString();

/** `headers`: as it came, with its age; `kept`: what of it is kept. */
function answerOf(
  x: Exchange,
  plan: FetchPlan,
  status: number,
  kept: HeaderList,
  headers: HeaderList,
  spoken: Said,
  config: CacheConfig,
): StoredAnswer {
  const said = spoken.directives;
  // How long the answer took, no clock says that may have been turned meanwhile.
  const [now, took] = [clock.wall(), clock.monotonic() - plan.at.monotonic];
  const { age, lifetime } = freshnessOf(headers, spoken, now - took, now);
  const known = lifetime ?? impliedLifetime(status, said, guessedLifetime(headers, clock.wall()), config.rules);
  const varied = variesBy(headers, config);
  return {
    status,
    head: storedHead(kept.lines),
    body: Buffer.alloc(0),
    // `kept` has texts of its own.
    etag: kept.single("etag") ?? undefined,
    lastModified: kept.single("last-modified") ?? undefined,
    receivedAt: clock.monotonic(),
    age,
    lifetime: known ?? 0,
    // A failure is served stale only where the service says so, and so is what has no lifetime to be behind.
    staleWhileRevalidate:
      secondsOf(said, "stale-while-revalidate") ?? (status >= 500 || known === undefined ? 0 : config.staleWhileRevalidate),
    staleIfError:
      secondsOf(said, "stale-if-error") ??
      (status >= 500 || (known === undefined && isNegative(status)) ? 0 : config.staleIfError),
    isAskedFirst: said.has("no-cache") && fieldsOf(said, "no-cache") === undefined,
    isNeverStale: said.has("must-revalidate") || said.has("proxy-revalidate") || (said.has("s-maxage") && !saysStale(said)),
    varied,
    variant: keptText(variantOf(x.headers, varied, config.negotiation)),
    told: undefined,
    coded: undefined,
    takers: undefined,
    grown: undefined,
  };
}

/**
 * The stored answer as a 304 makes it new (RFC 9111 §4.3.4). `whole`: for the one who asked; `kept`: for others too, without what
 * is for that one alone; undefined: it is not to be kept. `isForbidden`: nor is what is there.
 */
export function validated(
  x: Exchange,
  plan: FetchPlan,
  stored: StoredAnswer,
  { headers }: Answer,
  config: CacheConfig,
): { readonly whole: StoredAnswer; readonly kept: StoredAnswer | undefined; readonly isForbidden: boolean } {
  const { rules } = config;
  const whole = renewed(x, plan, stored, headers, strippedFields(rules), config);
  const fields = fieldsOfHead(whole.head);
  const said = saidBy(fields, config).directives;
  const own = [...(rules.keepsCookies ? [] : ["set-cookie"]), ...ownFields(said, config)].filter((name) => fields.has(name));
  const kept = own.length === 0 ? whole : renewed(x, plan, stored, headers, own, config);
  const asked = readDirectives(x.headers.get("cache-control"));
  const mayBe = (request: HeaderList, wanted: Directives): boolean =>
    mayStore(request, wanted, stored.status, fieldsOfHead(kept.head), said, rules);
  const isKept = mayBe(x.headers, asked);
  // Whoever asked for it.
  return { whole, kept: isKept ? kept : undefined, isForbidden: !isKept && !mayBe(new HeaderList([]), new Map()) };
}

/**
 * A 304 that names another representation than the one that was asked about says that this one still holds, and no more: it updates
 * nothing (RFC 9111 §4.3.4). Compared weakly, as services weaken the tags of what they compress.
 */
export function isOfAnother({ etag }: StoredAnswer, headers: HeaderList): boolean {
  const named = headers.single("etag");
  return etag !== undefined && typeof named === "string" && opaque(named) !== opaque(etag);
}

/** All lines of what a 304 makes new. */
export const renewedLines = (stored: StoredAnswer, headers: HeaderList): readonly string[] =>
  updatedLines(fieldsOfHead(stored.head).lines, keptLines(headers, []));

/** `without`: names of fields that are left out, in lower case. */
function renewed(
  x: Exchange,
  plan: FetchPlan,
  stored: StoredAnswer,
  headers: HeaderList,
  without: readonly string[],
  config: CacheConfig,
): StoredAnswer {
  const lines = withoutFields(renewedLines(stored, headers), without);
  const kept = new HeaderList(lines);
  if (!headers.has("date")) kept.set("Date", httpDateNow());
  // The age of a 304 that says nothing of it is that of the moment.
  const now = new HeaderList([...kept.lines, ...headers.all("age").flatMap((age) => ["Age", age])]);
  const answer = answerOf(x, plan, stored.status, kept, now, saidBy(kept, config), config);
  const { body, coded, takers, etag, lastModified } = stored;
  return { ...answer, body, coded, takers, etag, lastModified };
}

/** With a validator of our own where the service has none (RFC 9110 §8.8), so that clients need not get it again. */
export function withBody(draft: StoredAnswer, body: Buffer): StoredAnswer {
  if (draft.status !== 200 || draft.etag !== undefined || draft.lastModified !== undefined) return { ...draft, body };
  const tag = crypto.hash("sha256", body, "base64url").slice(0, 22);
  return { ...draft, body, head: storedHead([...fieldsOfHead(draft.head).lines, "ETag", `"${tag}"`]) };
}
