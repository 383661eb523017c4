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

  /** Undefined: it has more than can be known, or an expression has no value. What cannot be purged must not be kept. `before`: it has these too. */
  tagsOf(x: Exchange, { headers }: Answer, before: readonly string[] = []): readonly string[] | undefined {
    const { fields, values, most } = this.#config;
    const tags = new Set(before);
    for (const name of fields) for (const tag of tagsIn(headers.get(name))) tags.add(tag);
    for (const value of values) {
      const given = valueOf(value, x);
      const named = given === undefined ? undefined : tagsOfValue(given);
      if (named === undefined) return undefined;
      for (const tag of named) tags.add(tag);
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
  field === undefined
    ? []
    : textOf(field)
        .split(/[\s,]+/)
        .filter((tag) => tag !== "");

/** A field is bytes, one in each character: those that are UTF-8 are read as such, since purges name tags as texts. */
function textOf(field: string): string {
  if (!/[\x80-\xff]/.test(field)) return field;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(field, "latin1"));
  } catch {
    return field;
  }
}

/** Texts, and numbers as such (a claim may be either); null and the empty text name nothing. Undefined: there is something else. */
export function tagsOfValue(value: unknown): readonly string[] | undefined {
  const given = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const tags: string[] = [];
  for (const one of given) {
    if (typeof one === "string" || typeof one === "number" || typeof one === "bigint") tags.push(String(one));
    else if (one !== null && one !== undefined) return undefined;
  }
  return tags.filter((tag) => tag !== "");
}
