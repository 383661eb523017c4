import { type HeaderList, lineKind, placeSize } from "./header-list.ts";

/**
 * Removes every line of the field as `delete` does, and gives their values: where none has the name itself, those of lines
 * that a service would take for it. `name` in lower case.
 */
export function takeField(headers: HeaderList, name: string): string[] {
  const { text, places } = headers;
  const values = headers.all(name);
  if (values.length === 0) {
    for (let at = 0; at < places.length; at += placeSize) {
      const start = places[at]!;
      const end = places[at + 1]!;
      if (end - start !== name.length || places[at + 4]! >= lineKind.deleted) continue;
      if (folded(text.slice(start, end)) === folded(name)) values.push(text.slice(places[at + 2], places[at + 3]));
    }
  }
  if (values.length > 0) headers.delete(name);
  return values;
}

const folded = (name: string): string => name.toLowerCase().replaceAll(/[^\da-z]/g, "-");
