import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { longestTag, type Purge, purgedPrefix, purgedUri } from "./purge.ts";
import type { Purges } from "./purges.ts";
import { tagsIn, tagsOfValue } from "./tagging.ts";

export interface PurgeAfterConfig {
  readonly purges: Purges;
  /** Expressions that give tags, paths, or prefixes of them: one, or a list. */
  readonly tags: readonly Expression<unknown>[];
  readonly uris: readonly Expression<unknown>[];
  readonly prefixes: readonly Expression<unknown>[];
  /** A field of answers that has tags, and the services that may send it; null: none. */
  readonly field: { readonly name: string; readonly from: readonly string[] } | null;
  readonly isSoft: boolean;
}

export const createPurgeAfter = (config: PurgeAfterConfig): PurgeAfter => new PurgeAfter(config);

/** Most purges that one answer asks for; of more than that, everything is purged. */
const mostOfOne = 100;

/** What is purged once a service has done what a request asked for. */
export class PurgeAfter {
  readonly #config: PurgeAfterConfig;

  constructor(config: PurgeAfterConfig) {
    this.#config = config;
  }

  /** To be called with an answer of a service that is no error. */
  response(x: Exchange): void {
    const { tags, uris, prefixes, field, isSoft, purges } = this.#config;
    const asked: Purge[] = [];
    const add = (kind: Purge["kind"], name: string | undefined): void => {
      // What names nothing has nothing kept.
      if (name !== undefined && name.length > 0) asked.push({ kind, name, isSoft });
    };
    const each = (expressions: readonly Expression<unknown>[]): readonly string[] =>
      expressions.flatMap((one) => tagsOfValue(valueOf(one, x)) ?? []);
    for (const tag of each(tags)) add("tag", tag.length > longestTag ? undefined : tag);
    for (const uri of each(uris)) add("uri", purgedUri(escaped(uri)));
    for (const prefix of each(prefixes)) {
      const purged = purgedPrefix(escaped(prefix));
      if (purged === "") asked.push({ kind: "all", name: "", isSoft });
      else add("prefix", purged);
    }
    if (field?.from.includes(x.upstream?.service ?? "") === true)
      for (const tag of tagsIn(x.answer!.headers.get(field.name))) add("tag", tag.length > longestTag ? undefined : tag);
    if (asked.length === 0) return;
    purges.purge(asked.length > mostOfOne ? [{ kind: "all", name: "", isSoft }] : asked);
  }

  strip(headers: HeaderList): void {
    if (this.#config.field !== null) headers.delete(this.#config.field.name);
  }
}

/** Expressions have parameters of the path as texts: in it, what no path holds raw is escaped. A `?` begins the query in any case. */
const escaped = (text: string): string =>
  text.replace(/%(?![\da-f]{2})|#|[^\x21-\x7e]+/gi, (part) => Buffer.from(part).toString("hex").replace(/../g, "%$&"));
