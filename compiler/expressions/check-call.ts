import type { Ast, Span } from "./ast.ts";
import { warnNull } from "./check-access.ts";
import { checkLiterals } from "./check-literals.ts";
import { warnImpossible, warnUnheld } from "./check-values.ts";
import { an, type Checker, place } from "./checker.ts";
import { coerce, comparable, join, narrow, type Typed } from "./coerce.ts";
import { divisionByZero, neverEqual, unknownFunction, wrongArguments } from "./messages.gen.ts";
import { callable, type Overload, type OverloadId, overloads, overloadsOf, type ParameterKind } from "./overloads.ts";
import { bool, type CelType, dyn, formatType, isNumeric, listOf, mapOf, type ScalarKind } from "./types.ts";
import { isNothing } from "./value-type.ts";

export function checkOperator(checker: Checker, ast: Ast & { kind: "binary" | "negate" }): Typed {
  if (ast.kind === "negate")
    return choose(checker, "negate", overloadsOf("negate"), [checker.check(ast.operand)], [ast.operand], ast, "`-`");
  const args = [checker.check(ast.left), checker.check(ast.right)] as const;
  if (ast.operator === "==" || ast.operator === "!=") return equality(checker, ast, args);
  if (ast.operator === "in") return membership(checker, ast, args);
  if (ast.operator === "+") {
    const lists = concatenation(checker, ast, args);
    if (lists !== undefined) return lists;
  }
  const chosen = choose(
    checker,
    ast.operator,
    overloadsOf(ast.operator),
    args,
    [ast.left, ast.right],
    ast,
    `\`${ast.operator}\``,
  );
  warnZero(checker, ast);
  return chosen;
}

/** Division of integers by zero is an error at run time; that of doubles is infinite. */
function warnZero(checker: Checker, { operator, right }: Ast & { kind: "binary" }): void {
  if ((operator !== "/" && operator !== "%") || checker.environment.lenient === true) return;
  if (right.kind !== "literal" || (right.type !== "int" && right.type !== "uint") || BigInt(right.value) !== 0n) return;
  checker.report(right, (at) => divisionByZero(at, { operator }));
}

export function checkCall(checker: Checker, ast: Ast & { kind: "call" }): Typed {
  const style = ast.target === undefined ? "function" : "method";
  const parts = ast.target === undefined ? ast.args : [ast.target, ...ast.args];
  const known = callable(style);
  if (!known.includes(ast.name)) {
    for (const part of parts) checker.check(part);
    const other = callable(style === "function" ? "method" : "function").includes(ast.name);
    const help = other
      ? style === "function"
        ? `Write it behind a value: \`value.${ast.name}(…)\`.`
        : `Write the value inside: \`${ast.name}(value)\`.`
      : ((Object.hasOwn(foreign, ast.name) ? foreign[ast.name] : undefined) ??
        checker.suggest(
          ast.name,
          style === "function" ? [...known, "has"] : [...known, "all", "exists", "exists_one", "map", "filter"],
        ));
    checker.report(ast.callee, (at) => unknownFunction(at, { kind: style, name: ast.name, suggestion: help }));
    return checker.invalid(ast);
  }
  const args = parts.map((part) => checker.check(part));
  if (ast.name === "dyn" && args.length === 1) return coerce(args[0]!, dyn, checker.expand);
  const candidates = overloadsOf(ast.name).filter((id) => overloads[id].style === style || overloads[id].style === "both");
  const chosen = choose(checker, ast.name, candidates, args, parts, ast, `\`${ast.name}\``);
  if (chosen.node.kind === "call") checkLiterals(checker, chosen.node.overload, parts);
  return chosen;
}

const fitNames = { exact: "exact", maybe: "maybe", no: "no" } as const;
type Fit = keyof typeof fitNames;

