import type { CST } from "yaml";
import { maxDepth } from "../../source/tree.ts";

/** Where a document first goes beyond the deepest nesting. */
export function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  let found: number | undefined;
  walk(tokens, (token, depth) => {
    if (depth <= maxDepth || !("items" in token)) return false;
    found = token.offset;
    return true;
  });
  return found;
}

/** Where the innermost quote or bracket begins that nothing closes. */
export function unclosedToken(tokens: readonly CST.Token[], kind: "quote" | "bracket"): number | undefined {
  let last: number | undefined;
  walk(tokens, (token) => {
    const isOpen =
      kind === "bracket"
        ? token.type === "flow-collection" &&
          !token.end.some(({ type }) => type === (token.start.type === "flow-map-start" ? "flow-map-end" : "flow-seq-end"))
        : (token.type === "double-quoted-scalar" || token.type === "single-quoted-scalar") &&
          !/^(?:"(?:[^"\\]|\\[^])*"|'(?:[^']|'')*')$/.test(token.source);
    if (isOpen && token.offset >= (last ?? 0)) last = token.offset;
    return false;
  });
  return last;
}

/** Visits all tokens, in no order, until `visit` says that it has what it wants. Recursion would exhaust the stack. */
function walk(tokens: readonly CST.Token[], visit: (token: CST.Token, depth: number) => boolean): void {
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (visit(token, depth)) return;
    if (token.type === "document") {
      if (token.value !== undefined) open.push({ token: token.value, depth });
    } else if ("items" in token) {
      for (const { key, value } of token.items) {
        if (key != null) open.push({ token: key, depth: depth + 1 });
        if (value !== undefined) open.push({ token: value, depth: depth + 1 });
      }
    }
  }
}
