import { type HeaderList, lineKind, placeSize } from "../../fields/header-list.ts";

/** `names`: in lower case; `x-*`: all that begin so. */
export const createFieldChoice = (names: readonly string[]): FieldChoice => new FieldChoice(names);

/** The fields of requests that answers may depend on: no others reach the service. */
export class FieldChoice {
  readonly #names: ReadonlySet<string>;
  readonly #begins: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = new Set(names.filter((name) => !name.endsWith("*")));
    this.#begins = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  }

  /** `name`: in lower case. */
  has(name: string): boolean {
    return this.#names.has(name) || this.#begins.some((begin) => name.startsWith(begin));
  }

  /** Takes all others out, each by its exact name: `X_Region` is not `X-Region`, and does not take it along. */
  restrict({ text, places, added }: HeaderList): void {
    for (let at = 0; at < places.length; at += placeSize)
      if (!this.has(text.slice(places[at], places[at + 1]).toLowerCase()) && places[at + 4]! < lineKind.deleted)
        places[at + 4] = lineKind.deleted;
    const kept = [];
    for (let at = 0; at < added.length; at += 2) if (this.has(added[at]!.toLowerCase())) kept.push(added[at]!, added[at + 1]!);
    added.splice(0, added.length, ...kept);
  }
}