/** Picks the overload for `args`; where their types leave several, the one that decides at run time. */
function choose(
  checker: Checker,
  name: string,
  candidates: readonly OverloadId[],
  args: readonly Typed[],
  parts: readonly Ast[],
  ast: Ast,
  shown: string,
): Typed {
  const types = args.map(({ type }) => checker.expand(type));
  const open = (id: OverloadId): boolean => (overloads[id].params as readonly ParameterKind[]).includes("dyn") && id !== "typeOf";
  const fits = candidates
    .filter((id) => !open(id) && overloads[id].params.length === args.length)
    .map((id) => ({ id, fit: types.map((type, index) => fit(checker, type, overloads[id].params[index]!)) }))
    .filter((candidate) => !candidate.fit.includes("no"));
  const exact = fits.find((candidate) => candidate.fit.every((each) => each === "exact"));
  const only = exact ?? (fits.length === 1 ? fits[0] : undefined);
  if (fits.length === 0) return refuse(checker, name, candidates, types, parts, ast, shown);
  for (const [index, type] of types.entries()) if (exact === undefined) warnNull(checker, type, parts[index]!);
  const dynamic = candidates.find((id) => open(id) && overloads[id].params.length === args.length);
  const numbers =
    only !== undefined && exact === undefined && (overloads[only.id].params as readonly ParameterKind[]).includes("number");
  if (only !== undefined && !numbers) {
    const overload: Overload = overloads[only.id];
    const nodes = args.map(
      (arg, index) =>
        (only.fit[index] === "exact"
          ? arg
          : narrow(arg, parameterType(checker, types[index]!, overload.params[index]!), checker.expand)
        ).node,
    );
    return call(checker, only.id, nodes, resultType(overload.result), ast);
  }
  if (dynamic === undefined) return refuse(checker, name, candidates, types, parts, ast, shown);
  const boxed = args.map((arg) => coerce(arg, dyn, checker.expand).node);
  return call(checker, dynamic, boxed, resultType(overloads[dynamic].result), ast);
}

function call(checker: Checker, overload: OverloadId, args: readonly Typed["node"][], type: CelType, ast: Span): Typed {
  return { type, node: { kind: "call", overload, args, type: checker.valueType(type), at: place(ast) } };
}

function fit(checker: Checker, type: CelType, param: ParameterKind): Fit {
  if (param === "dyn" || matches(type, param)) return "exact";
  if (type.kind === "dyn" || isNothing(type)) return "maybe";
  return type.kind === "union" && type.members.some((member) => fit(checker, checker.expand(member), param) !== "no")
    ? "maybe"
    : "no";
}

const matches = (type: CelType, param: ParameterKind): boolean =>
  type.kind === param || (param === "number" && isNumeric(type)) || (param === "map" && type.kind === "object");

/** The member of a union that an argument is narrowed to. */
function parameterType(checker: Checker, type: CelType, param: ParameterKind): CelType {
  const member = type.kind === "union" ? type.members.map(checker.expand).find((each) => matches(each, param)) : undefined;
  if (member !== undefined) return member;
  return param === "list" ? listOf(dyn) : param === "map" ? mapOf(dyn, dyn) : resultType(param as Overload["result"]);
}

const resultType = (result: Overload["result"]): CelType => (result === "list" ? listOf(dyn) : { kind: result as ScalarKind });

function equality(checker: Checker, ast: Ast & { kind: "binary" }, [left, right]: readonly [Typed, Typed]): Typed {
  const isComparable = comparable(left.type, right.type, checker.expand);
  if (checker.environment.lenient !== true && !isComparable) {
    const [a, b] = [checker.expand(left.type), checker.expand(right.type)];
    const [shown, other] = [`\`${checker.source(ast.left)}\``, `\`${checker.source(ast.right)}\``];
    const types = `${formatType(a)} and ${formatType(b)}`;
    checker.report(ast, (at) => neverEqual(at, { left: shown, right: other, types, help: comparisonHelp(checker, ast, a, b) }));
  }
  if (isComparable) {
    warnImpossible(checker, left, ast.right, ast.left);
    warnImpossible(checker, right, ast.left, ast.right);
  }
  return call(checker, ast.operator === "==" ? "equals" : "notEquals", [left.node, right.node], bool, ast);
}

