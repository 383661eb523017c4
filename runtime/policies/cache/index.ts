import { refuse } from "../../answers/problem.ts";
import type { AnswerCache, FetchPlan, Finding, Relayed, Served, ServedAnswer, Verdict } from "../../caching/answer-cache.ts";
import type { AnswerSpace, Kept } from "../../caching/answer-store.ts";
import type { CacheOutcome } from "../../caching/cache-counts.ts";
import { type Directives, readDirectives } from "../../caching/directives.ts";
import type { Leads } from "../../caching/leads.ts";
import { PassMarks } from "../../caching/pass-marks.ts";
import { asksPlainly, isNotModified } from "../../caching/preconditions.ts";
import { freshFor, mayBeStale, type StoredAnswer, type StoredResource, toldAt } from "../../caching/stored-answer.ts";
import { acceptedCodings, variantOf } from "../../caching/vary.ts";
import type { Answer, Exchange, UpstreamRequest } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import type { MetricFamily, MetricsPart } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import { isFailed } from "../../stores/store.ts";
import type { CacheConfig } from "./config.ts";
import {
  draftOf,
  hasOwnFields,
  isOfAnother,
  isVariedUnseen,
  renewedLines,
  strippedFields,
  validated,
  variesBy,
  withBody,
} from "./draft.ts";
import { dropChanged, isUnsafe } from "./drop-changed.ts";
import { baseOf, keyOf } from "./key.ts";
import { keyedQuery } from "./keyed-query.ts";
import { notModified, servedAnswer } from "./served.ts";
import { memberName, tellStatus } from "./tell-status.ts";
import { freshForClient, groupOf, isFetchedAlone, isForcedBy } from "./wanted.ts";

export type { NegotiationConfig } from "../../caching/negotiation.ts";
export type { CacheConfig } from "./config.ts";

/** Milliseconds in which requests for what could not be kept do not wait for each other. */
const passTerm = 10_000;

export const createCache = (config: CacheConfig): Cache => new Cache(config);

/** What is told of an exchange, and what it asks the service for. */
interface Noted {
  /** A member of `Cache-Status` (RFC 9211); empty: none. */
  readonly status: string;
  readonly fetch: FetchPlan | undefined;
  /** The answer is one that was kept. */
  readonly isHit: boolean;
}

/** Keeps answers of the service to GET, and serves them in its place (RFC 9111). */
export class Cache implements AnswerCache, MetricsPart {
  readonly #config: CacheConfig;
  readonly #name: string;
  readonly #space: AnswerSpace;
  readonly #maxBytes: number;
  readonly #leads: Leads | undefined;
  readonly depart: AnswerCache["depart"];
  readonly flights = new Map<string, object>();
  readonly #nothing: Directives = new Map();
  readonly #marks = new PassMarks(passTerm);
  /** Fetches under way, which what changes a resource outruns. */
  readonly #fetches = new Set<FetchPlan>();

