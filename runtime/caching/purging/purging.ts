import type { Answer, Exchange } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";
import type { FetchPlan } from "../answer-cache.ts";
import { ageAt, doubted, type StoredAnswer, type StoredResource } from "../stored-answer.ts";
import { type AnswerMarks, type KeptMarks, sizeOfMarks } from "./marks.ts";
import type { PurgeAfter } from "./purge-after.ts";
import type { Purges } from "./purges.ts";
import type { Tagging } from "./tagging.ts";

export interface PurgingConfig {
  readonly purges: Purges;
  /** How answers get their tags; null: they have none. */
  readonly tagging: Tagging | null;
  /** What requests that change something purge; null: nothing. */
  readonly after: PurgeAfter | null;
}

export const createPurging = (config: PurgingConfig): Purging => new Purging(config);

/** What a cache does about purges. */
export class Purging {
  readonly #purges: Purges;
  readonly #tagging: Tagging | null;
  readonly #after: PurgeAfter | null;

  constructor({ purges, tagging, after }: PurgingConfig) {
    this.#purges = purges;
    this.#tagging = tagging;
    this.#after = after;
  }

  /** What a fetch that begins now has to know of it. `byIdentity`: its answer is for one caller; `query`: see `CacheConfig`. */
  planned(
    x: Exchange,
    byIdentity: boolean,
    query: readonly string[] | null,
  ): Pick<FetchPlan, "known" | "subject" | "isWithoutQuery"> {
    const subject = byIdentity ? x.identity?.subject : undefined;
    return {
      known: { era: this.#purges.era, number: this.#purges.number },
      isWithoutQuery: query !== null,
      ...(subject === undefined ? {} : { subject }),
    };
  }

  /** What is still of use of what is kept, undefined where nothing is. Where no purge came since it was looked at, that is one comparison. */
  still(resource: StoredResource | undefined): StoredResource | undefined {
    if (resource === undefined) return undefined;
    const { latest } = this.#purges;
    for (const { marks } of resource.variants) if (marks?.seen !== latest) return this.#judged(resource);
    return resource;
  }

  #judged(resource: StoredResource): StoredResource | undefined {
    const left: StoredAnswer[] = [];
    for (const one of resource.variants) {
      const now = this.stillOne(one);
      if (now !== undefined) left.push(now);
    }
    return left.length === 0 ? undefined : { ...resource, variants: left };
  }

  stillOne(stored: StoredAnswer): StoredAnswer | undefined {
    const { marks } = stored;
    const { latest } = this.#purges;
    if (marks?.seen === latest) return stored;
    // It was kept by a build without purges: nobody knows what was purged since then.
    const isOld = clock.monotonic() - stored.receivedAt > this.#purges.longest;
    const known = marks === undefined ? "unknown" : this.#purges.stateOf(marks);
    const state = isOld && known !== "gone" ? "unknown" : known;
    switch (state) {
      case "valid":
        marks!.seen = latest;
        return stored;
      case "gone":
        return undefined;
      case "unknown":
        return doubted(stored);
    }
    // As old then as it may become.
    return { ...stored, lifetime: Math.min(stored.lifetime, ageAt(stored, state)) };
  }

  /**
   * What the answer to a fetch is known by; takes the fields with tags off it. `renewed`: the lines of what a 304 makes new, which
   * keeps the tags that it had. Undefined: it has tags that cannot be known, and must not be kept.
   */
  marks(x: Exchange, plan: FetchPlan, answer: Answer, renewed: readonly string[] | undefined): KeptMarks | undefined {
    const { era, number } = plan.known!;
    const tags = this.#tagging === null ? [] : this.#tagsOf(x, plan, answer, renewed, this.#tagging);
    this.strip(answer);
    if (tags === undefined) return undefined;
    const { base, subject, isWithoutQuery = false } = plan;
    const marks: AnswerMarks = { tags, subject, uri: keptText(base.slice(base.indexOf("//"))), isWithoutQuery };
    return { ...marks, era, number, bytes: sizeOfMarks(marks), seen: -1 };
  }

  #tagsOf(
    x: Exchange,
    { stored }: FetchPlan,
    answer: Answer,
    renewed: readonly string[] | undefined,
    tagging: Tagging,
  ): readonly string[] | undefined {
    if (renewed === undefined || stored === undefined) return tagging.tagsOf(x, answer);
    // What expressions say of an answer does not change because it was only said that it still holds.
    const own = x.answer;
    x.answer = { ...answer, status: stored.status, headers: new HeaderList([...renewed]) };
    const tags = tagging.tagsOf(x, x.answer, stored.marks?.tags ?? []);
    x.answer = own;
    return tags;
  }

  /** Whether a request that waits for the answer may have it: none does that came behind a purge of it. */
  isFor(x: Exchange, { marks }: StoredAnswer): boolean {
    return marks === undefined || !this.#purges.isPurgedBy(marks, x.startedAt);
  }

  /** The service has done what a request asked for, which may have changed what others have. */
  changed(x: Exchange): void {
    this.#after?.response(x);
  }

  /** Takes off an answer what clients are not to have of it. */
  strip({ headers }: Answer): void {
    this.#tagging?.strip(headers);
    this.#after?.strip(headers);
  }
}
