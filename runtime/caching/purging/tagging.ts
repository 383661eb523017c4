import type { Answer, Exchange, Expression } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { longestTag } from "./purge.ts";

export interface TaggingConfig {
  /** Fields of answers that have tags. */
  readonly fields: readonly string[];
  /** Expressions that give a tag or a list of them. */
  readonly values: readonly Expression<unknown>[];
  /** Clients get the fields too. */
  readonly keepsFields: boolean;
  /** Most tags of an answer. */
  readonly most: number;
}

export const createTagging = (config: TaggingConfig): Tagging => new Tagging(config);

/** By what tags an answer is known. */
export class Tagging {
  readonly #config: TaggingConfig;

  constructor(config: TaggingConfig) {
    this.#config = config;
  }

  /** Undefined: it has more than can be known, or an expression has no value. What cannot be purged must not be kept. */
  tagsOf(x: Exchange, { headers }: Answer): readonly string[] | undefined {
    const { fields, values, most } = this.#config;
    const tags = new Set<string>();
    for (const name of fields) for (const tag of tagsIn(headers.get(name))) tags.add(tag);
    for (const value of values) {
      const given = valueOf(value, x);
      if (given === undefined) return undefined;
      for (const tag of tagsOfValue(given)) tags.add(tag);
    }
    const found = [...tags];
    if (found.length > most || found.some(({ length }) => length > longestTag)) return undefined;
    return found.map(keptText);
  }

  strip(headers: HeaderList): void {
    if (this.#config.keepsFields) return;
    for (const name of this.#config.fields) headers.delete(name);
  }
}

/** Tags in a field: `Surrogate-Key` and `xkey` have them behind blanks, `Cache-Tag` behind commas; a tag has neither. */
export const tagsIn = (field: string | undefined): readonly string[] =>
  field === undefined ? [] : field.split(/[\s,]+/).filter((tag) => tag !== "");

/** What is no text names nothing. */
export function tagsOfValue(value: unknown): readonly string[] {
  const given = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return given.filter((tag): tag is string => typeof tag === "string" && tag !== "");
}
