import type { Origin } from "./origin.ts";

/**
 * Where the values of parsed documents were written. Documents are plain objects and arrays; this table remembers, for
 * each of them, its file and the ranges of its keys and values.
 *
 * A document may have a million containers, so their ranges live in one array of numbers and not in an object each.
 */
export class Positions {
  /** Asked about what is not known here; never written to. */
  #below: Positions | undefined;
  readonly #files: string[] = [];
  readonly #lineStarts = new Map<string, readonly number[]>();
  /** Where the record of a container begins in the table: number of its file, start, end, then its spans. */
  readonly #records = new Map<object, number>();
  #table = new Int32Array(1 << 12);
  #size = 0;
  /** Containers whose keys cannot be read off in source order. */
  readonly #explicit = new Map<object, ContainerPositions>();
  /** Rewritten containers and where they came from. */
  readonly #inherited = new Map<object, object>();
  /** Entries of rewritten containers that were written elsewhere, by key. */
  readonly #borrowed = new Map<object, Map<string, Borrowed>>();
  /** Files to which references in copied containers are relative, where that is not the file they were written in. */
  readonly #bases = new Map<object, string>();
  readonly #digits = new Map<string, string>();
  /** Places of the keys of long containers, made when first asked for. */
  readonly #indices = new Map<object, ReadonlyMap<string, number>>();

  /** Makes what is not known here be asked of `below`, where the places of documents are that outlive these. */
  lookBelow(below: Positions): void {
    this.#below = below;
  }

  /** Line starts of a file, as offsets; needed before any origin in it is asked for. Returns the number for `add`. */
  addFile(file: string, lineStarts: readonly number[]): number {
    this.#lineStarts.set(file, lineStarts);
    return this.#files.push(file) - 1;
  }

  set(container: object, positions: ContainerPositions): void {
    this.#explicit.set(container, positions);
  }

