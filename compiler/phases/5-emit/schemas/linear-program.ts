import { alphabetOf } from "../../../contract/schemas/patterns/alphabet.ts";
import type { CharacterSet } from "../../../contract/schemas/patterns/character-set.ts";
import { type Expression, has } from "../../../contract/schemas/patterns/expression.ts";
import { parseExpression } from "../../../contract/schemas/patterns/parse.ts";
import type { JsValue } from "../../../text/js-value.ts";

/** The `LinearProgram` of runtime/validation/linear-pattern.ts for an expression without back references. */
export function linearProgram(pattern: RegExp): JsValue {
  const { expression, isUnicode } = parseExpression(pattern);
  const writer = new ProgramWriter();
  writer.search(expression, false);
  if (writer.searches.length - 1 > mostLooks || writer.searches.some(({ code }) => code.length / 3 > mostPlaces))
    throw new Error(`${pattern.source} has too many look-arounds or states for a linear program`);
  const tellsWords = has(expression, (part) => part.kind === "assertion" && /word/i.test(part.asserts));
  const alphabet = alphabetOf(writer.sets, tellsWords);
  if (alphabet.examples.length > mostPlaces) throw new Error(`${pattern.source} tells too many characters apart`);
  return {
    isUnicode,
    starts: alphabet.starts,
    classes: alphabet.classes,
    sets: writer.sets.map((set) => [...alphabet.classesOf.get(set)!]),
    words: [...alphabet.words],
    searches: writer.searches,
  };
}

/** Numbers of the instructions. */
const take = 0;
const fork = 1;
const jump = 2;
const demand = 3;
const match = 4;

const bits = { start: 1, end: 2, wordBoundary: 4, noWordBoundary: 4 } as const;
const firstLook = 8;
/** Conditions are bits of one number, which stays positive. */
const mostLooks = 28;
/** Places are characters of a key, and classes are kept in 16 bits. */
const mostPlaces = 65_536;

class ProgramWriter {
  readonly sets: CharacterSet[] = [];
  readonly searches: { readonly code: readonly number[]; readonly asks: number; readonly isBackward: boolean }[] = [];
  readonly #numbers = new Map<string, number>();
  /** By what is looked at, which a repetition has several times. */
  readonly #looks = new Map<Expression, number>();
  #code: number[] = [];
  #asks = 0;
  #isBackward = false;

  /** Adds a search, behind those for the look-arounds in it, and returns its number. */
  search(expression: Expression, isBackward: boolean): number {
    const outer = { code: this.#code, asks: this.#asks, isBackward: this.#isBackward };
    this.#code = [];
    this.#asks = 0;
    this.#isBackward = isBackward;
    this.#write(expression);
    this.#add(match, 0, 0);
    this.searches.push({ code: this.#code, asks: this.#asks, isBackward });
    this.#code = outer.code;
    this.#asks = outer.asks;
    this.#isBackward = outer.isBackward;
    return this.searches.length - 1;
  }

  #write(expression: Expression): void {
    switch (expression.kind) {
      case "empty":
        return;
      case "set":
        this.#add(take, this.#set(expression.set), 0);
        return;
      case "sequence":
        for (const part of this.#isBackward ? expression.parts.toReversed() : expression.parts) this.#write(part);
        return;
      case "choice":
        return this.#choice(expression.parts);
      case "repeat":
        return this.#repeat(expression.part, expression.least, expression.most);
      case "assertion": {
        const bit = bits[expression.asserts];
        return this.#demand(bit, expression.asserts !== "noWordBoundary");
      }
      case "look": {
        // What is looked at ahead is found from its end, and marks where it begins.
        let number = this.#looks.get(expression.part);
        if (number === undefined) this.#looks.set(expression.part, (number = this.search(expression.part, !expression.isBehind)));
        return this.#demand(firstLook << number, !expression.isNegative);
      }
      case "reference":
        throw new Error("a back reference has no linear program");
    }
  }

  #choice(parts: readonly Expression[]): void {
    const exits: number[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) this.#write(part);
      else {
        const at = this.#add(fork, this.#next + 1, 0);
        this.#write(part);
        exits.push(this.#add(jump, 0, 0));
        this.#code[at * 3 + 2] = this.#next;
      }
    }
    for (const exit of exits) this.#code[exit * 3 + 1] = this.#next;
  }

  #repeat(part: Expression, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#write(part);
    if (most === Number.POSITIVE_INFINITY) {
      const at = this.#add(fork, this.#next + 1, 0);
      this.#write(part);
      this.#add(jump, at, 0);
      this.#code[at * 3 + 2] = this.#next;
      return;
    }
    const forks: number[] = [];
    for (let count = least; count < most; count++) {
      forks.push(this.#add(fork, this.#next + 1, 0));
      this.#write(part);
    }
    for (const at of forks) this.#code[at * 3 + 2] = this.#next;
  }

  #demand(bit: number, isHeld: boolean): void {
    this.#asks |= bit;
    this.#add(demand, bit, isHeld ? bit : 0);
  }

  #set(set: CharacterSet): number {
    const key = set.join(";");
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.sets.push(set) - 1));
    return number;
  }

  get #next(): number {
    return this.#code.length / 3;
  }

  #add(operation: number, first: number, second: number): number {
    return this.#code.push(operation, first, second) / 3 - 1;
  }
}
