import { isAlphanumeric } from "../http1/octets.ts";

/** What the reader of a head found out about a field line; see `HeaderList.received`. */
export const lineKind = {
  /** Passes the gateway. */
  endToEnd: 0,
  /** Concerns one connection only and is never forwarded (RFC 9110 §7.6.1). */
  connection: 1,
  /** Tells of the way that a request took; forwarded only where the peer is believed. */
  forwarding: 2,
  /** Says what services believe only of a proxy: who calls, which method or path is meant. Forwarded only where it is kept. */
  claim: 3,
  /** Taken out here. This kind and the next are not there any more for those who look for a field. */
  deleted: 4,
  /** A claim in a request to a service, which a policy may keep. */
  withheld: 5,
} as const;

/** Numbers for each received line: begin and end of the name, begin and end of the value, and its kind. */
export const placeSize = 5;

/** A bit for each length of a name, and the same one for lengths that differ by 32. */
export const lengthBit = (length: number): number => 1 << (length & 31);

const anyLength = -1;

/**
 * Field lines of a message in their order and spelling (RFC 9110 §5). Names are looked up without regard to case;
 * callers pass lower-case names.
 *
 * Lines that were received stay one text until somebody asks for one: most are forwarded without being looked at.
 */
export class HeaderList {
  /** Received text that the places point into. Whole lines with their ends follow each other in it. */
  readonly text: string;
  /** To be changed by way of `ownPlaces`. */
  places: readonly number[];
  /** Lines added here: name and value alternate. They stand behind the received ones. */
  readonly added: string[];
  /** How long the received names are, see `lengthBit`: a name of another length is not looked for. */
  readonly lengths: number;
  /** All that was received passes, up to the end of the text, and none of it was taken out: others may have the same places. */
  isWhole: boolean;

  constructor(lines: string[] = [], text = "", places: readonly number[] = [], lengths = anyLength, isWhole = false) {
    this.text = text;
    this.places = places;
    this.added = lines;
    this.lengths = lengths;
    this.isWhole = isWhole;
  }

  /** Lines as they were received. `places` belongs to the list from now on. */
  static received(text: string, places: number[], lengths = anyLength): HeaderList {
    return new HeaderList([], text, places, lengths);
  }

  /** Lines that many messages have alike, each end to end: `text` is what is sent of them. `places` is not changed. */
  static shared(text: string, places: readonly number[], lengths: number): HeaderList {
    return new HeaderList([], text, places, lengths, true);
  }

  /** The places, to mark a line. */
  ownPlaces(): number[] {
    if (this.isWhole) this.places = this.places.slice();
    this.isWhole = false;
    // Nobody else has them.
    return this.places as number[];
  }

  /** Name and value of every line, alternating, in order. */
  get lines(): readonly string[] {
    const { text, places, added } = this;
    const lines: string[] = [];
    for (let at = 0; at < places.length; at += placeSize) {
      if (places[at + 4]! >= lineKind.deleted) continue;
      lines.push(text.slice(places[at], places[at + 1]), text.slice(places[at + 2], places[at + 3]));
    }
    return lines.concat(added);
  }

  /** Number of lines. */
  get size(): number {
    const { places } = this;
    let size = this.added.length / 2;
    for (let at = 4; at < places.length; at += placeSize) if (places[at]! < lineKind.deleted) size++;
    return size;
  }

  /**
   * The value of the field, all of its lines as one (RFC 9110 §5.3; of cookies RFC 9113 §8.2.3); undefined where there is
   * none. Whoever judged one line would judge another than a service reads.
   */
  get(name: string): string | undefined {
    return this.joined(name, name === "cookie" ? "; " : ", ");
  }