  /**
   * The compact form of `set`. `spans` from `from` on holds four offsets an entry for an object, in the order of
   * `Object.keys`, and two an item for an array.
   */
  add(container: object, file: number, start: number, end: number, spans: readonly number[], from: number): void {
    const length = spans.length - from;
    if (this.#size + length + 3 > this.#table.length) this.#grow(length + 3);
    const table = this.#table;
    this.#records.set(container, this.#size);
    table[this.#size] = file;
    table[this.#size + 1] = start;
    table[this.#size + 2] = end;
    let at = this.#size + 3;
    for (let index = from; index < spans.length; index++) table[at++] = spans[index]!;
    this.#size = at;
  }

  /** Gives a rewritten container the positions of the one it came from. */
  inherit(to: object, from: object): void {
    const source = this.#sourceOf(from);
    if (to !== source) this.#inherited.set(to, source);
    const borrowed = this.#borrowedBy(from);
    if (borrowed !== undefined && to !== from) this.#borrowed.set(to, new Map(borrowed));
    const base = this.#baseOf(from);
    if (base !== undefined) this.#bases.set(to, base);
  }

  /** Gives one entry of a rewritten container the place of an entry elsewhere, without `fromKey` that of a whole container. */
  borrow(to: object, key: string | number, from: object, fromKey?: string | number): void {
    let borrowed = this.#borrowed.get(to);
    if (borrowed === undefined) this.#borrowed.set(to, (borrowed = new Map(this.#borrowedBy(to))));
    borrowed.set(String(key), { from, key: fromKey });
  }

  /** Gives one entry of a rewritten container the place that another of its entries has. */
  move(container: object, from: string | number, to: string | number): void {
    const borrowed = this.#borrowedBy(container)?.get(String(from));
    if (borrowed !== undefined) this.borrow(container, to, borrowed.from, borrowed.key);
    else this.borrow(container, to, this.#sourceOf(container), from);
  }

  /** Makes references in a copied container relative to another file than the one it was written in. */
  rebase(container: object, file: string): void {
    this.#bases.set(container, file);
  }

  /** Keeps the digits of a number that is not quite the one that was written. */
  keepDigits(at: Origin, digits: string): void {
    this.#digits.set(`${at.file} ${at.start}`, digits);
  }

  /** The digits of a number as they were written, where another number was read. */
  digits(at: Origin): string | undefined {
    return this.#digits.get(`${at.file} ${at.start}`) ?? this.#below?.digits(at);
  }

  /** The file to which references in a container are relative. */
  fileOf(container: object): string | undefined {
    return this.#baseOf(container) ?? this.#writtenIn(this.#sourceOf(container));
  }

  #writtenIn(source: object): string | undefined {
    const record = this.#records.get(source);
    if (record !== undefined) return this.#files[this.#table[record]!];
    return this.#explicit.get(source)?.file ?? (this.#below === undefined ? undefined : this.#below.#writtenIn(source));
  }

  #sourceOf(container: object): object {
    return this.#inherited.get(container) ?? (this.#below === undefined ? container : this.#below.#sourceOf(container));
  }

  #borrowedBy(container: object): Map<string, Borrowed> | undefined {
    return this.#borrowed.get(container) ?? (this.#below === undefined ? undefined : this.#below.#borrowedBy(container));
  }

  #baseOf(container: object): string | undefined {
    return this.#bases.get(container) ?? (this.#below === undefined ? undefined : this.#below.#baseOf(container));
  }

  /** The container itself. */
  of(container: object): Origin {
    const { file, start, end } = this.#head(container);
    return this.#origin(file, start, end);
  }

  /** The value under `key`; the container where the key was not written. */
  value(container: object, key: string | number): Origin {
    return this.#entry(container, key, 2);
  }

  /** The key itself (for an array, the item). */
  key(container: object, key: string | number): Origin {
    return this.#entry(container, key, 0);
  }

  /** Whether the key was written there, and did not come in with a default. */
  has(container: object, key: string | number): boolean {
    if (this.#borrowedBy(container)?.has(String(key)) === true) return true;
    return this.#isWritten(this.#sourceOf(container), key);
  }

  #isWritten(source: object, key: string | number): boolean {
    if (this.#below !== undefined && !this.#records.has(source) && !this.#explicit.has(source))
      return this.#below.#isWritten(source, key);
    return this.#indexOf(source, key) >= 0;
  }

  /** Follows a JSON pointer from `root` as far as it was written and gives the place of its value. */
  pointer(root: object, pointer: string): Origin {
    let container: object = root;
    let origin = this.of(root);
    for (const token of pointer.split("/").slice(1)) {
      const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
      if (!Object.hasOwn(container, key)) return origin;
      origin = this.value(container, key);
      const next: unknown = (container as Record<string, unknown>)[key];
      if (typeof next !== "object" || next === null) return origin;
      container = next;
    }
    return origin;
  }

  /** `offset`: 0 for the key of an entry, 2 for its value. */
  #entry(container: object, key: string | number, offset: 0 | 2): Origin {
    const borrowed = this.#borrowedBy(container)?.get(String(key));
    if (borrowed !== undefined)
      return borrowed.key === undefined ? this.of(borrowed.from) : this.#entry(borrowed.from, borrowed.key, offset);
    return this.#written(this.#sourceOf(container), key, offset);
  }

  #written(source: object, key: string | number, offset: 0 | 2): Origin {
    if (this.#below !== undefined && !this.#records.has(source) && !this.#explicit.has(source))
      return this.#below.#written(source, key, offset);
    const { file, start, end } = this.#head(source);
    const index = this.#indexOf(source, key);
    if (index < 0) return this.#origin(file, start, end);
    const record = this.#records.get(source);
    if (record === undefined) {
      const { spans } = this.#explicit.get(source)!;
      return this.#origin(file, spans[index * 4 + offset]!, spans[index * 4 + offset + 1]!);
    }
    const at = record + 3 + (Array.isArray(source) ? index * 2 : index * 4 + offset);
    return this.#origin(file, this.#table[at]!, this.#table[at + 1]!);
  }

  #indexOf(source: object, key: string | number): number {
    const explicit = this.#explicit.get(source);
    if (Array.isArray(source)) {
      const index = Number(key);
      return Number.isInteger(index) && index >= 0 && index < source.length ? index : -1;
    }
    const name = String(key);
    const known = this.#indices.get(source);
    if (known !== undefined) return known.get(name) ?? -1;
    const keys = explicit?.keys ?? Object.keys(source);
    if (keys.length <= 12) return keys.indexOf(name);
    const index = new Map(keys.map((each, at) => [each, at]));
    this.#indices.set(source, index);
    return index.get(name) ?? -1;
  }

  #head(container: object): { readonly file: string; readonly start: number; readonly end: number } {
    const source = this.#sourceOf(container);
    const record = this.#records.get(source);
    if (record !== undefined) {
      return { file: this.#files[this.#table[record]!]!, start: this.#table[record + 1]!, end: this.#table[record + 2]! };
    }
    const positions = this.#explicit.get(source);
    if (positions !== undefined) return positions;
    if (this.#below === undefined) throw new Error("a document node has no position");
    return this.#below.#head(source);
  }

  #linesOf(file: string): readonly number[] | undefined {
    return this.#lineStarts.get(file) ?? (this.#below === undefined ? undefined : this.#below.#linesOf(file));
  }

  #grow(needed: number): void {
    const table = new Int32Array(Math.max(this.#table.length * 2, this.#size + needed));
    table.set(this.#table.subarray(0, this.#size));
    this.#table = table;
  }

  /** A range of text, whatever stands there. */
  range(file: string, start: number, end: number): Origin {
    return this.#origin(file, start, end);
  }

  #origin(file: string, start: number, end: number): Origin {
    const starts = this.#linesOf(file) ?? [0];
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    return { file, start, end, line: low + 1, column: start - starts[low]! + 1 };
  }
}

interface Borrowed {
  readonly from: object;
  readonly key: string | number | undefined;
}

export interface ContainerPositions {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Keys in source order; empty for arrays, whose keys are their indices. */
  readonly keys: readonly string[];
  /** Four offsets an entry: start and end of the key (of the item, in arrays), start and end of the value. */
  readonly spans: ArrayLike<number>;
}

/** Offsets at which the lines of a text begin. A line ends with LF or CRLF. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
