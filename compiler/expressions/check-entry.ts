import { nearest } from "../diagnostics/suggest.ts";
import type { Ast, Span } from "./ast.ts";
import { type Checker, place } from "./checker.ts";
import type { Typed } from "./coerce.ts";
import { pathOf, presenceTest } from "./facts.ts";
import { mayBeAbsent, undeclaredParameter } from "./messages.gen.ts";
import type { FieldType } from "./types.ts";

export interface KnownEntry {
  readonly operand: Typed;
  readonly field: FieldType;
}

/** The entry of a map that is known by name; warns of a name that is none and looks like one. */
export function knownEntry(checker: Checker, operand: Typed, name: string, at: Span): KnownEntry | undefined {
  const { node } = operand;
  const entries = node.kind === "variable" ? checker.environment.variables[node.name]!.entries : undefined;
  if (node.kind !== "variable" || entries === undefined) return undefined;
  if (Object.hasOwn(entries, name)) return { operand: { ...operand, node: { ...node, external: true } }, field: entries[name]! };
  const near = nearest(name, Object.keys(entries));
  const kind = node.name === "request.headers" ? "header" : "query parameter";
  if (near !== undefined) checker.report(at, (place) => undeclaredParameter(place, { name, kind, near }));
  return undefined;
}

export function readEntry(checker: Checker, { operand, field }: KnownEntry, name: string, ast: Ast): Typed {
  const path = pathOf(ast);
  if (!field.required && path !== undefined && !checker.proves(`there ${path}`))
    checker.report(ast, (at) => mayBeAbsent(at, { path, owner: "the spec", test: presenceTest(path) }));
  return {
    type: field.type,
    values: field.values,
    node: { kind: "field", operand: operand.node, name, type: checker.valueType(field.type), at: place(ast) },
  };
}
