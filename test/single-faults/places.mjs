// Where single faults can be put into the sources, and how each changes the text.
import { Node, Project, SyntaxKind } from "ts-morph";

/**
 * @typedef {object} Place
 * @property {string} kind one of the names in `kinds`
 * @property {string} file relative to the checkout
 * @property {number} line
 * @property {number} start offset of the text that is replaced
 * @property {number} end
 * @property {string} text what stands there instead
 * @property {string} was the line as it is
 */

const turned = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
]);
const cleansUp =
  /^(?:abort|cancel|clear|close|delete|destroy|detach|dispose|drop|end|forget|free|kill|off|pause|release|remove|removeAllListeners|removeListener|reset|resume|stop|unlink|unlinkSync|unref|unwatch)/;
const reports = /^(?:report|warn|refuse|fail|log)/;
const boundNames = /(?:max|most|limit|bound|budget|timeout|deadline|cap|longest|largest)/i;

/** By kind: the replacement of a node, or undefined where it is no place for this kind of fault. */
const kinds = {
  /** A condition that ends a function early never holds. */
  "guard never holds"(node) {
    if (!Node.isIfStatement(node) || node.getElseStatement() !== undefined) return undefined;
    const then = node.getThenStatement();
    const last = Node.isBlock(then) ? then.getStatements().at(-1) : then;
    const leaves =
      last !== undefined &&
      (Node.isReturnStatement(last) ||
        Node.isThrowStatement(last) ||
        Node.isContinueStatement(last) ||
        Node.isBreakStatement(last));
    return leaves ? { at: node.getExpression(), text: `(${node.getExpression().getText()}) && String(0) === ""` } : undefined;
  },
  "bound off by one"(node) {
    if (!Node.isBinaryExpression(node)) return undefined;
    const text = turned.get(node.getOperatorToken().getText());
    return text === undefined ? undefined : { at: node.getOperatorToken(), text };
  },
  "clean-up left out"(node) {
    return Node.isExpressionStatement(node) && cleansUp.test(calledName(node.getExpression()))
      ? { at: node, text: ";" }
      : undefined;
  },
  "report left out"(node) {
    return Node.isExpressionStatement(node) && reports.test(calledName(node.getExpression()))
      ? { at: node, text: ";" }
      : undefined;
  },
  "or instead of and"(node) {
    if (!Node.isBinaryExpression(node) || node.getOperatorToken().getText() !== "&&" || !decides(node)) return undefined;
    return { at: node.getOperatorToken(), text: "||" };
  },
  "half of an or"(node) {
    if (!Node.isBinaryExpression(node) || node.getOperatorToken().getText() !== "||" || !decides(node)) return undefined;
    return { at: node, text: `(${node.getLeft().getText()})` };
  },
  "answer turned round"(node) {
    if (!Node.isReturnStatement(node)) return undefined;
    const text = node.getExpression()?.getText();
    if (text !== "true" && text !== "false") return undefined;
    return { at: node.getExpression(), text: text === "true" ? "false" : "true" };
  },
  "negation lost"(node) {
    if (!Node.isPrefixUnaryExpression(node) || node.getOperatorToken() !== SyntaxKind.ExclamationToken || !decides(node))
      return undefined;
    return { at: node, text: `(${node.getOperand().getText()})` };
  },
  "bound a thousand times as high"(node) {
    if (!Node.isNumericLiteral(node) || node.getText() === "0") return undefined;
    const owner = node.getFirstAncestor(
      (one) => Node.isVariableDeclaration(one) || Node.isPropertyDeclaration(one) || Node.isPropertyAssignment(one),
    );
    if (owner === undefined || !boundNames.test(owner.getName())) return undefined;
    return { at: node, text: `(${node.getText()} * 1000)` };
  },
};

export const kindNames = Object.keys(kinds);

function calledName(expression) {
  const call = Node.isAwaitExpression(expression) ? expression.getExpression() : expression;
  if (!Node.isCallExpression(call)) return "";
  const callee = call.getExpression();
  return Node.isPropertyAccessExpression(callee)
    ? callee.getName().replace(/^#/, "")
    : Node.isIdentifier(callee)
      ? callee.getText()
      : "";
}

/** Whether a flow of control or an answer hangs on this expression. */
function decides(node) {
  let inner = node;
  let outer = node.getParentOrThrow();
  while (Node.isParenthesizedExpression(outer) || Node.isPrefixUnaryExpression(outer) || Node.isBinaryExpression(outer)) {
    inner = outer;
    outer = outer.getParentOrThrow();
  }
  return (
    (Node.isIfStatement(outer) && outer.getExpression() === inner) ||
    (Node.isConditionalExpression(outer) && outer.getCondition() === inner) ||
    (Node.isArrowFunction(outer) && outer.getBody() === inner) ||
    Node.isReturnStatement(outer) ||
    Node.isWhileStatement(outer)
  );
}

/** All places of the files below `root`. @returns {Place[]} */
export function findPlaces(root, files) {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
  const places = [];
  for (const file of files) {
    const source = project.addSourceFileAtPath(`${root}/${file}`);
    const lines = source.getFullText().split("\n");
    source.forEachDescendant((node, traversal) => {
      if (Node.isTypeNode(node) || Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node)) {
        traversal.skip(); // and returns nothing: a value would end the walk
        return;
      }
      for (const [kind, change] of Object.entries(kinds)) {
        const found = change(node);
        if (found === undefined) continue;
        const { at, text } = found;
        const line = at.getStartLineNumber();
        places.push({ kind, file, line, start: at.getStart(), end: at.getEnd(), text, was: lines[line - 1].trim() });
      }
    });
    project.removeSourceFile(source);
  }
  return places;
}
