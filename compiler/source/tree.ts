import type { Positions } from "../ir/positions.ts";
import { setOwn } from "../text/own.ts";
import type { JsonValue } from "./source-set.ts";

/** Deeper documents are refused, so that nothing that walks a tree runs out of stack. */
export const maxDepth = 256;

/** What parsers need to know about the file in their hands. */
export interface ParsedFile {
  readonly path: string;
  readonly text: string;
  /** Number of the file in the table of positions. */
  readonly number: number;
  readonly positions: Positions;
}

/**
 * Gathers keys, values and spans of the containers that are being parsed, innermost last. Both parsers build their
 * trees with it.
 */
export class TreeBuilder {
  readonly #file: ParsedFile;
  readonly #spans: number[] = [];
  readonly #keys: string[] = [];

  constructor(file: ParsedFile) {
    this.#file = file;
  }

  /** Where the spans of a container that begins now will start. */
  get mark(): number {
    return this.#spans.length;
  }
  get keyMark(): number {
    return this.#keys.length;
  }

  /** Adds an entry; false where the object has the key already. */
  entry(
    object: Record<string, JsonValue>,
    key: string,
    value: JsonValue,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    // Comparing with undefined is the cheap question; inherited names such as `constructor` need the exact one.
    if (object[key] !== undefined && Object.hasOwn(object, key)) return false;
    setOwn(object, key, value);
    this.#keys.push(key);
    this.#spans.push(keyStart, keyEnd, valueStart, valueEnd);
    return true;
  }

  item(start: number, end: number): void {
    this.#spans.push(start, end);
  }

  /** Start and end of the first entry of that key in the object that is being parsed. */
  keySpan(key: string, mark: number, keyMark: number): readonly [number, number] {
    const index = this.#keys.indexOf(key, keyMark) - keyMark;
    return [this.#spans[mark + index * 4]!, this.#spans[mark + index * 4 + 1]!];
  }

  endArray(array: readonly JsonValue[], start: number, end: number, mark: number): void {
    this.#file.positions.add(array, this.#file.number, start, end, this.#spans, mark);
    this.#spans.length = mark;
  }

  endObject(object: object, start: number, end: number, mark: number, keyMark: number): void {
    const { positions, number, path } = this.#file;
    let isSourceOrder = true;
    for (let index = keyMark; index < this.#keys.length && isSourceOrder; index++) {
      const code = this.#keys[index]!.charCodeAt(0);
      // Objects list keys that look like array indices first.
      if (code >= 0x30 && code <= 0x39) isSourceOrder = false;
    }
    if (isSourceOrder) positions.add(object, number, start, end, this.#spans, mark);
    else positions.set(object, { file: path, start, end, keys: this.#keys.slice(keyMark), spans: this.#spans.slice(mark) });
    this.#spans.length = mark;
    this.#keys.length = keyMark;
  }
}
