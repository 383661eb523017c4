import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Entries, EntriesIn, EntryPlace, Hosted, HostingStore } from "../../stores/entries.ts";
import { type Failed, isFailed, type Store } from "../../stores/store.ts";
import type { FetchPlan } from "../answer-cache.ts";
import type { AnswerSpace, AnswerStore, AnswersIn, Kept } from "../answer-store.ts";
import type { StoreFigures } from "../cache-counts.ts";
import { type StoredAnswer, withVariant } from "../stored-answer.ts";
import { decodeEntry, encodeEntry, type SharedResource } from "./entry.ts";
import { hashed, newId, Places } from "./names.ts";
import { SharedLeads, type Ticket } from "./shared-leads.ts";
import { spanOf } from "./span.ts";
import { Untold } from "./untold.ts";

export interface SharedSpacesConfig {
  readonly entries: EntriesIn;
}

/** Answers in a server that several instances share. */
export const createSharedSpaces = ({ entries }: SharedSpacesConfig): AnswersIn => ({
  __made: true,
  open: (store) => sharedSpaceIn(store, entries),
});

export const sharedSpaceIn = (store: Store, entries: EntriesIn): SharedSpace =>
  // Which kind of store it is was settled when the gateway was built.
  (store as HostingStore).host("answers", () => new SharedSpace(store.name.replace(/^stores\./, ""), entries.open(store)));

/** Bytes of an entry beside a body: its fields, and some more variants. */
const besideBody = 16_384;

/** What was written, once it is known whether it was. */
export interface Written {
  readonly resource: SharedResource;
  readonly isWritten: boolean;
}

export class SharedSpace implements AnswerSpace, AnswerStore, Hosted {
  readonly readsBase = true;
  readonly answers: AnswerStore = this;
  readonly leads: SharedLeads;
  readonly maxBytes: number;
  readonly entries: Entries;
  readonly #name: string;
  #telling: object | undefined = undefined;
  readonly #places: Places;
  /** Many who ask at once share one look. */
  readonly #reads = new Map<EntryPlace, Reading>();
  readonly #untold: Untold;
  readonly #listeners: ((base: string | undefined) => void)[] = [];
  readonly #id = newId();

  /** `name`: as in `stores`. */
  constructor(name: string, entries: Entries) {
    this.#name = name;
    this.entries = entries;
    this.maxBytes = entries.maxBytes - besideBody;
    this.#places = new Places(entries);
    this.leads = new SharedLeads(
      (key, base) => this.placeOf(key, base),
      (key, base) => this.get(key, base),
    );
    this.#untold = new Untold((base) => entries.drop(base));
    entries.messages?.subscribe(
      // Whoever publishes is a gateway of the same name.
      (message) => this.#heard(message as unknown as Change),
      () => this.#tell(undefined),
    );
  }

  start(life: Life): void {
    this.leads.start(life);
    this.#untold.start(life);
  }

  figures(asking: object): StoreFigures | undefined {
    this.#telling ??= asking;
    return this.#telling === asking ? { name: this.#name, untold: this.#untold.size } : undefined;
  }

  onChange(listener: (base: string | undefined) => void): void {
    this.#listeners.push(listener);
  }

  changed(base: string): void {
    this.#tell(base);
    // Who asks from now on does not get what was read before.
    for (const [place, reading] of this.#reads) if (reading.base === base) this.#reads.delete(place);
    this.#untold.tell(hashed(base));
    this.entries.messages?.publish({ from: this.#id, base });
  }

  #heard({ from, base }: Change): void {
    if (from !== this.#id) this.#tell(base);
  }

  #tell(base: string | undefined): void {
    for (const listener of this.#listeners) listener(base);
  }

  placeOf(key: string, base: string): EntryPlace | undefined {
    return this.#untold.has(base) ? undefined : this.#places.of(key, base);
  }

  get(key: string, base: string): Promise<Kept> {
    const place = this.placeOf(key, base);
    if (place === undefined) return Promise.resolve(unsettled);
    const under = this.#reads.get(place);
    if (under !== undefined) return under.kept;
    const kept = this.#read(place);
    const reading = { base, kept };
    this.#reads.set(place, reading);
    // Another one may be under way by then, begun behind a change.
    const ending = contained(logged("a look at a store could not be ended"), () => {
      if (this.#reads.get(place) === reading) this.#reads.delete(place);
    });
    void kept.then(ending);
    return kept;
  }

  async #read(place: EntryPlace): Promise<SharedResource | Failed | undefined> {
    const read = await place.read();
    return read === undefined || isFailed(read) ? read : decodeEntry(read);
  }

  add(plan: FetchPlan, answer: StoredAnswer): void {
    const failing = logged("an answer could not be kept");
    this.keep(plan, answer)?.catch(contained(failing, (error: unknown) => failing.broke(error)));
  }

  /** Undefined: there is no place for it. */
  keep(plan: FetchPlan, answer: StoredAnswer): Promise<Written> | undefined {
    const ticket = this.leads.ticketOf(plan);
    if (ticket === undefined) return undefined;
    // The lead ends with the entry.
    const leads = this.leads.end(ticket);
    return this.#write(plan, ticket, leads ? ticket.owner : undefined, answer);
  }

  async #write(plan: FetchPlan, ticket: Ticket, owner: string | undefined, answer: StoredAnswer): Promise<Written> {
    const { place, mark, work } = ticket;
    const before = await this.get(plan.key, plan.base);
    const others = before === undefined || isFailed(before) ? undefined : before;
    const resource = { ...this.#fitting(withVariant(others, answer).variants), version: newId(), mark };
    const now = clock.monotonic();
    const span = Math.max(...resource.variants.map((one) => spanOf(one, now)));
    const entry = encodeEntry(resource, span);
    const isWritten = await place.write(entry, mark, span, work, owner);
    return { resource, isWritten: isWritten === true };
  }

  /** The first of them always has room: see `maxBytes`. */
  #fitting(variants: readonly StoredAnswer[]): { readonly variants: readonly StoredAnswer[] } {
    let left = this.entries.maxBytes;
    const fitting = variants.filter((one) => {
      left -= one.body.length + one.head.text.length * 2 + one.variant.length + 1_000;
      return left > 0;
    });
    return { variants: fitting };
  }
}

interface Reading {
  readonly base: string;
  readonly kept: Promise<Kept>;
}

type Change = { readonly from: string; readonly base: string };

const unsettled: Failed = { failed: "the store has not been told yet what was changed" };
