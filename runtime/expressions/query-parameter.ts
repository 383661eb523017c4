import type { Exchange } from "../exchange/exchange.ts";
import { type Decoding, escapedName, nameEnd, pairEnd } from "../parameters/decode.ts";
import { readList } from "../parameters/lists.ts";
import { readScalar, type ScalarTypes } from "../parameters/scalars.ts";
import { splitPipes, splitSpaces } from "../parameters/styles.ts";
import { unreadable } from "./read.ts";

export interface QueryParameterConfig {
  readonly name: string;
  /** Types of the text, or of each item. */
  readonly types: ScalarTypes;
  /** A list: what stands between its items; `repeated` where the name comes with each. */
  readonly list?: "repeated" | "," | "|" | " ";
  /** `+` is no space in it. */
  readonly reserved?: true;
  /** Where it is not sent. */
  readonly default?: unknown;
}

/**
 * One query parameter of a request, read as its declaration says; undefined where it was not sent and has no default. What
 * cannot be read so is there and has no value: among others a single value that was sent twice, of which a service may
 * take either.
 */
export class QueryParameter {
  readonly #config: QueryParameterConfig;
  readonly #decoding: Decoding;

  constructor(config: QueryParameterConfig) {
    this.#config = config;
    this.#decoding = config.reserved === true ? 1 : 2;
  }

  of(x: Exchange): unknown {
    const { name, types, list, default: otherwise } = this.#config;
    const texts = textsOf(x.query, name);
    if (texts.length === 0) return otherwise;
    if (list === "repeated") return readList(texts, types, this.#decoding, null) ?? unreadable;
    if (texts.length > 1) return unreadable;
    const text = texts[0]!;
    const value =
      list === undefined
        ? readScalar(text, types, this.#decoding, null)
        : readList(
            list === "|" ? splitPipes(text) : list === " " ? splitSpaces(text) : text.split(","),
            types,
            this.#decoding,
            null,
          );
    return value === undefined ? unreadable : value;
  }
}

/** What was sent under a name, each time, before it is decoded. */
function textsOf(query: string, name: string): string[] {
  const texts: string[] = [];
  for (let start = 0; start < query.length; ) {
    const equals = nameEnd(query, start, 0x26);
    const end = pairEnd(query, equals, "&");
    const isPlain = equals - start === name.length && query.startsWith(name, start);
    if (end > start && (isPlain || escapedName(query, start, equals) === name)) texts.push(query.slice(equals + 1, end));
    start = end + 1;
  }
  return texts;
}
