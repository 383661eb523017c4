import { exec } from "jsonpath-rfc9535";
import parse from "jsonpath-rfc9535/parser";
import { nearest } from "../../../diagnostics/suggest.ts";
import { isObject } from "../../../source/json-kind.ts";
import type { JsonValue } from "../../../source/source-set.ts";

/** Keys and indices from the root to a value. */
export type Path = readonly (string | number)[];

/** A JSONPath that is none, and where in its text that shows. */
export interface BadPath {
  readonly problem: string;
  readonly offset: number;
}

/** The places that a JSONPath (RFC 9535) selects, each once. */
export function targets(root: JsonValue, expression: string): readonly Path[] | BadPath {
  const paths = new Map<string, Path>();
  try {
    exec(root as Parameters<typeof exec>[0], expression, (_, path) => {
      paths.set(JSON.stringify(path), [...path]);
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const offset = (error as { readonly location?: { readonly start: { readonly offset: number } } }).location?.start.offset ?? 0;
    const problem = error.message.replace(/\.$/, "").replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
    return { problem, offset };
  }
  return [...paths.values()];
}

/** What is nearest to the first part of a path that finds nothing. */
export function nearestPart(root: JsonValue, expression: string): string {
  let nodes: readonly JsonValue[] = [root];
  let place = "$";
  /** How much of the text led here. */
  let read = 0;
  for (const { type, node } of parse(expression).segments) {
    if (type === "DescendantSegment") nodes = nodes.flatMap(descendants);
    const names =
      node.type === "MemberNameShorthand"
        ? [node.value]
        : node.type === "BracketedSelection"
          ? namesIn(node.selectors)
          : undefined;
    const found = nodes.flatMap((value) => children(value).filter(([key]) => names === undefined || names.includes(key)));
    if (found.length === 0) {
      const written = names?.[0];
      if (written === undefined) return `Nothing is in \`${place}\`.`;
      const near = nearest(written, new Set(nodes.flatMap((value) => children(value).map(([key]) => key))));
      if (near === undefined) return `\`${place}\` is there, but nothing like \`${written}\` in it.`;
      const at = expression.indexOf(written, read);
      const isInQuotes = /["']/.test(expression[at - 1] ?? "");
      const corrected = expression.slice(0, at) + near + expression.slice(at + written.length);
      return isInQuotes || /^[A-Za-z_]\w*$/.test(near)
        ? `Did you mean \`${corrected}\`?`
        : `Did you mean \`${near}\` instead of \`${written}\`?`;
    }
    nodes = found.map(([, value]) => value);
    if (names !== undefined) read = expression.indexOf(names[0]!, read) + names[0]!.length;
    place += `${type === "DescendantSegment" ? ".." : "."}${names?.[0] ?? "*"}`;
  }
  return "Its names are there, but no value passes the filters and indices.";
}

/** Undefined where a selector is not a name: then everything is taken for selected. */
function namesIn(selectors: readonly { readonly type: string; readonly value?: unknown }[]): readonly string[] | undefined {
  const names = selectors.flatMap(({ type, value }) => (type === "NameSelector" ? [String(value)] : []));
  return names.length === selectors.length ? names : undefined;
}

function children(value: JsonValue): (readonly [string, JsonValue])[] {
  if (Array.isArray(value)) return value.map((item: JsonValue, index) => [String(index), item] as const);
  return isObject(value) ? Object.entries(value) : [];
}

const descendants = (value: JsonValue): JsonValue[] => [value, ...children(value).flatMap(([, child]) => descendants(child))];
