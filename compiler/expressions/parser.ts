import { own } from "../text/own.ts";
import { type Ast, type BinaryOperator, type MacroName, type Span, SyntaxProblem } from "./ast.ts";
import { type Token, tokenize } from "./lexer.ts";

/** Deeper expressions would overflow the stack of the phases behind. */
const maxDepth = 250;
const maxLength = 1_000;
const maxTokens = 10_000;
const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const binaryLevels: readonly (readonly BinaryOperator[])[] = [
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];
const macros: Readonly<Record<MacroName, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  map: [2, 3],
  filter: [2],
};
/** The name cel-go introduced beside `exists_one`. */
const aliases: Readonly<Record<string, MacroName>> = { existsOne: "exists_one" };

/** Parses a CEL expression; throws a `SyntaxProblem` at the first mistake. */
export function parseExpression(text: string): Ast {
  const tokens = tokenize(text);
  if (tokens.length > maxTokens) throw new SyntaxProblem("The expression is too long", span(tokens[maxTokens]!), shorter);
  let position = 0;
  let depth = 0;
  const peek = (): Token => tokens[position]!;
  const before = (): Token => tokens[position - 1]!;
  const at = (sign: string): boolean => {
    const token = peek();
    return token.kind === "sign" && token.text === sign;
  };
  const take = (sign: string): boolean => {
    if (!at(sign)) return false;
    position++;
    return true;
  };

  if (peek().kind === "end")
    throw new SyntaxProblem("The expression is empty", { start: 0, end: text.length }, "Write a condition or a value.");
  const ast = expression();
  if (peek().kind !== "end") throw unexpected("an operator or the end");
  return ast;

  function expression(): Ast {
    if (++depth > maxDepth) throw tooDeep(peek());
    const condition = logical("||");
    let result = condition;
    if (take("?")) {
      const then = logical("||");
      expect(":", "the other value of `?`");
      const otherwise = expression();
      result = { kind: "conditional", condition, then, otherwise, start: condition.start, end: otherwise.end };
    }
    depth--;
    return result;
  }

  /** Chains of operators and of members are as deep as they are long. */
  function refuseLong(length: number, at: Span): void {
    if (length > maxLength) throw new SyntaxProblem("The expression goes on for too long", span(at), shorter);
  }

  function logical(sign: "||" | "&&"): Ast {
    const operand = (): Ast => (sign === "||" ? logical("&&") : binary(0));
    const first = operand();
    if (!at(sign)) return first;
    const operands = [first];
    while (take(sign)) operands.push(operand());
    return { kind: sign === "||" ? "or" : "and", operands, start: first.start, end: operands.at(-1)!.end };
  }

  function binary(level: number): Ast {
    const operators = binaryLevels[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    let length = 0;
    for (let token = peek(); token.kind === "sign"; token = peek()) {
      const operator = operators.find((candidate) => candidate === (token as { text: string }).text);
      if (operator === undefined) break;
      position++;
      refuseLong(++length, token);
      const right = binary(level + 1);
      left = { kind: "binary", operator, left, right, sign: span(token), start: left.start, end: right.end };
    }
    return left;
  }

  function unary(): Ast {
    const sign = at("!") ? "!" : at("-") ? "-" : undefined;
    if (sign === undefined) return member();
    const starts: number[] = [];
    while (take(sign)) {
      starts.push(before().start);
      if (starts.length + depth > maxDepth) throw tooDeep(before());
    }
    const next = peek();
    // The smallest int has no positive counterpart, so the sign belongs to the literal.
    if (sign === "-" && next.kind === "literal" && (next.type === "int" || next.type === "double")) {
      position++;
      return wrap(memberOf({ ...next, value: `-${next.value}`, start: starts.pop()! }));
    }
    if (at("!") || at("-")) throw unexpected("a value");
    return wrap(member());

    function wrap(inner: Ast): Ast {
      return starts.reduceRight<Ast>(
        (operand, from) => ({ kind: sign === "!" ? "not" : "negate", operand, start: from, end: inner.end }),
        inner,
      );
    }
  }

  function member(): Ast {
    return memberOf(primary());
  }

  function memberOf(first: Ast): Ast {
    let operand = first;
    for (let length = 0; ; length++) {
      refuseLong(length, peek());
      if (take(".")) {
        refuseOptional();
        const name = fieldName();
        if (at("(") && !name.quoted) operand = call(name.text, operand, name, operand.start);
        else operand = { kind: "select", operand, name: name.text, field: span(name), start: operand.start, end: name.end };
      } else if (at("[")) {
        const open = peek();
        position++;
        refuseOptional();
        const index = expression();
        expect("]", "the `[`", open);
        operand = { kind: "index", operand, index, start: operand.start, end: before().end };
      } else if (at("{") && (operand.kind === "name" || operand.kind === "select")) {
        const name = text.slice(operand.start, operand.end);
        throw new SyntaxProblem(
          `Messages such as \`${name}{…}\` are not supported`,
          operand,
          'A map is written `{"key": value}`.',
        );
      } else return operand;
    }
  }

  function refuseOptional(): void {
    if (at("?")) throw new SyntaxProblem("Optional access is not supported", peek(), "Write `has(a.b) ? a.b : otherwise`.");
  }

  function fieldName(): Token & { kind: "name" } {
    const token = peek();
    if (token.kind !== "name") throw unexpected("a name");
    position++;
    return token;
  }

  function primary(): Ast {
    const token = peek();
    if (token.kind === "literal") {
      position++;
      return token;
    }
    if (token.kind === "end") throw unexpected("a value");
    if (token.kind === "name") {
      position++;
      return identifier(token, false, token.start);
    }
    position++;
    if (token.text === ".") return identifier(fieldName(), true, token.start);
    if (token.text === "(") {
      const inner = expression();
      expect(")", "the `(`", token);
      return { ...inner, start: token.start, end: before().end };
    }
    if (token.text === "[") {
      const items = list("]", token);
      return { kind: "list", items, start: token.start, end: before().end };
    }
    if (token.text === "{") return map(token);
    position--;
    throw unexpected("a value");
  }

  function identifier(token: Token & { kind: "name" }, rooted: boolean, start: number): Ast {
    if (token.quoted) throw new SyntaxProblem("Backticks are for names of fields", token, "Write them behind a dot.");
    if (at("(")) return call(token.text, undefined, token, start);
    if (reserved.has(token.text))
      throw new SyntaxProblem(`\`${token.text}\` is a reserved word`, token, "No variable has that name.");
    return { kind: "name", name: token.text, rooted, start, end: token.end };
  }

  function list(close: string, open: Span): Ast[] {
    const items: Ast[] = [];
    while (!take(close)) {
      refuseOptional();
      items.push(expression());
      if (take(",")) {
        // CEL allows a comma behind the last item of a list, not behind the last argument.
        if (close === ")" && at(close)) throw unexpected("an argument");
        continue;
      }
      expect(close, `the \`${text[open.start]}\``, open);
      break;
    }
    return items;
  }

  function map(open: Span): Ast {
    const entries: { key: Ast; value: Ast }[] = [];
    while (!take("}")) {
      refuseOptional();
      const key = expression();
      expect(":", "the value of the key");
      entries.push({ key, value: expression() });
      if (take(",")) continue;
      expect("}", "the `{`", open);
      break;
    }
    return { kind: "map", entries, start: open.start, end: before().end };
  }

  function call(name: string, target: Ast | undefined, callee: Span, start: number): Ast {
    const open = peek();
    position++;
    const args = list(")", open);
    const whole = { start, end: before().end };
    if (name === "has" && target === undefined) {
      const [argument] = args;
      if (argument?.kind !== "select" || args.length !== 1)
        throw new SyntaxProblem("`has` takes one field", whole, "Write for example `has(body.note)`.");
      return { kind: "has", operand: argument.operand, name: argument.name, field: argument.field, ...whole };
    }
    const macro = own(aliases, name) ?? (Object.hasOwn(macros, name) ? (name as MacroName) : undefined);
    if (target !== undefined && macro !== undefined) return comprehension(macro, target, args, whole);
    return { kind: "call", name, target, args, callee: span(callee), ...whole };
  }

  function comprehension(macro: MacroName, range: Ast, args: readonly Ast[], whole: Span): Ast {
    const [variable, ...bodies] = args;
    if (variable === undefined || !macros[macro].includes(args.length)) {
      throw new SyntaxProblem(
        `\`${macro}\` takes a variable and ${macro === "map" ? "one or two expressions" : "one expression"}`,
        whole,
        `Write for example \`items.${macro}(item, item != "")\`.`,
      );
    }
    if (variable.kind !== "name" || variable.rooted)
      throw new SyntaxProblem(
        `The first argument of \`${macro}\` is the name of a variable`,
        variable,
        `Write for example \`items.${macro}(item, item != "")\`.`,
      );
    const [filter, body] = bodies.length === 2 ? [bodies[0], bodies[1]!] : [undefined, bodies[0]!];
    return { kind: "macro", macro, range, variable: variable.name, declared: span(variable), filter, body, ...whole };
  }

  function expect(sign: string, of: string, open?: Span): void {
    if (take(sign)) return;
    const found = peek();
    if (found.kind === "end" && open !== undefined)
      throw new SyntaxProblem(`Nothing closes \`${text[open.start]}\``, open, `Write \`${sign}\` where it ends.`);
    throw unexpected(`\`${sign}\` for ${of}`);
  }

  function unexpected(wanted: string): SyntaxProblem {
    const token = peek();
    if (token.kind === "end") {
      const last = tokens[position - 1];
      return new SyntaxProblem(
        "The expression breaks off",
        last === undefined ? token : span(last),
        `Behind this, ${wanted} is missing.`,
      );
    }
    return new SyntaxProblem(
      `\`${text.slice(token.start, token.end)}\` cannot stand here`,
      span(token),
      `Expected ${wanted}.${wordFor(token)}`,
    );
  }
}

const wordFor = (token: Token): string => {
  const better = token.kind === "name" ? own({ and: "&&", or: "||", not: "!" }, token.text) : undefined;
  return better === undefined ? "" : ` For \`${(token as { text: string }).text}\` write \`${better}\`.`;
};

const shorter = "Split it into several policies.";
const tooDeep = (at: Span): SyntaxProblem =>
  new SyntaxProblem(`The expression is nested more than ${maxDepth} deep`, span(at), shorter);

const span = ({ start, end }: Span): Span => ({ start, end });
