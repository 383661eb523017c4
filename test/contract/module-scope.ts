import { ts } from "ts-morph";
import { parse, type SourceText } from "./source-files.ts";

/** Statements of a module that would run when it is loaded, as `path:line: code`: what esbuild could not drop. */
export function executedAtModuleScope(source: SourceText): string[] {
  const file = parse(source);
  return file.statements.flatMap(executed).map((node) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    return `${source.path}:${line + 1}: ${source.text.split("\n")[line]!.trim()}`;
  });
}

function executed(statement: ts.Statement): ts.Node[] {
  if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) || ts.isFunctionDeclaration(statement)) return [];
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [];
  if (ts.isClassDeclaration(statement)) return executedByClass(statement);
  if (ts.isExportAssignment(statement)) return isInert(statement.expression) ? [] : [statement];
  if (
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true
  )
    return [];
  if (!ts.isVariableStatement(statement)) return [statement];
  // State of a module would be shared by every gateway in the process.
  if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0) return [statement];
  return statement.declarationList.declarations.filter(
    ({ name, initializer }) => !ts.isIdentifier(name) || initializer === undefined || !isInert(initializer),
  );
}

function executedByClass(node: ts.ClassLikeDeclaration): ts.Node[] {
  const heritage = (node.heritageClauses ?? [])
    .flatMap((clause) => [...clause.types])
    .filter(({ expression }) => !ts.isIdentifier(expression));
  const members = node.members.filter((member) => {
    if (ts.isClassStaticBlockDeclaration(member)) return true;
    if (member.name !== undefined && ts.isComputedPropertyName(member.name)) return true;
    const isStatic =
      ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true;
    return isStatic && ts.isPropertyDeclaration(member) && member.initializer !== undefined && !isInert(member.initializer);
  });
  return [...heritage, ...members];
}

/** Literals, functions and classes, and what is made of them without calling anything. */
function isInert(node: ts.Expression): boolean {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node))
    return isInert(node.expression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return true;
  if (ts.isClassExpression(node)) return executedByClass(node).length === 0;
  if (
    ts.isStringLiteralLike(node) ||
    ts.isNumericLiteral(node) ||
    ts.isBigIntLiteral(node) ||
    ts.isRegularExpressionLiteral(node) ||
    ts.isIdentifier(node)
  )
    return true;
  if ([ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword].includes(node.kind)) return true;
  if (ts.isPrefixUnaryExpression(node)) return isInert(node.operand);
  if (ts.isBinaryExpression(node))
    return isInert(node.left) && isInert(node.right) && node.operatorToken.kind !== ts.SyntaxKind.EqualsToken;
  if (ts.isArrayLiteralExpression(node))
    return node.elements.every((element) => !ts.isSpreadElement(element) && isInert(element));
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.every(
    (property) =>
      ts.isShorthandPropertyAssignment(property) ||
      (ts.isMethodDeclaration(property) && !ts.isComputedPropertyName(property.name)) ||
      (ts.isPropertyAssignment(property) && !ts.isComputedPropertyName(property.name) && isInert(property.initializer)),
  );
}
