import type { Ast } from "./ast.ts";
import { isFieldMap } from "./field-maps.ts";

/** What a condition proves: that a value is there, or that it is not null. Paths are written as in `body.a["b c"]`. */
export type Fact = `there ${string}` | `value ${string}`;

/** The path of a field read, as a key for facts; undefined for what is computed. */
export function pathOf(ast: Ast): string | undefined {
  if (ast.kind === "name") return ast.name;
  const [operand, name] =
    ast.kind === "select"
      ? [ast.operand, ast.name]
      : ast.kind === "index" && ast.index.kind === "literal" && (ast.index.type === "string" || ast.index.type === "int")
        ? [ast.operand, ast.index.value]
        : [];
  if (operand !== undefined) {
    const path = pathOf(operand);
    return path === undefined ? undefined : fieldPath(path, name!);
  }
  const [map, key] = ast.kind === "index" ? [pathOf(ast.operand), pathOf(ast.index)] : [];
  return map === undefined || key === undefined ? undefined : keyPath(map, key);
}

/** The entry of a map under a key that something else holds; no key of its own looks like that. */
const keyPath = (map: string, key: string): string => `${map}[=${key}]`;

/** What is known of the variable of a macro that goes through the keys of a map: there is an entry. */
export function factsOfKey(range: Ast, variable: string): readonly Fact[] {
  const path = pathOf(range);
  return path === undefined ? [] : [`there ${keyPath(path, variable)}`];
}

export function fieldPath(path: string, written: string): string {
  // Names of header fields are case-insensitive (RFC 9110 §5.1).
  const name = isFieldMap(path) ? written.toLowerCase() : written;
  return /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/** The condition that proves a path to be there; `has` takes names only, no keys in brackets. */
export function presenceTest(path: string): string {
  const [, owner, key] = /^(.*)\[("(?:[^"\\]|\\.)*")\]$/.exec(path) ?? [];
  return owner === undefined ? `has(${path})` : `${key!.includes("'") ? key! : key!.replaceAll('"', "'")} in ${owner}`;
}

/** What holds where `ast` is `truth`. */
export function factsWhen(ast: Ast, truth: boolean): readonly Fact[] {
  if (ast.kind === "not") return factsWhen(ast.operand, !truth);
  if (ast.kind === "and" || ast.kind === "or")
    return (ast.kind === "and") === truth ? ast.operands.flatMap((operand) => factsWhen(operand, truth)) : [];
  if (ast.kind === "has" && truth) {
    const path = pathOf(ast.operand);
    return path === undefined ? [] : [`there ${fieldPath(path, ast.name)}`];
  }
  if (ast.kind !== "binary") return [];
  if (ast.operator === "in" && truth) {
    const path = pathOf(ast.right);
    if (path === undefined) return [];
    if (ast.left.kind === "literal") return ast.left.type === "string" ? [`there ${fieldPath(path, ast.left.value)}`] : [];
    const key = pathOf(ast.left);
    return key === undefined ? [] : [`there ${keyPath(path, key)}`];
  }
  if (ast.operator !== (truth ? "!=" : "==")) return [];
  const value = isNull(ast.left) ? ast.right : isNull(ast.right) ? ast.left : undefined;
  const path = value === undefined ? undefined : pathOf(value);
  return path === undefined ? [] : [`value ${path}`];
}

const isNull = (ast: Ast): boolean => ast.kind === "literal" && ast.type === "null";
