import { translatePattern } from "./dialects.ts";
import type { Expression } from "./expression.ts";
import { isTooDeep, parseExpression } from "./parse.ts";
import { regularExpression } from "./regular-expression.ts";

/** More texts than anybody lists. */
const most = 64;

/** All texts that a pattern matches as a whole; undefined where it does not have to match the whole, or matches many. */
export function textsOfPattern(written: string): readonly string[] | undefined {
  const { pattern } = translatePattern(written);
  const parsed = pattern === undefined ? undefined : regularExpression(pattern);
  if (parsed === undefined || isTooDeep(parsed)) return undefined;
  const { expression } = parseExpression(parsed);
  if (expression.kind !== "sequence") return undefined;
  const [first, ...rest] = expression.parts;
  const last = rest.pop();
  const isWhole =
    first?.kind === "assertion" && first.asserts === "start" && last?.kind === "assertion" && last.asserts === "end";
  const texts = isWhole ? textsOf({ kind: "sequence", parts: rest }) : undefined;
  return texts === undefined ? undefined : [...new Set(texts)];
}

function textsOf(expression: Expression): readonly string[] | undefined {
  switch (expression.kind) {
    case "empty":
      return [""];
    case "set": {
      const codes = expression.set.flatMap(([from, to]) =>
        to - from < most ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [-1],
      );
      return codes.includes(-1) ? undefined : few(codes.map((code) => String.fromCodePoint(code)));
    }
    case "choice": {
      const texts = expression.parts.map(textsOf);
      return texts.some((each) => each === undefined) ? undefined : few(texts.flatMap((each) => each ?? []));
    }
    case "sequence":
      return product(expression.parts);
    case "repeat": {
      if (expression.most > most) return undefined;
      const counts = Array.from({ length: expression.most - expression.least + 1 }, (_, index) => expression.least + index);
      return textsOf({
        kind: "choice",
        parts: counts.map((count) => ({ kind: "sequence", parts: Array.from({ length: count }, () => expression.part) })),
      });
    }
    default:
      return undefined;
  }
}

function product(parts: readonly Expression[]): readonly string[] | undefined {
  let texts: readonly string[] | undefined = [""];
  for (const part of parts) {
    const next = textsOf(part);
    texts = texts === undefined || next === undefined ? undefined : few(texts.flatMap((text) => next.map((end) => text + end)));
  }
  return texts;
}

const few = (texts: readonly string[]): readonly string[] | undefined => (texts.length > most ? undefined : texts);
