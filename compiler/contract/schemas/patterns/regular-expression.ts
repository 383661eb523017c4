import { hasRepeatedNames } from "./repeated-names.ts";

/**
 * The literal for a `pattern`. JSON Schema wants code points (the `u` flag), which keeps V8 from falling back to its
 * linear matcher, so the flag is left out where it changes nothing: ASCII only, and nothing that could match one half of
 * a surrogate pair. It is also left out for patterns that are valid only without it (ECMA-262 Annex B).
 */
export function regularExpression(pattern: string): RegExp | undefined {
  if (hasRepeatedNames(pattern)) return undefined;
  const flags = needsCodePoints(pattern) ? ["u", ""] : ["", "u"];
  for (const flag of flags) {
    try {
      return new RegExp(pattern, flag);
    } catch {
      // Tried with the other flag.
    }
  }
  return undefined;
}

/** Atoms that match any of many characters, so that it matters whether a character is one unit or two. */
const wideAtom = /\\[SWDpPu]|\[\^|(?<!\\)\./;

function needsCodePoints(pattern: string): boolean {
  if (/[^\u0000-\u007f]/.test(pattern)) return true;
  // A class without its negation has ASCII only, and escapes inside of it stay what they are.
  return wideAtom.test(pattern);
}

/** Source of an expression that makes the same regular expression. */
export const regularExpressionLiteral = (expression: RegExp): string =>
  String(expression).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
