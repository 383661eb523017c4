import { listedIn } from "./list.ts";
import type { Listed } from "./member.ts";
import { Unusable } from "./unusable.ts";

/** Characters of an entry: with metadata, it has some hundred. */
export const longestEntry = 4_096;

/**
 * What a text of a registry stands for: an entry as lists have it, in JSON, or an address as it is. What is neither is an entry
 * that is of no use.
 */
export function entriesIn(text: string): readonly Listed[] {
  if (text.length > longestEntry) return [{ address: new Unusable(`it is longer than ${longestEntry} characters`) }];
  try {
    return listedIn([JSON.parse(text)]);
  } catch {
    return [{ address: text.trim() }];
  }
}
