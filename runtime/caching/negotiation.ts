import { qualityOf, readAccept } from "../body/accept-quality.ts";
import type { MediaRange } from "../body/media-type.ts";
import { parseMediaType } from "../body/media-type.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { Negotiation } from "./vary.ts";

export interface NegotiationConfig {
  /** Media types of the answers of an operation, none of them a range; empty: they are not known. */
  readonly types: readonly string[];
  /** Language tags that answers come in; empty: they are not known. */
  readonly languages: readonly string[];
}

export const createNegotiation = (config: NegotiationConfig): Negotiation => new Alternatives(config);

/** Reduces what clients say in `Accept` and `Accept-Language` to what of it makes a difference (RFC 9110 §12.5.1, §12.5.4). */
class Alternatives implements Negotiation {
  readonly #types: readonly { readonly text: string; readonly offer: MediaRange }[];
  readonly #languages: readonly { readonly text: string; readonly tag: string }[];

  constructor({ types, languages }: NegotiationConfig) {
    this.#types = types.flatMap((text) => {
      const offer = parseMediaType(text);
      return offer === undefined ? [] : [{ text, offer }];
    });
    this.#languages = languages.map((text) => ({ text, tag: text.toLowerCase() }));
  }

  settled(name: string, value: string): string | undefined {
    if (name === "accept" && this.#types.length > 0) return this.#acceptOf(value);
    return name === "accept-language" && this.#languages.length > 0 ? this.#languageOf(value) : value;
  }

  settle(headers: HeaderList): void {
    for (const name of ["Accept", "Accept-Language"]) {
      const sent = headers.get(name.toLowerCase());
      if (sent === undefined) continue;
      const settled = this.settled(name.toLowerCase(), sent);
      if (settled === undefined) headers.delete(name.toLowerCase());
      else if (settled !== sent) headers.set(name, settled);
    }
  }

  /** Those that the client likes best; as it is, where it likes none, or it cannot be told. */
  #acceptOf(value: string): string {
    // Of each range it is told whether each type is in it, for each variant: clients could have that take long.
    if (value.length > longestAccept) return value;
    const ranges = readAccept(value);
    if (ranges === undefined) return value;
    let best = 0;
    let chosen: string[] = [];
    for (const { text, offer } of this.#types) {
      const quality = qualityOf(offer, ranges);
      // It asks for one form of the type, of which the spec says nothing.
      if (quality === undefined) return value;
      if (quality > best) [best, chosen] = [quality, []];
      if (quality === best && quality > 0) chosen.push(text);
    }
    return chosen.length === 0 ? value : chosen.join(", ");
  }

  /** The one that the client likes best, of equals the one that is listed first; undefined: none, and the service chooses. */
  #languageOf(value: string): string | undefined {
    const ranges = value.split(",", mostRanges).map(readLanguageRange);
    let best = 0;
    let chosen: string | undefined;
    for (const { text, tag } of this.#languages) {
      const quality = languageQuality(tag, ranges);
      if (quality > best) [best, chosen] = [quality, text];
    }
    return chosen;
  }
}

/** Far more than any browser has; longer ones pass as they are. */
const longestAccept = 2_048;
const mostRanges = 64;

interface LanguageRange {
  readonly range: string;
  readonly quality: number;
}

function readLanguageRange(text: string): LanguageRange {
  const [range = "", ...parameters] = text.split(";");
  const weight = /^[ \t]*q=([01](?:\.\d{0,3})?)[ \t]*$/i.exec(parameters[0] ?? "");
  return { range: range.trim().toLowerCase(), quality: weight === null ? 1 : Math.min(1, Number(weight[1])) };
}

/**
 * By the most specific range that is about the language: itself, a longer one of it (`de-CH` for `de`, RFC 4647 §3.4), a shorter
 * one (`de` for `de-CH`, RFC 4647 §3.3.1), or any.
 */
function languageQuality(tag: string, ranges: readonly LanguageRange[]): number {
  let [closest, found] = [-1, 0];
  for (const { range, quality } of ranges) {
    const closeness =
      range === tag ? 3 : range.startsWith(`${tag}-`) ? 2 : tag.startsWith(`${range}-`) ? 1 : range === "*" ? 0 : -1;
    if (closeness < 0 || closeness < closest || (closeness === closest && quality <= found)) continue;
    [closest, found] = [closeness, quality];
  }
  return found;
}
