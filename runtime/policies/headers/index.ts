import type { Exchange, StartValue, UpstreamRequest } from "../../exchange.ts";
import { FieldNames } from "../../field-names.ts";
import { assertFieldValue } from "../../field-value.ts";
import type { HeaderList } from "../../header-list.ts";

/** Edits of a header list, done in the order of the members. A field name is spelt as it shall be sent. */
export interface HeaderEditsConfig {
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  readonly remove: readonly string[];
  readonly set: readonly { readonly name: string; readonly value: StartValue }[];
  readonly add: readonly { readonly name: string; readonly value: StartValue }[];
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

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#request!.apply(upstream.headers);
  }

  response(x: Exchange): void {
    this.#response!.apply(x.answer!.headers);
  }
}

class HeaderEdits {
  readonly #rename: readonly { readonly from: string; readonly to: string; readonly toLower: string }[];
  readonly #remove: FieldNames | null;
  readonly #set: readonly { readonly name: string; readonly value: string }[];
  readonly #add: readonly string[];

  constructor(config: HeaderEditsConfig) {
    for (const { name, value } of [...config.set, ...config.add]) assertFieldValue(name, value);
    this.#rename = config.rename.map(({ from, to }) => ({ from: from.toLowerCase(), to, toLower: to.toLowerCase() }));
    this.#remove = config.remove.length === 0 ? null : new FieldNames(config.remove);
    this.#set = config.set;
    this.#add = config.add.flatMap(({ name, value }) => [name, value]);
  }

  apply(headers: HeaderList): void {
    for (let index = 0; index < this.#rename.length; index++) {
      const { from, to, toLower } = this.#rename[index]!;
      if (headers.has(from)) rename(headers, from, to, toLower);
    }
    if (this.#remove !== null) this.#remove.deleteFrom(headers);
    for (let index = 0; index < this.#set.length; index++) headers.set(this.#set[index]!.name, this.#set[index]!.value);
    if (this.#add.length > 0) headers.lines.push(...this.#add);
  }
}

function rename(headers: HeaderList, from: string, to: string, toLower: string): void {
  if (toLower !== from) headers.delete(toLower);
  const { lines } = headers;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!;
    if (name.length === from.length && name.toLowerCase() === from) lines[index] = to;
  }
}
