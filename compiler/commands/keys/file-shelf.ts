import { createHash } from "node:crypto";
import { type KeyFacts, makeKey, revokeKey, rotateKey, whyNotRotated } from "../../../runtime/identity/api-key/key-changes.ts";
import type { KeyEntry, KeyFile } from "../../../runtime/identity/api-key/key-entry.ts";
import { KeyForm } from "../../../runtime/identity/api-key/key-text.ts";
import { viewOf } from "../../../runtime/identity/api-key/key-view.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { changeKeyFile, readFile } from "./key-file.ts";
import type { MetadataCheck } from "./metadata-check.ts";
import { KeysProblem, type MadeKey, type Shelf, type ShownKey } from "./shelf.ts";

/** What keys begin with where nobody says. */
const usualPrefix = "key";

/** Keys in a file, changed where it lies; no gateway needs to run. */
export class FileShelf implements Shelf {
  readonly where: string;
  readonly #checked: () => Promise<MetadataCheck | undefined>;

  /** @param checked what is known of metadata; asked before a key is made or taken */
  constructor(path: string, checked: () => Promise<MetadataCheck | undefined>) {
    this.where = path;
    this.#checked = checked;
  }

  async list(): Promise<readonly ShownKey[]> {
    return readFile(this.where).keys.map(shown);
  }

  async show(id: string): Promise<ShownKey> {
    return shown(this.#entry(readFile(this.where), id));
  }

  async create(facts: KeyFacts, prefix: string | undefined): Promise<MadeKey> {
    const wrong = (await this.#checked())?.(facts);
    if (wrong !== undefined) throw new KeysProblem(`The key is not made: ${wrong}`);
    return changeKeyFile(this.where, newFile(prefix), (file) => {
      this.#checkPrefix(file, prefix);
      const { key, entry } = makeKey(file.prefix, facts, Date.now());
      return { file: { ...file, keys: [...file.keys, entry] }, result: { key, entry: shown(entry) } };
    });
  }

  async rotate(id: string, overlap: number, change: Partial<KeyFacts>): Promise<MadeKey> {
    const check = await this.#checked();
    return changeKeyFile(this.where, undefined, (file) => {
      const before = this.#entry(file, id);
      const why = whyNotRotated(before, Date.now());
      if (why !== undefined) throw new KeysProblem(`The key ${id} is not rotated. ${why}`);
      const wrong = check?.({ ...before, ...change });
      if (wrong !== undefined) throw new KeysProblem(`The key ${id} is not rotated: ${wrong}`);
      const { key, entry, old } = rotateKey(before, file.prefix, overlap, change, Date.now());
      const keys = [...replaced(file.keys, old), entry];
      return { file: { ...file, keys }, result: { key, entry: shown(entry), old: shown(old) } };
    });
  }

  async revoke(id: string): Promise<ShownKey> {
    return changeKeyFile(this.where, undefined, (file) => {
      const entry = revokeKey(this.#entry(file, id), Date.now());
      return { file: { ...file, keys: replaced(file.keys, entry) }, result: shown(entry) };
    });
  }

  async import(entries: readonly KeyEntry[], prefix: string | undefined): Promise<number> {
    const check = await this.#checked();
    return changeKeyFile(this.where, newFile(prefix), (file) => {
      this.#checkPrefix(file, prefix);
      for (const entry of entries) {
        const wrong = check?.(entry);
        if (wrong !== undefined)
          throw new KeysProblem(`The key of ${entry.consumer} is not taken: ${wrong} Nothing was imported.`);
      }
      const hashes = new Map(file.keys.map(({ hash, id }) => [hash, id]));
      const ids = new Set(file.keys.map(({ id }) => id));
      for (const { id, hash, consumer } of entries) {
        if (hashes.has(hash))
          throw new KeysProblem(
            `The key of ${consumer} is in ${this.where} already, as ${hashes.get(hash)}. Nothing was imported.`,
          );
        if (ids.has(id)) throw new KeysProblem(`${this.where} has a key with the id ${id} already. Nothing was imported.`);
        hashes.set(hash, id);
        ids.add(id);
      }
      return { file: { ...file, keys: [...file.keys, ...entries] }, result: entries.length };
    });
  }

  async export(): Promise<readonly KeyEntry[]> {
    return readFile(this.where).keys;
  }

  #entry({ keys }: KeyFile, id: string): KeyEntry {
    const found = keys.find((entry) => entry.id === id);
    if (found !== undefined) return found;
    // Somebody has the key at hand and not its id; it is never repeated.
    const hash = createHash("sha256").update(id).digest("hex");
    const own = keys.find((entry) => entry.hash === hash);
    if (own !== undefined)
      throw new KeysProblem(
        `That is the key itself and not its id, which is ${own.id}. It stands in the history of your shell now: rotate it, \`gatewright keys rotate ${own.id}\`.`,
      );
    if (new KeyForm().isKey(id))
      throw new KeysProblem(
        `That is a key and not an id, and ${this.where} does not have it. \`gatewright keys list\` shows ids.`,
      );
    throw new KeysProblem(
      `${this.where} has no key \`${id}\`. ${suggestion(
        id,
        keys.map((entry) => entry.id),
      )}`,
    );
  }

  #checkPrefix(file: KeyFile, prefix: string | undefined): void {
    if (prefix === undefined || prefix === file.prefix) return;
    throw new KeysProblem(
      `Keys of ${this.where} begin with \`${file.prefix}_\`, so \`--prefix ${prefix}\` is for another file. Leave it out.`,
    );
  }
}

const newFile = (prefix = usualPrefix): KeyFile => ({ prefix, keys: [] });
const shown = (entry: KeyEntry): ShownKey => viewOf(entry, Date.now()) as ShownKey;
const replaced = (keys: readonly KeyEntry[], entry: KeyEntry): KeyEntry[] =>
  keys.map((one) => (one.id === entry.id ? entry : one));
