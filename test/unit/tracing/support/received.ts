import { HeaderList, lineKind } from "../../../../runtime/fields/header-list.ts";

/** Field lines as they come with a request. */
export function received(...lines: readonly (readonly [name: string, value: string])[]): HeaderList {
  let text = "";
  const places: number[] = [];
  for (const [name, value] of lines) {
    const start = text.length;
    text += `${name}: ${value}\r\n`;
    const from = start + name.length + 2;
    places.push(start, start + name.length, from, from + value.length, lineKind.endToEnd);
  }
  return HeaderList.received(`${text}\r\n`, places);
}