function comparisonHelp(checker: Checker, ast: Ast & { kind: "binary" }, left: CelType, right: CelType): string {
  if (left.kind === "null" || right.kind === "null") {
    const other = left.kind === "null" ? ast.right : ast.left;
    return other.kind === "select"
      ? `It is never null. Write \`has(${checker.source(other)})\` to ask whether it is there.`
      : "The value is never null.";
  }
  return textAndNumberHelp(checker, [left, right], [ast.left, ast.right]) ?? "Compare values of one type.";
}

/** Which of two values to convert where one is text and the other a number. */
function textAndNumberHelp(checker: Checker, types: readonly CelType[], parts: readonly Ast[]): string | undefined {
  const [text, number] = [types.findIndex(({ kind }) => kind === "string"), types.findIndex(isNumeric)].map(
    (index) => parts[index],
  );
  if (types.length !== 2 || text === undefined || number === undefined) return undefined;
  if (number.kind === "literal") return `Write \`'${checker.source(number)}'\`.`;
  if (text.kind === "literal" && text.type === "string" && /^-?\d+(\.\d+)?$/.test(text.value)) return `Write \`${text.value}\`.`;
  return `Convert one of them, for example \`string(${checker.source(number)})\`.`;
}

function membership(checker: Checker, ast: Ast & { kind: "binary" }, [needle, container]: readonly [Typed, Typed]): Typed {
  const type = checker.expand(container.type);
  const member =
    type.kind === "union"
      ? type.members.map(checker.expand).filter(({ kind }) => kind === "list" || kind === "map" || kind === "object")
      : [];
  if (member.length === 1) {
    warnNull(checker, type, ast.right);
    return membership(checker, ast, [needle, narrow(container, member[0]!, checker.expand)]);
  }
  const of = (element: CelType): void => {
    if (checker.environment.lenient === true || comparable(needle.type, element, checker.expand)) return;
    const [a, b] = [checker.expand(needle.type), checker.expand(element)];
    const [left, right] = [`\`${checker.source(ast.left)}\``, `what is in \`${checker.source(ast.right)}\``];
    checker.report(ast, (at) =>
      neverEqual(at, { left, right, types: `${formatType(a)} in ${formatType(type)}`, help: comparisonHelp(checker, ast, a, b) }),
    );
  };
  if (type.kind === "list") {
    of(type.element);
    warnImpossible(checker, type, ast.left, ast.right, "[…]");
    warnUnheld(checker, ast);
    if (ast.right.kind === "list") for (const item of ast.right.items) warnImpossible(checker, needle, item, ast.left);
    return call(checker, "inList", [needle.node, container.node], bool, ast);
  }
  if (type.kind === "map" || type.kind === "object") {
    of(type.kind === "map" ? type.key : { kind: "string" });
    noteKey(checker, ast, container);
    return call(checker, "inMap", [needle.node, container.node], bool, ast);
  }
  if (type.kind === "dyn") return call(checker, "inDyn", [coerce(needle, dyn, checker.expand).node, container.node], bool, ast);
  const given = an(formatType(type));
  const help =
    type.kind === "string"
      ? `Write \`${checker.source(ast.right)}.contains(${checker.source(ast.left)})\`.`
      : "Write a list or a map behind `in`.";
  checker.report(ast.right, (at) => wrongArguments(at, { function: "`in`", given, help }));
  return { ...checker.invalid(ast), type: bool };
}

