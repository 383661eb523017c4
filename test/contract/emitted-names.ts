import { ts } from "ts-morph";
import { parse, type SourceText } from "./source-files.ts";

/** The names of one emitted module. */
export interface EmittedNames {
  /** Imports, and what is declared at module level. */
  readonly outer: ReadonlySet<string>;
  /** Parameters and variables of functions. */
  readonly inner: ReadonlySet<string>;
  /** What is used and declared nowhere in it. */
  readonly globals: ReadonlySet<string>;
}

export function emittedNames(source: SourceText): EmittedNames {
  const file = parse(source);
  const outer = new Set<string>();
  const inner = new Set<string>();
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      if (isDeclared(node)) (isAtModuleLevel(node) ? outer : inner).add(node.text);
      else if (isUsed(node)) used.add(node.text);
    }
    node.forEachChild(visit);
  };
  visit(file);
  return { outer, inner, globals: new Set([...used].filter((name) => !outer.has(name) && !inner.has(name))) };
}

function isDeclared({ parent, text }: ts.Identifier): boolean {
  if (ts.isImportSpecifier(parent) || ts.isNamespaceImport(parent)) return parent.name.text === text;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isBindingElement(parent) ||
      ts.isParameter(parent) ||
      ts.isFunctionDeclaration(parent)) &&
    parent.name !== undefined &&
    ts.isIdentifier(parent.name) &&
    parent.name.text === text
  );
}

function isAtModuleLevel(node: ts.Identifier): boolean {
  // Instances that a shared function takes from its operation are taken inside of it.
  if (ts.isParameter(node.parent) || ts.isBindingElement(node.parent)) return false;
  const owner = ts.isVariableDeclaration(node.parent) ? node.parent.parent.parent.parent : node.parent.parent;
  return ts.isSourceFile(owner) || ts.isImportClause(owner) || ts.isNamedImports(owner) || ts.isImportDeclaration(owner);
}

/** A name of a property or of a member is none of a value. */
function isUsed(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isMethodDeclaration(parent) && !ts.isImportSpecifier(parent);
}
