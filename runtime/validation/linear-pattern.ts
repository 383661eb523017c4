/** What `noMatch` and emitted validators need of a pattern; a RegExp is one. */
export interface TextPattern {
  readonly source: string;
  test(text: string): boolean;
}

/** A regular expression without back references, as the compiler has taken it apart. */
export interface LinearProgram {
  /** Characters are code points (the flag `u`), else UTF-16 code units. */
  readonly isUnicode: boolean;
  /** Where the ranges of characters begin, from 0 on, and the class of each: what no part of the pattern tells apart. */
  readonly starts: readonly number[];
  readonly classes: readonly number[];
  /** The classes that an instruction takes. */
  readonly sets: readonly (readonly number[])[];
  /** The classes of word characters, where `\b` asks for them. */
  readonly words: readonly number[];
  /** The look-arounds, each behind those inside of it, and the pattern itself. */
  readonly searches: readonly LinearSearch[];
}

export interface LinearSearch {
  /**
   * Instructions of three numbers: `0 set –` takes a character, `1 a b` goes on at both, `2 a –` at one, `3 mask value` only
   * where the conditions of the place are such, `4 – –` is a match.
   */
  readonly code: readonly number[];
  /** Conditions that are asked for: 1 the start of the text, 2 its end, 4 a word boundary, 8 and on the look-arounds. */
  readonly asks: number;
  /** From the end of the text to its start, with the pattern turned round: says where a look-ahead holds. */
  readonly isBackward: boolean;
}

const take = 0;
const fork = 1;
const jump = 2;
const demand = 3;

/** Numbers that may be kept for one search; beyond that it begins to forget. */
const mostCells = 200_000;

/** A set of places in the code, and what comes of it under the conditions of a place in the text. */
class State {
  readonly places: readonly number[];
  readonly under = new Map<number, Closure>();

  constructor(places: readonly number[]) {
    this.places = places;
  }
}

interface Closure {
  readonly isMatch: boolean;
  /** The instructions that take a character. */
  readonly takes: readonly number[];
  /** By class of the next character. */
  readonly next: (State | undefined)[];
}

/** Looks for a match at all places at once: one step a character where the set of places is known, which it soon is. */
class Search {
  readonly #code: readonly number[];
  readonly #matches: readonly ReadonlySet<number>[];
  readonly #reached: Int32Array;
  #round = 0;
  #states = new Map<string, State>();
  #cells = 0;
  /** Steps that were taken to find out what was not known. */
  steps = 0;

  constructor({ code }: LinearSearch, matches: readonly ReadonlySet<number>[]) {
    this.#code = code;
    this.#matches = matches;
    this.#reached = new Int32Array(code.length / 3);
  }

  state(places: readonly number[]): State {
    const key = String.fromCharCode(...places);
    let state = this.#states.get(key);
    if (state !== undefined) return state;
    if (this.#cells > mostCells) {
      this.#states = new Map();
      this.#cells = 0;
    }
    state = new State(places);
    this.#states.set(key, state);
    this.#cells += places.length + 1;
    return state;
  }