/** Functions of other languages, and how CEL says the same. */
const foreign: Readonly<Record<string, string>> = {
  includes: "Write `item in list`, or `text.contains(part)`.",
  has: "Write `name in map`, or `has(object.name)`.",
  some: "Write `list.exists(item, …)`.",
  any: "Write `list.exists(item, …)`.",
  every: "Write `list.all(item, …)`.",
  length: "Write `size(value)`.",
  len: "Write `size(value)`.",
  test: "Write `text.matches('…')`.",
  match: "Write `text.matches('…')`.",
  regex: "Write `text.matches('…')`.",
};

/** `"x-tenant" in request.headers` reads one field. */
function noteKey(checker: Checker, ast: Ast & { kind: "binary" }, { node }: Typed): void {
  if (node.kind === "variable")
    checker.reads.part(node.name, ast.left.kind === "literal" && ast.left.type === "string" ? ast.left.value : "*");
}

function concatenation(
  checker: Checker,
  ast: Ast & { kind: "binary" },
  [left, right]: readonly [Typed, Typed],
): Typed | undefined {
  const [a, b] = [checker.expand(left.type), checker.expand(right.type)];
  if (a.kind !== "list" || b.kind !== "list") return undefined;
  const type = listOf(join(a.element, b.element, checker.expand) ?? dyn);
  return call(checker, "addList", [coerce(left, type, checker.expand).node, coerce(right, type, checker.expand).node], type, ast);
}

function refuse(
  checker: Checker,
  name: string,
  candidates: readonly OverloadId[],
  types: readonly CelType[],
  parts: readonly Ast[],
  ast: Ast,
  shown: string,
): Typed {
  // A finding of its own was reported for what has no type.
  const given = types.length === 0 ? "no arguments" : types.map(formatType).join(" and ");
  checker.report(ast.kind === "binary" ? ast : parts.length === 1 && ast.kind === "negate" ? parts[0]! : ast, (at) =>
    wrongArguments(at, { function: shown, given, help: argumentHelp(checker, name, candidates, types, parts) }),
  );
  return checker.invalid(ast);
}

function argumentHelp(
  checker: Checker,
  name: string,
  candidates: readonly OverloadId[],
  types: readonly CelType[],
  parts: readonly Ast[],
): string {
  const [a, b] = types;
  if (name === "contains" && a?.kind === "list" && parts.length === 2)
    return `Write \`${checker.source(parts[1]!)} in ${checker.source(parts[0]!)}\`; \`contains\` is for text.`;
  if (a !== undefined && b !== undefined && types.length === 2 && isNumeric(a) && isNumeric(b)) {
    const literal = parts.findIndex((part, index) => part.kind === "literal" && types[index]!.kind === "int");
    const other = types[1 - literal];
    if (literal >= 0 && other?.kind === "double")
      return `Numbers of different types are not mixed here: write \`${checker.source(parts[literal]!)}.0\`.`;
    if (literal >= 0 && other?.kind === "uint")
      return `Numbers of different types are not mixed here: write \`${checker.source(parts[literal]!)}u\`.`;
    return `Convert one of them, for example \`double(${checker.source(parts[a.kind === "double" ? 1 : 0]!)})\`.`;
  }
  if (name === "+" && types.some(({ kind }) => kind === "string")) {
    const index = types.findIndex(({ kind }) => kind !== "string");
    if (index >= 0) return `Convert it: \`string(${checker.source(parts[index]!)})\`.`;
  }
  const mixed = ["<", "<=", ">", ">="].includes(name) ? textAndNumberHelp(checker, types, parts) : undefined;
  if (mixed !== undefined) return mixed;
  const forms = candidates.map((id): Overload => overloads[id]).filter(({ params }) => !params.includes("dyn"));
  const distinct = [
    ...new Set(
      forms.map(({ params, style }) =>
        style === "method" && params.length > 1
          ? `${params[0]!} with ${params.slice(1).join(", ")}`
          : style === "method"
            ? params[0]!
            : params.join(" and "),
      ),
    ),
  ];
  return `It takes ${distinct.join("; ")}.`;
}
