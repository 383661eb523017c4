import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { EntriesIn } from "../../stores/entries.ts";
import { isFailed, type SharingStore, type Store } from "../../stores/store.ts";
import type { FetchPlan } from "../answer-cache.ts";
import type { AnswerSpace, AnswerStore, AnswersIn, Kept } from "../answer-store.ts";
import type { StoreFigures } from "../cache-counts.ts";
import type { Leads } from "../leads.ts";
import { MemoryAnswers } from "../memory-answers.ts";
import type { StoredAnswer } from "../stored-answer.ts";
import type { SharedResource } from "./entry.ts";
import { type SharedSpace, sharedSpaceIn, type Written } from "./shared-space.ts";

export interface NearSpacesConfig {
  readonly entries: EntriesIn;
  readonly memory: SharingStore;
  /** Milliseconds after which the server is asked whether what is in memory still counts. */
  readonly checkAfter: number;
}

/** Answers in memory, in front of a server that several instances share. */
export const createNearSpaces = ({ entries, memory, checkAfter }: NearSpacesConfig): AnswersIn => ({
  __made: true,
  open(store: Store) {
    const far = sharedSpaceIn(store, entries);
    const kind = `answers of ${store.name} checked after ${checkAfter}`;
    return memory.shared(kind, (maxBytes) => new NearSpace(store.name.replace(/^stores\./, ""), far, maxBytes, checkAfter));
  },
});

/** A copy of what the server has. */
interface Copy extends SharedResource {
  /** Monotonic milliseconds at which the server was asked for it, or for its mark. */
  checkedAt: number;
  /** Epochs of the server by then. */
  readonly epochs: number;
}

/** A look at the server that a change may outrun. */
interface Look {
  readonly base: string;
  isOutrun: boolean;
}

class NearSpace implements AnswerSpace, AnswerStore {
  readonly readsBase = true;
  readonly answers: AnswerStore = this;
  readonly leads: Leads;
  readonly maxBytes: number;
  readonly #far: SharedSpace;
  readonly #copies: MemoryAnswers;
  readonly #name: string;
  #telling: object | undefined = undefined;
  readonly #checkAfter: number;
  readonly #looks = new Set<Look>();
  readonly #checks = new Map<Copy, Promise<Kept>>();
  /** Messages may have been missed before: what was checked by then is checked again. */
  #gapAt = Number.NEGATIVE_INFINITY;

  /** `name`: of the server, as in `stores`. */
  constructor(name: string, far: SharedSpace, maxBytes: number, checkAfter: number) {
    this.#name = name;
    this.#far = far;
    this.#copies = new MemoryAnswers(maxBytes);
    this.#checkAfter = checkAfter;
    const { leads } = far;
    this.leads = {
      before: (plan, departure) => leads.before(plan, departure, (key, base) => this.#read(key, base)),
      keeps: (plan) => leads.keeps(plan),
      settle: (plan, outcome) => leads.settle(plan, outcome),
    };
    this.maxBytes = far.maxBytes;
    far.onChange((base) => this.#changed(base));
  }

  figures(asking: object): StoreFigures | undefined {
    this.#telling ??= asking;
    const far = this.#far.figures(asking);
    return this.#telling === asking ? { ...far, name: this.#name, memory: this.#copies.figures } : far;
  }

  onChange(listener: (base: string | undefined) => void): void {
    this.#far.onChange(listener);
  }

  changed(base: string): void {
    this.#far.changed(base);
  }

  get markOf(): SharedSpace["markOf"] {
    return this.#far.markOf;
  }

  changing(): void {
    this.#far.changing();
  }

  #changed(base: string | undefined): void {
    for (const look of this.#looks) if (base === undefined || look.base === base) look.isOutrun = true;
    if (base === undefined) this.#gapAt = clock.monotonic();
    else this.#copies.invalidate(base);
  }

  get(key: string, base: string): Kept | Promise<Kept> {
    // Nothing else is put there.
    const copy = this.#copies.get(key) as Copy | undefined;
    if (copy === undefined) return this.#read(key, base);
    const now = clock.monotonic();
    if (copy.epochs !== this.#far.epochs) return this.#read(key, base);
    if (now - copy.checkedAt < this.#checkAfter && copy.checkedAt > this.#gapAt) return copy;
    let check = this.#checks.get(copy);
    if (check === undefined) {
      check = this.#check(key, base, copy);
      this.#checks.set(copy, check);
      void check.then(contained(logged("a look at a store could not be ended"), () => void this.#checks.delete(copy)));
    }
    return check;
  }

  /** What is in memory counts as long as the mark of its base is the same. */
  async #check(key: string, base: string, copy: Copy): Promise<Kept> {
    const place = this.#far.placeOf(key, base);
    if (place === undefined) return this.#far.get(key, base);
    const look = this.#look(base);
    const now = clock.monotonic();
    const isKnown = (await this.#far.knownEpoch(place)) !== undefined;
    const mark = await place.mark();
    this.#looks.delete(look);
    if (mark !== null && isFailed(mark)) return mark;
    if (!isKnown || mark !== copy.mark || copy.epochs !== this.#far.epochs || look.isOutrun) return this.#read(key, base);
    copy.checkedAt = now;
    return copy;
  }

  #look(base: string): Look {
    const look = { base, isOutrun: false };
    this.#looks.add(look);
    return look;
  }

  async #read(key: string, base: string): Promise<Kept> {
    const look = this.#look(base);
    const checkedAt = clock.monotonic();
    const place = this.#far.placeOf(key, base);
    // So that it is known by which epoch it is read.
    if (place !== undefined) await this.#far.knownEpoch(place);
    const { epochs } = this.#far;
    const kept = await this.#far.get(key, base);
    this.#looks.delete(look);
    if (look.isOutrun || (kept !== undefined && isFailed(kept))) return kept;
    if (kept === undefined) this.#copies.delete(key);
    // Its bodies are parts of what came from the server in one piece, with whatever else did.
    else
      this.#copies.put(key, base, copyOf({ ...(kept as SharedResource), variants: kept.variants.map(whole) }, checkedAt, epochs));
    return kept;
  }

  add(plan: FetchPlan, answer: StoredAnswer): void {
    const look = this.#look(plan.base);
    const checkedAt = clock.monotonic();
    const { epochs } = this.#far;
    const written = this.#far.keep(plan, answer);
    const keeping = (given: Written | undefined): void => {
      this.#looks.delete(look);
      if (given?.isWhole === true && !look.isOutrun)
        this.#copies.put(plan.key, plan.base, copyOf(given.resource, checkedAt, epochs));
      // What the server does not have is nobody's, and what else it has is read from it.
      else this.#copies.delete(plan.key);
    };
    if (written === undefined) keeping(undefined);
    else {
      const failing = logged("an answer could not be kept");
      written.then(
        contained(failing, keeping),
        contained(failing, (error: unknown) => failing.broke(error)),
      );
    }
  }
}

const copyOf = (resource: SharedResource, checkedAt: number, epochs: number): Copy => ({ ...resource, checkedAt, epochs });

const whole = (answer: StoredAnswer): StoredAnswer => ({ ...answer, body: Buffer.from(answer.body), takers: undefined });