  /** A match may begin everywhere, so the first instruction is always among the places. */
  closure(state: State, conditions: number): Closure {
    const known = state.under.get(conditions);
    if (known !== undefined) return known;
    const code = this.#code;
    const takes: number[] = [];
    const stack = [0, ...state.places];
    let isMatch = false;
    this.#round++;
    while (stack.length > 0) {
      const place = stack.pop()!;
      if (this.#reached[place] === this.#round) continue;
      this.#reached[place] = this.#round;
      this.steps++;
      const operation = code[place * 3]!;
      const first = code[place * 3 + 1]!;
      const second = code[place * 3 + 2]!;
      if (operation === take) takes.push(place);
      else if (operation === fork) stack.push(second, first);
      else if (operation === jump) stack.push(first);
      else if (operation !== demand) isMatch = true;
      else if ((conditions & first) === second) stack.push(place + 1);
    }
    const closure: Closure = { isMatch, takes, next: [] };
    state.under.set(conditions, closure);
    this.#cells += takes.length + 8;
    return closure;
  }

  after(closure: Closure, character: number): State {
    const known = closure.next[character];
    if (known !== undefined) return known;
    const places: number[] = [];
    for (const place of closure.takes) if (this.#matches[this.#code[place * 3 + 1]!]!.has(character)) places.push(place + 1);
    this.steps += closure.takes.length;
    const state = this.state(places.sort((a, b) => a - b));
    closure.next[character] = state;
    this.#cells++;
    return state;
  }
}

/**
 * Says whether a text matches, like `RegExp.prototype.test`, in time that grows with its length only, whatever it is: all
 * ways through the pattern are followed at once (Thompson, 1968), and sets of ways that were met before are remembered.
 */
export class LinearPattern implements TextPattern {
  readonly source: string;
  readonly #program: LinearProgram;
  readonly #searches: readonly Search[];
  readonly #words: ReadonlySet<number>;
  readonly #ascii = new Uint16Array(128);

  constructor(source: string, program: LinearProgram) {
    this.source = source;
    this.#program = program;
    const sets = program.sets.map((classes) => new Set(classes));
    this.#searches = program.searches.map((search) => new Search(search, sets));
    this.#words = new Set(program.words);
    for (let code = 0; code < 128; code++) this.#ascii[code] = this.#find(code);
  }

  /** Steps beside one look-up for each character, of all texts so far. */
  get steps(): number {
    return this.#searches.reduce((total, { steps }) => total + steps, 0);
  }

  test(text: string): boolean {
    const characters = this.#classesOf(text);
    const places: Uint8Array[] = [];
    const last = this.#searches.length - 1;
    for (let index = 0; index < last; index++) {
      const found = new Uint8Array(characters.length + 1);
      this.#run(index, characters, places, found);
      places.push(found);
    }
    return this.#run(last, characters, places, undefined);
  }

  /** Marks where there is a match, or says whether there is one. */
  #run(index: number, characters: Uint16Array, looks: readonly Uint8Array[], found: Uint8Array | undefined): boolean {
    const search = this.#searches[index]!;
    const { asks, isBackward } = this.#program.searches[index]!;
    const { length } = characters;
    let state = search.state([]);
    for (let count = 0; ; count++) {
      const at = isBackward ? length - count : count;
      const closure = search.closure(state, asks === 0 ? 0 : asks & this.#conditions(characters, at, asks, looks));
      if (closure.isMatch) {
        if (found === undefined) return true;
        found[at] = 1;
      }
      if (count === length) return false;
      state = search.after(closure, characters[isBackward ? at - 1 : at]!);
    }
  }

  #conditions(characters: Uint16Array, at: number, asks: number, looks: readonly Uint8Array[]): number {
    let conditions = (at === 0 ? 1 : 0) | (at === characters.length ? 2 : 0);
    if ((asks & 4) !== 0) {
      const before = at > 0 && this.#words.has(characters[at - 1]!);
      const after = at < characters.length && this.#words.has(characters[at]!);
      if (before !== after) conditions |= 4;
    }
    for (let index = 0; asks >> (index + 3) > 0; index++) if (looks[index]?.[at] === 1) conditions |= 8 << index;
    return conditions;
  }

  #classesOf(text: string): Uint16Array {
    const { isUnicode } = this.#program;
    const result = new Uint16Array(text.length);
    let length = 0;
    for (let index = 0; index < text.length; index++) {
      let code = text.charCodeAt(index);
      if (code < 128) {
        result[length++] = this.#ascii[code]!;
        continue;
      }
      if (isUnicode && (code & 0xfc00) === 0xd800) {
        code = text.codePointAt(index)!;
        if (code > 0xffff) index++;
      }
      result[length++] = this.#find(code);
    }
    return length === text.length ? result : result.subarray(0, length);
  }

  #find(code: number): number {
    const { starts, classes } = this.#program;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= code) low = middle;
      else high = middle - 1;
    }
    return classes[low]!;
  }
}