  constructor(config: CacheConfig) {
    this.#config = config;
    this.#name = memberName(config.name);
    this.#space = config.answers.open(config.store);
    if (config.hasChanges) this.#space.changing?.();
    this.#maxBytes = Math.min(config.maxBytes, this.#space.maxBytes);
    const { leads } = this.#space;
    const { departure } = config;
    this.#leads = leads;
    if (leads !== undefined && departure !== undefined)
      this.depart = (plan, flight, isShared) => leads.before(plan, departure(flight, isShared));
    this.#space.onChange((base) => {
      for (const plan of this.#fetches) if (base === undefined || plan.base === base) plan.isOutrun = true;
    });
  }

  find(x: Exchange): Finding | Promise<Finding> {
    const isPlain = asksPlainly(x.headers);
    const asked = isPlain ? this.#nothing : readDirectives(x.headers.get("cache-control"));
    const isOnlyKept = asked.has("only-if-cached") && !isUnsafe(x.method);
    const isOutside = !isPlain && ((asked.has("no-store") && !isOnlyKept) || mustNotMatch(x.headers));
    const key = isOutside ? undefined : this.keyFor(x);
    if (key === undefined) return isOnlyKept ? this.#refuse(x) : this.#bypass(x, "bypass");
    const { answers } = this.#space;
    const given = answers.get(key, answers.readsBase ? baseOf(x, this.#config) : "");
    return given instanceof Promise ? this.#later(x, key, asked, given) : this.#judged(x, key, asked, given);
  }

  async #later(x: Exchange, key: string, asked: Directives, given: Promise<Kept>): Promise<Finding> {
    return this.#judged(x, key, asked, await given);
  }

  /** Undefined: the request is none that can be answered out of a cache. */
  protected keyFor(x: Exchange): string | undefined {
    return (x.method === "GET" || x.method === "HEAD") && !x.hasBody ? keyOf(x, this.#config) : undefined;
  }

  #bypass(x: Exchange, why: string): Finding {
    this.#config.counts?.add("bypass");
    this.#note(x, `${this.#name}; fwd=${why}`);
    return { kind: "bypass" };
  }

  #judged(x: Exchange, key: string, asked: Directives, kept: Kept): Finding {
    const isUnknown = kept !== undefined && isFailed(kept);
    const found = isUnknown ? undefined : kept;
    const now = clock.monotonic();
    const { purging } = this.#config;
    const resource = purging === null ? found : purging.still(found);
    const stored = resource === undefined ? undefined : this.#selected(x, resource);
    const isForced = this.#config.clientsMayRevalidate && isForcedBy(asked, x.headers);
    if (stored !== undefined && !isForced) {
      const left = this.#config.clientsMayRevalidate ? freshForClient(stored, asked, now) : freshFor(stored, now);
      // A client that says how fresh it wants an answer wants no stale one.
      const isSettled = this.#config.clientsMayRevalidate && (asked.has("max-age") || asked.has("min-fresh"));
      if (left > 0) return { kind: "hit", served: this.#hit(x, stored, now) };
      if (!isSettled && mayBeStale(stored, stored.staleWhileRevalidate, now)) {
        // An answer to HEAD is none to GET: the next GET has it made new.
        const served = this.#hit(x, stored, now);
        if (x.method === "HEAD") return { kind: "hit", served };
        return { kind: "stale", served, fetch: this.#plan(x, key, found, stored, "stale") };
      }
    }
    if (asked.has("only-if-cached")) return this.#refuse(x);
    // What others wait for is the whole answer to GET.
    if (x.method === "HEAD" || x.headers.has("range"))
      return this.#bypass(x, isUnknown ? unknown : stored === undefined ? "uri-miss" : "stale");
    const why = isUnknown
      ? unknown
      : isForced
        ? "request"
        : stored !== undefined
          ? "stale"
          : resource === undefined
            ? "uri-miss"
            : "vary-miss";
    return { kind: "fetch", fetch: this.#plan(x, key, found, stored, why) };
  }

  #plan(
    x: Exchange,
    key: string,
    resource: StoredResource | undefined,
    stored: StoredAnswer | undefined,
    why: FetchPlan["why"],
  ): FetchPlan {
    const varied = resource?.variants[0]?.varied ?? [];
    const { query } = this.#config;
    const group = groupOf(x, key, this.#config.rules);
    return {
      key,
      base: baseOf(x, this.#config),
      // A parameter that is not in the key must not have a say in the answer.
      query: query === null ? x.query : keyedQuery(x.query, query),
      group,
      flight: `${group}\n${variantOf(x.headers, varied, this.#config.negotiation)}`,
      isShared: !this.#marks.has(group) && !isFetchedAlone(stored) && !isVariedUnseen(x.headers, varied, this.#config),
      resource,
      stored,
      why,
      at: { wall: clock.wall(), monotonic: clock.monotonic() },
      target: x.target?.name ?? "",
      isOutrun: false,
      ...this.#config.purging?.planned(x, this.#config.byIdentity, query),
    };
  }

  #refuse(x: Exchange): Finding {
    this.#config.counts?.add("refused");
    this.#note(x, `${this.#name}; fwd=miss; detail=only-if-cached`);
    refuse(x, { status: 504, slug: "not-cached", title: "No answer is kept that the request could get", source: "cache" });
    return { kind: "refused" };
  }

  // The request to the service.

  begin(x: Exchange, plan: FetchPlan): void {
    this.#fetches.add(plan);
    this.#note(x, "", plan);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    const plan = this.#noted(x)?.fetch;
    if (plan === undefined) return;
    const { headers } = upstream;
    const { stored } = plan;
    const { fields, negotiation } = this.#config;
    fields?.restrict(headers);
    // Of what could not be kept before, the client's own questions are likely to be answered.
    if (plan.isShared || stored !== undefined) for (const name of ["if-none-match", "if-modified-since"]) headers.delete(name);
    // What is fetched is the whole, also where the one who has it fetched needs a part.
    for (const name of ["range", "if-range"]) headers.delete(name);
    if (stored?.etag !== undefined) headers.set("If-None-Match", stored.etag);
    if (stored?.lastModified !== undefined) headers.set("If-Modified-Since", stored.lastModified);
    const codings = acceptedCodings(headers.get("accept-encoding"));
    if (codings !== undefined) headers.set("Accept-Encoding", codings);
    negotiation?.settle(headers);
  }

  #selected(x: Exchange, { variants }: StoredResource): StoredAnswer | undefined {
    for (const one of variants) if (this.selects(x, one)) return one;
    return undefined;
  }

  selects(x: Exchange, { varied, variant, seal }: StoredAnswer): boolean {
    const asked = variantOf(x.headers, varied, this.#config.negotiation);
    return (seal === undefined ? asked : seal(asked)) === variant;
  }

  ended(plan: FetchPlan): void {
    this.#fetches.delete(plan);
    this.#leads?.settle(plan, "none");
  }

  /** Requests for it need not wait for each other for a while. */
  #pass(plan: FetchPlan): void {
    this.#marks.set(plan.group);
    this.#leads?.settle(plan, "apart");
  }

  judge(x: Exchange, plan: FetchPlan, answer: Answer, length: number): Verdict {
    const { stored } = plan;
    const { purging } = this.#config;
    const isRenewed = answer.status === 304 && stored !== undefined;
    const marks = purging?.marks(x, plan, answer, isRenewed ? renewedLines(stored, answer.headers) : undefined);
    const isKnowable = purging === null || marks !== undefined;
    const marked = (made: StoredAnswer): StoredAnswer => (marks === undefined ? made : { ...made, marks });
    if (isRenewed) {
      if (isOfAnother(stored, answer.headers)) return { kind: "serve", stored, isForAll: true };
      const made = validated(x, plan, stored, answer, this.#config);
      const whole = marked(made.whole);
      const kept = made.kept === undefined || !isKnowable ? undefined : made.kept === made.whole ? whole : marked(made.kept);
      if (kept !== undefined) this.#put(plan, kept);
      else {
        this.#pass(plan);
        // What is there is what it was before: it must not be kept either, or has tags that it is not known by.
        if (made.isForbidden || !isKnowable) this.#space.changed(plan.base);
      }
      return { kind: "serve", stored: whole, isForAll: whole === kept };
    }
    if (answer.status >= 500) {
      const instead = this.instead(plan);
      if (instead !== undefined) return { kind: "serve", stored: instead, isForAll: true };
      // A failure does not take the place of what may still be of use.
      if (stored !== undefined) return { kind: "pass" };
    }
    // A service that steps in for another one speaks for itself.
    const isOther = (x.target?.name ?? "") !== plan.target;
    const isKept = isKnowable && !isOther && length <= this.#maxBytes;
    const draft = isKept ? draftOf(x, plan, answer, this.#config) : undefined;
    if (draft === undefined) {
      // A request that is wrong, or a service that fails, says nothing of the resource.
      if (answer.status < 400 && !isVariedUnseen(x.headers, variesBy(answer.headers, this.#config), this.#config))
        this.#pass(plan);
      return { kind: "pass" };
    }
    for (const name of strippedFields(this.#config.rules)) answer.headers.delete(name);
    const isForAll = freshFor(draft, clock.monotonic()) > 0 && !hasOwnFields(answer.headers, this.#config);
    return { kind: "keep", maxBytes: this.#maxBytes, isForAll, draft: marked(draft) };
  }

  gaveUp(plan: FetchPlan): void {
    this.#pass(plan);
  }

  keep(plan: FetchPlan, draft: StoredAnswer, body: Buffer): StoredAnswer {
    const answer = withBody(draft, body);
    this.#put(plan, answer);
    return answer;
  }

  #put(plan: FetchPlan, answer: StoredAnswer): void {
    const { purging } = this.#config;
    if (!plan.isOutrun && (purging === null || purging.stillOne(answer) !== undefined)) this.#space.answers.add(plan, answer);
  }

  instead(plan: FetchPlan): StoredAnswer | undefined {
    const { purging } = this.#config;
    const stored = plan.stored === undefined || purging === null ? plan.stored : purging.stillOne(plan.stored);
    return stored !== undefined && mayBeStale(stored, stored.staleIfError, clock.monotonic()) ? stored : undefined;
  }

  isFor(x: Exchange, stored: StoredAnswer): boolean {
    return this.#config.purging?.isFor(x, stored) !== false;
  }

  // The answer to a client.

  #hit(x: Exchange, stored: StoredAnswer, now: number): ServedAnswer {
    const told = toldAt(stored, now);
    this.#config.counts?.add(freshFor(stored, now) > 0 ? "hit" : "stale");
    told.status ??= `${this.#name}; hit; ttl=${told.ttl}`;
    this.#note(x, told.status, undefined, true);
    return servedAnswer(x, stored, told, this.#config.isAltered);
  }

  serve(x: Exchange, stored: StoredAnswer, { fetch, status, isCollapsed }: Served): ServedAnswer {
    const told = toldAt(stored, clock.monotonic());
    this.#config.counts?.add(servedAs(status, isCollapsed));
    const collapsed = isCollapsed === true ? "; collapsed" : "";
    this.#note(x, `${this.#name}; fwd=${fetch.why}${statusText(status)}; ttl=${told.ttl}${collapsed}`);
    return servedAnswer(x, stored, told, this.#config.isAltered);
  }

  relay(x: Exchange, plan: FetchPlan, answer: Answer, { isStored, isCollapsed }: Relayed): ServedAnswer | undefined {
    this.#config.counts?.add(isCollapsed ? "coalesced" : "miss");
    const told = `${this.#name}; fwd=${plan.why}${statusText(answer.status)}${isStored && this.#leads?.keeps(plan) !== false ? "; stored" : ""}${isCollapsed ? "; collapsed" : ""}`;
    this.#note(x, told);
    // What the client asked for was kept from the service, so that it gives the whole.
    if (answer.status !== 200 || this.#config.isAltered) return undefined;
    return isNotModified(x.headers, answer.headers, clock.wall()) ? notModified(answer) : undefined;
  }

  failed(x: Exchange, { stored, why }: FetchPlan): void {
    this.#config.counts?.add("failed");
    this.#note(x, `${this.#name}; fwd=${why}`);
    // RFC 9111 §5.2.2.2.
    if (stored?.isNeverStale !== true || x.answer?.problem === undefined) return;
    refuse(x, {
      status: 504,
      slug: "not-validated",
      title: "The service could not be asked whether a stored answer still holds",
      source: "cache",
    });
  }

  protected isChange({ method }: Exchange): boolean {
    return isUnsafe(method);
  }

  response(x: Exchange): void {
    const { purging } = this.#config;
    if (this.isChange(x) && dropChanged(this.#space, x)) purging?.changed(x);
    const noted = this.#noted(x);
    if (purging !== null && noted?.isHit !== true) purging.strip(x.answer!);
    if (noted !== undefined && noted.status !== "") tellStatus(x.answer!.headers, noted.status);
  }

  collect(): readonly MetricFamily[] {
    return this.#config.counts?.families(this.#space.figures?.(this)) ?? [];
  }

  #note(x: Exchange, status: string, fetch?: FetchPlan, isHit = false): void {
    x.slots[this.#config.slot] = { status, fetch, isHit } satisfies Noted;
  }

  #noted(x: Exchange): Noted | undefined {
    // Nobody else writes to the slot.
    return x.slots[this.#config.slot] as Noted | undefined;
  }
}

/** As what kept answers count that are served, but not at once. */
function servedAs(status: number | undefined, isCollapsed: boolean | undefined): CacheOutcome {
  if (isCollapsed === true) return "coalesced";
  return status === 304 ? "revalidated" : "stale";
}

const statusText = (status: number | undefined): string => (status === undefined ? "" : `; fwd-status=${status}`);

/** Only the service knows whether they hold. */
const mustNotMatch = (headers: HeaderList): boolean => headers.has("if-match") || headers.has("if-unmodified-since");

/** RFC 9211 §2.2, §2.8. */
const unknown = "miss; detail=store-failure";
