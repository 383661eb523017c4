import { type HeaderList, lineKind, placeSize } from "./header-list.ts";

/**
 * Takes out claims of clients for good, so that no policy can keep them: in every spelling that a service which knows fields
 * as variables takes for the same. `names` in lower case, with hyphens.
 */
export function dropClaims(headers: HeaderList, names: readonly string[]): void {
  const { text } = headers;
  const places = headers.ownPlaces();
  for (let at = 0; at < places.length; at += placeSize) {
    if (places[at + 4] !== lineKind.withheld) continue;
    const name = text
      .slice(places[at], places[at + 1])
      .toLowerCase()
      .replaceAll(/[^\da-z]/g, "-");
    if (names.includes(name)) places[at + 4] = lineKind.deleted;
  }
}
