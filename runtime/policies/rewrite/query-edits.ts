import type { StartValue } from "../../exchange.ts";

/** Edits of a query, done in the order of the members. Names and values are plain text, not percent-encoded. */
export interface QueryEditsConfig {
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  readonly remove: readonly string[];
  readonly set: readonly { readonly name: string; readonly value: StartValue }[];
  readonly add: readonly { readonly name: string; readonly value: StartValue }[];
}

interface Assignment {
  readonly name: string;
  /** `name=value`, percent-encoded. */
  readonly text: string;
}

/** Parameters that no edit names keep every byte and their order. */
export class QueryEdits {
  readonly #rename: ReadonlyMap<string, string>;
  readonly #remove: ReadonlySet<string>;
  readonly #set: readonly Assignment[];
  readonly #add: string;

  constructor(config: QueryEditsConfig) {
    this.#rename = new Map(config.rename.map(({ from, to }) => [from, to]));
    this.#remove = new Set(config.remove);
    this.#set = config.set.map(({ name, value }) => ({ name, text: assignment(name, value) }));
    this.#add = config.add.map(({ name, value }) => assignment(name, value)).join("&");
  }

  apply(query: string): string {
    let result = "";
    const placed = new Set<string>();
    let start = 0;
    while (start <= query.length && query !== "") {
      let end = query.indexOf("&", start);
      if (end < 0) end = query.length;
      const kept = this.#edit(query.slice(start, end), placed);
      if (kept !== undefined) result += result === "" ? kept : `&${kept}`;
      start = end + 1;
    }
    for (const { name, text } of this.#set) if (!placed.has(name)) result += result === "" ? text : `&${text}`;
    if (this.#add !== "") result += result === "" ? this.#add : `&${this.#add}`;
    return result;
  }

  /** One `name=value` after the edits; undefined where it goes away. */
  #edit(pair: string, placed: Set<string>): string | undefined {
    const equals = pair.indexOf("=");
    let name = parameterName(equals < 0 ? pair : pair.slice(0, equals));
    let text = pair;
    const renamed = this.#rename.get(name);
    if (renamed !== undefined) {
      name = renamed;
      text = encodeURIComponent(renamed) + (equals < 0 ? "" : pair.slice(equals));
    }
    if (this.#remove.has(name)) return undefined;
    for (let index = 0; index < this.#set.length; index++) {
      const assigned = this.#set[index]!;
      if (assigned.name !== name) continue;
      if (placed.has(name)) return undefined;
      placed.add(name);
      return assigned.text;
    }
    return text;
  }
}

const assignment = (name: string, value: string): string => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;

/** Names are compared decoded: a service takes `d%65bug` for `debug`, and `remove: [debug]` must not miss it. */
function parameterName(sent: string): string {
  if (!sent.includes("%") && !sent.includes("+")) return sent;
  const spaced = sent.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
