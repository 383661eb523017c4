import { type HeaderList, lineKind, placeSize } from "./header-list.ts";

/**
 * Drops every line whose name `isMatch` accepts. Only names of the lengths in `lengths` are asked for: bit n stands for
 * n characters, modulo 32.
 */
export function deleteMatching(headers: HeaderList, lengths: number, isMatch: (name: string) => boolean): void {
  const { text, places, added } = headers;
  for (let at = 0; at < places.length; at += placeSize) {
    const start = places[at]!;
    const end = places[at + 1]!;
    if ((lengths & (1 << ((end - start) & 31))) === 0 || places[at + 4]! >= lineKind.deleted) continue;
    if (isMatch(text.slice(start, end))) headers.ownPlaces()[at + 4] = lineKind.deleted;
  }
  let kept = 0;
  for (let index = 0; index < added.length; index += 2) {
    const name = added[index]!;
    if ((lengths & (1 << (name.length & 31))) !== 0 && isMatch(name)) continue;
    added[kept] = name;
    added[kept + 1] = added[index + 1]!;
    kept += 2;
  }
  if (kept !== added.length) added.length = kept;
}
