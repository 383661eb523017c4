// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { keptText } from "../../exchange/kept-text.ts";
import type { Entries, EntryPlace } from "../../stores/entries.ts";
import { idLength, whoseLength } from "../../stores/entry-form.ts";

/** Places of a generation: those that were asked for lately are in one of two. */
const most = 5_000;

/** Characters of a name, of 43 that a digest has. */
const nameLength = 24;

/** Keys and URIs are as long as clients make them, and say who asked for what: a server has hashes of them. */
export const hashed = (text: string): string => digestOf(text).slice(0, nameLength);

const digestOf = (text: string): string => crypto.hash("sha256", text, "base64url");

/** What an entry says of whose it is: no part of its name, so that two keys which share the one do not share the other. */
const whoseOf = (digest: string): string => digest.slice(nameLength, nameLength + whoseLength);

/** Another one each time. */
export const newId = (): string => crypto.randomBytes(9).toString("base64url").slice(0, idLength);

/** Where the entries of keys are. Those that are asked for again and again are not worked out again and again. */
export class Places {
  readonly #entries: Entries;
  #young = new Map<string, EntryPlace>();
  #old = new Map<string, EntryPlace>();

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  of(key: string, base: string): EntryPlace {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const place = this.#old.get(key) ?? this.#placeOf(key, base);
    if (this.#young.size >= most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keptText(key), place);
    return place;
  }

  #placeOf(key: string, base: string): EntryPlace {
    const digest = digestOf(key);
    return this.#entries.at(hashed(base), digest.slice(0, nameLength), whoseOf(digest));
  }
}
