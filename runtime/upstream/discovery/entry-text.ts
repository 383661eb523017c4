import { listedIn } from "./list.ts";
import type { Listed } from "./member.ts";

/**
 * What a text of a registry stands for: an entry as lists have it, in JSON, or an address as it is. What is neither is an entry
 * that is of no use.
 */
export function entriesIn(text: string): readonly Listed[] {
  try {
    return listedIn([JSON.parse(text)]);
  } catch {
    return [{ address: text.trim() }];
  }
}