  /** All values of the field in order. */
  all(name: string): string[] {
    const { places, added } = this;
    const values: string[] = [];
    for (let at = this.#firstOf(name); at < places.length; at += placeSize) {
      if (this.#isReceived(at, name)) values.push(this.text.slice(places[at + 2], places[at + 3]));
    }
    for (let index = 0; index < added.length; index += 2) {
      if (isName(added[index]!, name)) values.push(added[index + 1]!);
    }
    return values;
  }

  /** The value of a field that must come once; null where it comes more often, undefined where it does not come. */
  single(name: string): string | undefined | null {
    const { text, places, added } = this;
    let found: string | undefined;
    for (let at = this.#firstOf(name); at < places.length; at += placeSize) {
      if (!this.#isReceived(at, name)) continue;
      if (found !== undefined) return null;
      found = text.slice(places[at + 2], places[at + 3]);
    }
    for (let index = 0; index < added.length; index += 2) {
      if (!isName(added[index]!, name)) continue;
      if (found !== undefined) return null;
      found = added[index + 1];
    }
    return found;
  }

  /** Values of all lines of the field as one (RFC 9110 §5.3); undefined where there is none. */
  joined(name: string, separator: string): string | undefined {
    const only = this.single(name);
    return only === null ? this.all(name).join(separator) : only;
  }

  has(name: string): boolean {
    const { places, added } = this;
    for (let at = this.#firstOf(name); at < places.length; at += placeSize) if (this.#isReceived(at, name)) return true;
    for (let index = 0; index < added.length; index += 2) if (isName(added[index]!, name)) return true;
    return false;
  }

  /** Replaces every line of the field by one, behind all others, as `delete` does. `name` is spelt as it shall be sent. */
  set(name: string, value: string): void {
    this.delete(name.toLowerCase());
    this.added.push(name, value);
  }

  /** Adds a line after all others. */
  add(name: string, value: string): void {
    this.added.push(name, value);
  }

  /** Adds lines after all others: name and value alternate. */
  append(lines: readonly string[]): void {
    for (let index = 0; index < lines.length; index++) this.added.push(lines[index]!);
  }

  /**
   * Removes every line of the field, also one that was received as `X_User` or `X.User` for `X-User`: services that know
   * fields as variables (RFC 3875 §4.1.18) take the one for the other.
   */
  delete(name: string): void {
    const { places, added } = this;
    for (let at = this.#firstOf(name); at < places.length; at += placeSize) {
      if (this.#isReceived(at, name, true)) this.ownPlaces()[at + 4] = lineKind.deleted;
    }
    let kept = 0;
    for (let index = 0; index < added.length; index += 2) {
      if (isName(added[index]!, name)) continue;
      if (kept !== index) {
        added[kept] = added[index]!;
        added[kept + 1] = added[index + 1]!;
      }
      kept += 2;
    }
    if (kept !== added.length) added.length = kept;
  }

  copy(): HeaderList {
    const { added, text, places, lengths, isWhole } = this;
    return new HeaderList(added.slice(), text, isWhole ? places : places.slice(), lengths, isWhole);
  }

  /** Where to begin to look among the received lines: behind them where none of their names has the length of this one. */
  #firstOf(name: string): number {
    return (this.lengths & lengthBit(name.length)) === 0 ? this.places.length : 0;
  }

  /** `isVariable`: to those who know fields as variables, to whom all that is neither letter nor digit is the same. */
  #isReceived(at: number, lower: string, isVariable = false): boolean {
    const { text, places } = this;
    const start = places[at]!;
    if (places[at + 1]! - start !== lower.length || places[at + 4]! >= lineKind.deleted) return false;
    for (let index = 0; index < lower.length; index++) {
      const code = text.charCodeAt(start + index);
      const wanted = lower.charCodeAt(index);
      if (code === wanted || (code >= 0x41 && code <= 0x5a && (code | 0x20) === wanted)) continue;
      if (!isVariable || isAlphanumeric(code) || isAlphanumeric(wanted)) return false;
    }
    return true;
  }
}

/** Compares a field name as sent with a lower-case one. */
function isName(sent: string, lower: string): boolean {
  return sent.length === lower.length && (sent === lower || sent.toLowerCase() === lower);
}
