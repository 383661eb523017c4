import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Entries, EntriesIn, EntryPlace, Home, Hosted, HostingStore } from "../../stores/entries.ts";
import { type Failed, isFailed, type Store } from "../../stores/store.ts";
import type { FetchPlan } from "../answer-cache.ts";
import type { AnswerSpace, AnswerStore, AnswersIn, Kept } from "../answer-store.ts";
import type { StoreFigures } from "../cache-counts.ts";
import type { StoredAnswer } from "../stored-answer.ts";
import { Contact } from "./contact.ts";
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
  /** It was, the server has nothing else for the key, and its epoch is that of now. */
  readonly isWhole: boolean;
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
  readonly #contacts: ReadonlyMap<Home, Contact>;
  /** It grows with each epoch that begins. */
  epochs = 0;
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
      ({ home }) => this.#contactWith(home).lastEpoch,
    );
    const newEpoch = (): void => void this.epochs++;
    this.#contacts = new Map(
      entries.homes.map((home) => [home, new Contact(home, new Untold((base) => entries.drop(base)), newEpoch)]),
    );
    entries.messages?.subscribe(
      // Whoever publishes is a gateway of the same name.
      (message) => this.#heard(message as unknown as Change),
      () => this.#tell(undefined),
    );
  }

  start(life: Life): void {
    this.leads.start(life);
    for (const contact of this.#contacts.values()) contact.start(life);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#contacts.values()].map((contact) => contact.stop()));
  }

  /** Absent where messages say what changes. */
  get markOf(): ((base: string) => Promise<string | null | Failed>) | undefined {
    if (this.entries.messages !== undefined) return undefined;
    return (base) => this.entries.at(hashed(base), "", "").mark();
  }

  changing(): void {
    for (const contact of this.#contacts.values()) contact.isChanging = true;
  }

  figures(asking: object): StoreFigures | undefined {
    this.#telling ??= asking;
    if (this.#telling !== asking) return undefined;
    let untold = 0;
    for (const contact of this.#contacts.values()) untold += contact.untold.size;
    return { name: this.#name, untold };
  }

  onChange(listener: (base: string | undefined) => void): void {
    this.#listeners.push(listener);
  }

  changed(base: string): void {
    this.#tell(base);
    // Who asks from now on does not get what was read before.
    for (const [place, reading] of this.#reads) if (reading.base === base) this.#reads.delete(place);
    const name = hashed(base);
    void this.#contactWith(this.entries.homeOf(name)).untold.tell(name);
    this.entries.messages?.publish({ from: this.#id, base });
  }

  #heard({ from, base }: Change): void {
    if (from !== this.#id) this.#tell(base);
  }

  #tell(base: string | undefined): void {
    for (const listener of this.#listeners) listener(base);
  }

  placeOf(key: string, base: string): EntryPlace | undefined {
    const place = this.#places.of(key, base);
    return this.#contactWith(place.home).untold.has(base) ? undefined : place;
  }

  /** All of them are made at once. */
  #contactWith(home: Home): Contact {
    return this.#contacts.get(home)!;
  }

  /** Undefined: nobody knows which epoch it is, so that nothing that is kept counts. */
  async knownEpoch({ home }: EntryPlace): Promise<string | undefined> {
    const contact = this.#contactWith(home);
    if (contact.epoch === undefined) await contact.beat();
    return contact.epoch;
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
    const epoch = this.#contactWith(place.home).epoch ?? (await this.knownEpoch(place));
    if (epoch === undefined) return unsettled;
    const read = await place.read();
    return read === undefined || isFailed(read) ? read : decodeEntry(read, place.whose, epoch);
  }

  add(plan: FetchPlan, answer: StoredAnswer): void {
    const failing = logged("an answer could not be kept");
    this.keep(plan, answer)?.catch(contained(failing, (error: unknown) => failing.broke(error)));
  }

  /** Undefined: there is no place for it. */
  keep(plan: FetchPlan, answer: StoredAnswer): Promise<Written> | undefined {
    const ticket = this.leads.ticketOf(plan);
    if (ticket === undefined) return undefined;
    const { mark, place, epoch } = ticket;
    const version = newId();
    const span = spanOf(answer, clock.monotonic());
    const entry = encodeEntry(answer, { version, mark, whose: place.whose, epoch, span });
    if (entry.length > this.entries.maxBytes) {
      // Its fields, or its tags, are larger than the room that is left for them beside a body.
      this.leads.settle(plan, "apart");
      return undefined;
    }
    // The lead ends with the entry.
    const owner = this.leads.end(ticket) ? ticket.owner : undefined;
    return this.#write(ticket, entry, owner, { variants: [answer], version, mark });
  }

  async #write(
    { place, work, epoch }: Ticket,
    entry: Buffer,
    owner: string | undefined,
    resource: SharedResource,
  ): Promise<Written> {
    const parts = await place.write(entry, work, owner);
    return { resource, isWhole: parts === 1 && epoch === this.#contactWith(place.home).lastEpoch };
  }
}

interface Reading {
  readonly base: string;
  readonly kept: Promise<Kept>;
}

type Change = { readonly from: string; readonly base: string };

const unsettled: Failed = {
  failed: "the store has not been told yet what was changed, or has not said yet what others could not tell",
};
