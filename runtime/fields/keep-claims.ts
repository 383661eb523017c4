import { type HeaderList, lineKind, placeSize } from "./header-list.ts";

/** Lets claims of clients go on to the service that are withheld otherwise. `names` in lower case. */
export function keepClaims(headers: HeaderList, names: readonly string[]): void {
  const { text } = headers;
  const places = headers.ownPlaces();
  for (let at = 0; at < places.length; at += placeSize) {
    if (places[at + 4] !== lineKind.withheld) continue;
    if (names.includes(text.slice(places[at], places[at + 1]).toLowerCase())) places[at + 4] = lineKind.endToEnd;
  }
}
