import { type CharacterSet, includes } from "./character-set.ts";
import type { Expression } from "./expression.ts";
import { isTooDeep, parseExpression } from "./parse.ts";

/** Which characters to take, the first that a set has. */
const preferences = ["x1XA-", "1xX0-"];

/**
 * Short texts that match. None may be found for what looks around, or asks for more than its parts do.
 *
 * @param times how often to repeat what may be repeated so often
 */
export function samplesOf(pattern: RegExp, times: number): string[] {
  if (isTooDeep(pattern)) return [];
  const { expression } = parseExpression(pattern);
  const texts = preferences.flatMap((preferred) => {
    const text = write(expression, preferred, times);
    return text === undefined || !pattern.test(text) ? [] : [text];
  });
  return [...new Set(texts)];
}

/** Longer texts are no example of anything. */
const longest = 1_000;

function write(expression: Expression, preferred: string, times: number): string | undefined {
  switch (expression.kind) {
    case "empty":
    case "assertion":
    case "look":
      return "";
    case "set":
      return characterOf(expression.set, preferred);
    case "sequence": {
      const texts = expression.parts.map((part) => write(part, preferred, times));
      return texts.includes(undefined) ? undefined : texts.join("");
    }
    case "choice":
      return expression.parts.map((part) => write(part, preferred, times)).find((text) => text !== undefined);
    case "reference":
      return write(expression.part, preferred, times);
    case "repeat": {
      const { least, most, part } = expression;
      const count = Math.max(least, Math.min(most, times));
      const text = count === 0 ? "" : write(part, preferred, times);
      return text === undefined || text.length * count > longest ? undefined : text.repeat(count);
    }
  }
}

function characterOf(set: CharacterSet, preferred: string): string | undefined {
  const found = [...preferred].find((character) => includes(set, character.codePointAt(0)!));
  if (found !== undefined) return found;
  const visible = set.find(([, last]) => last >= 0x21) ?? set[0];
  return visible === undefined ? undefined : String.fromCodePoint(Math.max(visible[0], Math.min(0x21, visible[1])));
}
