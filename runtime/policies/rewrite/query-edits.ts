import type { Exchange, Expression, StartValue } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";

/** Edits of a query, done in the order of the members. Names and values are plain text, not percent-encoded. */
export interface QueryEditsConfig {
  readonly rename: readonly { readonly from: string; readonly to: string }[];
  readonly remove: readonly string[];
  readonly set: readonly QueryEditConfig[];
  readonly add: readonly QueryEditConfig[];
}

export interface QueryEditConfig {
  readonly name: string;
  readonly value: StartValue | Expression<string>;
}

interface Assignment {
  readonly name: string;
  /** `name=value`, percent-encoded, or what computes it; undefined where there is no value. */
  readonly text: string | undefined | ((x: Exchange) => string | undefined);
}

/** Parameters that no edit names keep every byte and their order. */
export class QueryEdits {
  readonly #rename: ReadonlyMap<string, string>;
  readonly #remove: ReadonlySet<string>;
  readonly #set: readonly Assignment[];
  readonly #add: readonly Assignment[];

  constructor(config: QueryEditsConfig) {
    this.#rename = new Map(config.rename.map(({ from, to }) => [from, to]));
    this.#remove = new Set(config.remove);
    this.#set = config.set.map(assignment);
    this.#add = config.add.map(assignment);
  }

  apply(query: string, x: Exchange): string {
    let result = "";
    const placed = new Set<string>();
    let start = 0;
    while (start <= query.length && query !== "") {
      let end = query.indexOf("&", start);
      if (end < 0) end = query.length;
      const kept = this.#edit(query.slice(start, end), placed, x);
      if (kept !== undefined) result += result === "" ? kept : `&${kept}`;
      start = end + 1;
    }
    for (const assigned of this.#set) if (!placed.has(assigned.name)) result = joined(result, textOf(assigned, x));
    for (const added of this.#add) result = joined(result, textOf(added, x));
    return result;
  }

  /** One `name=value` after the edits; undefined where it goes away. */
  #edit(pair: string, placed: Set<string>, x: Exchange): string | undefined {
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
      return textOf(assigned, x);
    }
    return text;
  }
}

function assignment({ name, value }: QueryEditConfig): Assignment {
  const start = `${encodeURIComponent(name)}=`;
  if (typeof value === "string") return { name, text: start + encodeURIComponent(value) };
  return {
    name,
    text: (x) => {
      const text = valueOf(value, x);
      // Half of a surrogate pair, which JSON can write, has no UTF-8.
      return text === undefined || /\p{Surrogate}/u.test(text) ? undefined : start + encodeURIComponent(text);
    },
  };
}

const textOf = ({ text }: Assignment, x: Exchange): string | undefined => (typeof text === "function" ? text(x) : text);

const joined = (query: string, text: string | undefined): string =>
  text === undefined ? query : query === "" ? text : `${query}&${text}`;

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
