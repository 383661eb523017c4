import type { Exchange } from "../exchange/exchange.ts";
import { fieldText } from "../parameters/fields.ts";
import { readList } from "../parameters/lists.ts";
import { readScalar, type ScalarTypes } from "../parameters/scalars.ts";
import { fieldItems } from "../parameters/styles.ts";
import { unreadable } from "./read.ts";

export interface HeaderParameterConfig {
  /** Lower case. */
  readonly name: string;
  /** Types of the value, or of each item. */
  readonly types: ScalarTypes;
  /** A list. */
  readonly list?: ",";
  /** Where it is not sent. */
  readonly default?: unknown;
}

/**
 * One header field of a request, read as its declaration says; undefined where it was not sent and has no default. What
 * cannot be read so is there and has no value.
 */
export class HeaderParameter {
  readonly #config: HeaderParameterConfig;

  constructor(config: HeaderParameterConfig) {
    this.#config = config;
  }

  of(x: Exchange): unknown {
    const { name, types, list, default: otherwise } = this.#config;
    const text = fieldText(x.headers, name);
    if (text === undefined) return otherwise;
    const value = list === undefined ? readScalar(text, types, 0, null) : readList(fieldItems(text), types, 0, null);
    return value === undefined ? unreadable : value;
  }
}
