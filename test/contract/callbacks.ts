import { ts } from "ts-morph";
import { parse, type SourceText } from "./source-files.ts";

/** Methods that take a callback of ours and call it later, from outside of everything that could catch. */
const methods = new Set([
  "on",
  "once",
  "addListener",
  "addEventListener",
  "prependListener",
  "prependOnceListener",
  "then",
  "catch",
  "finally",
  "nextTick",
  "ping",
  "write",
  "end",
  "send",
  "listen",
  "onTimeout",
]);
const functions = new Set(["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "createServer", "connect", "write"]);
/** Options of node:net and node:tls that are called back. */
const options = new Set(["callback", "lookup", "SNICallback", "buffer"]);

/**
 * Callbacks that are handed to Node without `contained`, as `path: code`: whatever one of them throws would end the
 * process. Functions that do nothing are safe.
 */
export function bareCallbacks(source: SourceText): string[] {
  const file = parse(source);
  const made = initializers(file);
  const found: string[] = [];
  const note = (node: ts.Node): void => void found.push(`${source.path}: ${node.getText().split("\n")[0]!.trim()}`);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && registers(node.expression)) {
      const bare = node.arguments.filter((argument) => mayBeFunction(argument, made) && !isSafe(argument, made));
      if (bare.length > 0) note(node);
    }
    if (ts.isPropertyAssignment(node) && options.has(node.name.getText()) && !isSafe(node.initializer, made)) note(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function registers(callee: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(callee)) return methods.has(callee.name.text);
  return ts.isIdentifier(callee) && functions.has(callee.text);
}

/** What constants, functions and fields of the file are made of, by name; `this.#name` for private fields. */
function initializers(file: ts.SourceFile): ReadonlyMap<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) found.set(node.name.getText(), node.initializer);
    if (ts.isPropertyDeclaration(node) && node.initializer !== undefined)
      found.set(`this.${node.name.getText()}`, node.initializer);
    if (ts.isFunctionDeclaration(node) && node.name !== undefined) found.set(node.name.text, node);
    if (ts.isMethodDeclaration(node)) found.set(`this.${node.name.getText()}`, node);
    // What a caller hands in is looked at where it does.
    if (ts.isParameter(node) && node.type !== undefined && ts.isFunctionTypeNode(node.type)) found.set(node.name.getText(), node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const resolved = (node: ts.Node, made: ReadonlyMap<string, ts.Node>): ts.Node => made.get(node.getText()) ?? node;

function mayBeFunction(argument: ts.Node, made: ReadonlyMap<string, ts.Node>): boolean {
  const node = resolved(argument, made);
  return isFunction(node) || isContained(node);
}

const isFunction = (node: ts.Node): boolean =>
  ts.isArrowFunction(node) ||
  ts.isFunctionExpression(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isParameter(node);

function isSafe(argument: ts.Node, made: ReadonlyMap<string, ts.Node>): boolean {
  const node = resolved(argument, made);
  if (isContained(node) || ts.isParameter(node)) return true;
  if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return false;
  const { body } = node as ts.FunctionLikeDeclaration & { readonly body: ts.Block | ts.Expression };
  if (!ts.isBlock(body)) return false;
  // One `try` around everything, or nothing at all.
  return body.statements.every((statement) => ts.isTryStatement(statement) && statement.catchClause !== undefined);
}

const isContained = (node: ts.Node): boolean => ts.isCallExpression(node) && node.expression.getText() === "contained";
