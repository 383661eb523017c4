import type { Exchange, Expression, StartValue, UpstreamRequest } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { FieldNames } from "../../fields/field-names.ts";
import { assertFieldValue, fieldValueOf } from "../../fields/field-value.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { takeField } from "../../fields/take-field.ts";

export { createVary, type VaryConfig } from "./vary.ts";

/** Edits of a header list, done in the order of the members. A field name is spelt as it shall be sent. */
export interface HeaderEditsConfig {
  /** Of requests: claims that may go on, in lower case. */
  readonly keep?: readonly string[];
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  readonly remove: readonly string[];
  readonly set: readonly HeaderEditConfig[];
  readonly add: readonly HeaderEditConfig[];
}

export interface HeaderEditConfig {
  readonly name: string;
  readonly value: StartValue | Expression<string>;
}

export interface HeadersConfig {
  readonly request: HeaderEditsConfig | null;
  readonly response: HeaderEditsConfig | null;
}

export const createHeaders = (config: HeadersConfig): HeadersStep => new HeadersStep(config);

class HeadersStep {
  readonly #request: HeaderEdits | null;
  readonly #response: HeaderEdits | null;

  constructor(config: HeadersConfig) {
    this.#request = config.request === null ? null : new HeaderEdits(config.request);
    this.#response = config.response === null ? null : new HeaderEdits(config.response);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    this.#request!.apply(upstream.headers, x);
  }

  response(x: Exchange): void {
    this.#response!.apply(x.answer!.headers, x);
  }
}

class HeaderEdits {
  readonly #keep: readonly string[] | undefined;
  readonly #rename: readonly { readonly from: string; readonly to: string; readonly toLower: string }[];
  readonly #remove: FieldNames | null;
  readonly #set: readonly HeaderEditConfig[];
  readonly #add: readonly HeaderEditConfig[];

  constructor(config: HeaderEditsConfig) {
    for (const { name, value } of [...config.set, ...config.add]) if (typeof value === "string") assertFieldValue(name, value);
    this.#keep = config.keep;
    this.#rename = config.rename.map(({ from, to }) => ({ from: from.toLowerCase(), to, toLower: to.toLowerCase() }));
    this.#remove = config.remove.length === 0 ? null : new FieldNames(config.remove);
    this.#set = config.set;
    this.#add = config.add;
  }

  apply(headers: HeaderList, x: Exchange): void {
    if (this.#keep !== undefined) keepClaims(headers, this.#keep);
    for (let index = 0; index < this.#rename.length; index++) {
      const { from, to, toLower } = this.#rename[index]!;
      rename(headers, from, to, toLower);
    }
    if (this.#remove !== null) this.#remove.deleteFrom(headers);
    for (let index = 0; index < this.#set.length; index++) {
      const { name, value } = this.#set[index]!;
      const text = typeof value === "string" ? value : computed(value, x);
      // Whoever relies on the field must not take the client's own for it.
      if (text === undefined) headers.delete(name.toLowerCase());
      else headers.set(name, text);
    }
    for (let index = 0; index < this.#add.length; index++) {
      const { name, value } = this.#add[index]!;
      const text = typeof value === "string" ? value : computed(value, x);
      if (text !== undefined) headers.add(name, text);
    }
  }
}

/** Undefined where there is no value, or one that would end the field or be changed on the way. */
function computed(expression: Expression<string>, x: Exchange): string | undefined {
  const value = valueOf(expression, x);
  return value === undefined ? undefined : fieldValueOf(value);
}

function rename(headers: HeaderList, from: string, to: string, toLower: string): void {
  const values = takeField(headers, from);
  if (values.length === 0) return;
  headers.delete(toLower);
  for (const value of values) headers.add(to, value);
}
