import { type Failed, isFailed, type Table, type TableStore, type Tables } from "../../stores/store.ts";
import type { KeyUse } from "./held-key.ts";
import { type KeyEntry, readEntry } from "./key-entry.ts";

/** What the store has is no entry. */
export interface Broken extends Failed {
  readonly broken: true;
}

/** The keys of one scheme in a store: by digest for requests, by id for operators, and how often each was used. */
export class KeyShelf {
  readonly #keys: Table;
  readonly #ids: Table;
  readonly #use: Table;

  constructor(scheme: string, store: TableStore, tables: Tables) {
    this.#keys = tables.open(store, `apiKeys:${scheme}`);
    this.#ids = tables.open(store, `apiKeyIds:${scheme}`);
    this.#use = tables.open(store, `apiKeyUse:${scheme}`);
  }

  /** @param digest SHA-256 of the key in base64url */
  async find(digest: string): Promise<KeyEntry | Broken | Failed | undefined> {
    const text = await this.#keys.get(digest);
    return text === null ? undefined : isFailed(text) ? text : entryOf(text);
  }

  async byId(id: string): Promise<KeyEntry | Failed | undefined> {
    const digest = await this.#ids.get(id);
    return digest === null ? undefined : isFailed(digest) ? digest : this.find(digest);
  }

  /** The id first: a key that counts can always be revoked. */
  async put(entry: KeyEntry): Promise<true | Failed> {
    const digest = Buffer.from(entry.hash, "hex").toString("base64url");
    const named = await this.#ids.set(entry.id, digest);
    return isFailed(named) ? named : this.#keys.set(digest, JSON.stringify(entry));
  }

  /** A part of the keys; one that somebody has changed meanwhile may come twice. */
  async part(
    from: string | undefined,
    count: number,
  ): Promise<{ readonly entries: readonly KeyEntry[]; readonly next: string | undefined } | Failed> {
    const part = await this.#keys.part(from, count);
    if (isFailed(part)) return part;
    const entries = part.fields.flatMap(([, text]) => {
      const entry = entryOf(text);
      return isFailed(entry) ? [] : [entry];
    });
    return { entries, next: part.next };
  }

  async used(ids: readonly string[]): Promise<readonly KeyUse[] | Failed> {
    if (ids.length === 0) return [];
    const found = await this.#use.getAll(ids.flatMap((id) => [`${id} n`, `${id} t`]));
    return isFailed(found)
      ? found
      : ids.map((_, index) => ({ count: Number(found[index * 2] ?? 0), last: Number(found[index * 2 + 1] ?? 0) }));
  }

  /** Adds what one process has counted. */
  async addUse(id: string, { count, last }: KeyUse): Promise<true | Failed> {
    const added = await this.#use.add(`${id} n`, count);
    return isFailed(added) ? added : this.#use.set(`${id} t`, String(last));
  }
}

/** What somebody else wrote into the store and is no entry, is no key either: it is said, and nobody passes. */
function entryOf(text: string): KeyEntry | Broken {
  try {
    return readEntry(JSON.parse(text), "the entry");
  } catch (error) {
    return {
      broken: true,
      failed: `the store has something else than a key: ${error instanceof SyntaxError ? "it is not JSON" : String(error)}`,
    };
  }
}
