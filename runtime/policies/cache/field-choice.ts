import { members } from "../../caching/directives.ts";
import { type HeaderList, lineKind, placeSize } from "../../fields/header-list.ts";

/** `names`: in lower case; `x-*`: all that begin so. */
export const createFieldChoice = (names: readonly string[]): FieldChoice => new FieldChoice(names);

/** How a gateway names itself in `Via`: see `pseudonym` of `Gateway`. */
const ofGateway = /^(?:1\.[01]|2) gatewright \([a-z][a-z0-9-]{0,62} [\w-]{12}\)$/;

/**
 * By `Via`, gateways find out that a request goes round (RFC 9110 §7.6.3). What others have written there says nothing that an answer
 * may depend on, and clients can write anything: what looks like an entry of a gateway is all that they get through.
 */
function keepGateways(headers: HeaderList): void {
  const found = members(headers.get("via") ?? "");
  const gateways = found.filter((member) => ofGateway.test(member));
  if (gateways.length < found.length) headers.set("Via", gateways.join(", "));
}

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
  restrict(headers: HeaderList): void {
    const { text, added } = headers;
    const places = headers.ownPlaces();
    for (let at = 0; at < places.length; at += placeSize)
      if (!this.has(text.slice(places[at], places[at + 1]).toLowerCase()) && places[at + 4]! < lineKind.deleted)
        places[at + 4] = lineKind.deleted;
    const kept = [];
    for (let at = 0; at < added.length; at += 2) if (this.has(added[at]!.toLowerCase())) kept.push(added[at]!, added[at + 1]!);
    added.splice(0, added.length, ...kept);
    keepGateways(headers);
  }
}
