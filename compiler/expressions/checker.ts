import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { nearest, suggestion } from "../diagnostics/suggest.ts";
import type { Origin } from "../ir/origin.ts";
import { list } from "../text/words.ts";
import type { Ast, Span } from "./ast.ts";
import { checkHas, checkName, checkSelect } from "./check-access.ts";
import { checkCall, checkOperator } from "./check-call.ts";
import { checkIndex } from "./check-index.ts";
import { checkMacro } from "./check-macro.ts";
import { coerce, joinAll, narrow, type Typed } from "./coerce.ts";
import { Constants } from "./constants.ts";
import type { TypeEnvironment } from "./environment.ts";
import { type Fact, factsWhen, fieldPath } from "./facts.ts";
import { mapKey, mixedTypes, outOfRange, wrongType } from "./messages.gen.ts";
import { possibleKinds } from "./possible-kinds.ts";
import { type ExpressionProblem, problemAt } from "./problems.ts";
import { ReadsCollector } from "./reads.ts";
import {
  bool,
  bytes,
  type CelType,
  double,
  dyn,
  formatType,
  int,
  listOf,
  mapOf,
  nullType,
  sameType,
  string,
  uint,
} from "./types.ts";
import { valueType } from "./value-type.ts";

/** Checks one expression. Reports and goes on: what is wrong has type `dyn`, so that one mistake is reported once. */
export class Checker {
  readonly text: string;
  readonly environment: TypeEnvironment;
  readonly problems: ExpressionProblem[] = [];
  readonly reads = new ReadsCollector();
  readonly constants = new Constants();
  /** Variables of the macros around, innermost last. */
  readonly locals: (Pick<Typed, "type" | "values"> & { readonly name: string; readonly external: boolean })[] = [];
  /** What the conditions around prove. */
  #facts: readonly Fact[] = [];

  constructor(text: string, environment: TypeEnvironment) {
    this.text = text;
    this.environment = environment;
  }

  whole(ast: Ast, expected: CelType): Typed {
    const found = this.check(ast);
    if (expected.kind === "dyn") return found;
    const role = "The value of this expression";
    // What is of unknown type for the parts of an expression may show on the whole to be none that is wanted.
    const kinds = possibleKinds(found.node);
    const isImpossible = kinds !== undefined && kinds.size > 0 && !kinds.has(expected.kind) && found.type.kind === "dyn";
    return isImpossible
      ? this.#refuse(expected, list([...kinds].sort(), "or"), ast, role)
      : this.expect(found, expected, ast, role);
  }

  check(ast: Ast): Typed {
    // The entry takes the node of its kind; TypeScript cannot see that through the index.
    return (checks[ast.kind] as (checker: Checker, ast: Ast) => Typed)(this, ast);
  }

  /** Checks `ast` where `facts` hold too. */
  under(facts: readonly Fact[], ast: Ast): Typed {
    const before = this.#facts;
    this.#facts = [...before, ...facts];
    const typed = this.check(ast);
    this.#facts = before;
    return typed;
  }

  proves(fact: Fact): boolean {
    return this.#facts.includes(fact);
  }

  expand = (type: CelType): CelType => (type.kind === "reference" ? this.environment.definitions.definition(type.name) : type);

  /** `found` as `wanted`, or a problem. Values of unknown type are checked at run time. */
  expect(found: Typed, wanted: CelType, at: Span, role: string): Typed {
    const given = this.expand(found.type);
    if (given.kind === wanted.kind && given.kind !== "list" && given.kind !== "map") return found;
    if (
      given.kind === "dyn" ||
      (given.kind === "union" && given.members.some((member) => this.expand(member).kind === wanted.kind))
    ) {
      return narrow(found, wanted, this.expand);
    }
    const common = joinAll([wanted, given], this.expand);
    if (!common.mixed && sameType(common.type, wanted)) return coerce(found, wanted, this.expand);
    return this.#refuse(wanted, formatType(given), at, role);
  }

  #refuse(wanted: CelType, given: string, at: Span, role: string): Typed {
    const [is, was] = [an(formatType(wanted)), an(given)];
    const help =
      wanted.kind === "bool"
        ? "Compare it with something, for example `== …`."
        : wanted.kind === "string"
          ? "Write `string(…)` around it."
          : `Write something of type \`${formatType(wanted)}\`.`;
    this.report(at, (place) => wrongType(place, { role, wanted: is, given: was, help }));
    return this.invalid(at);
  }

  report(at: Span, diagnose: (at: Origin) => Diagnostic): void {
    this.problems.push(problemAt(at, diagnose));
  }

  /** Stands for what has no type. */
  invalid({ start, end }: Span): Typed {
    return { type: dyn, node: { kind: "constant", value: null, type: { kind: "dyn" }, at: { start, end } } };
  }

  source({ start, end }: Span): string {
    return this.text.slice(start, end);
  }

  valueType = (type: CelType) => valueType(type, this.expand);

  /** `owner` stands in front of the names, where they are fields of something. */
  suggest(name: string, known: readonly string[], owner?: string): string {
    if (owner === undefined) return suggestion(name, known);
    const near = nearest(name, known);
    const full = (near === undefined ? known : [near]).map((one) => fieldPath(owner, one));
    return near === undefined ? suggestion("", full) : `Did you mean \`${full[0]!}\`?`;
  }
}

export const an = (type: string): string => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`);

const checks: { readonly [Kind in Ast["kind"]]: (checker: Checker, ast: Ast & { kind: Kind }) => Typed } = {
  literal: checkLiteral,
  name: checkName,
  select: checkSelect,
  has: checkHas,
  index: checkIndex,
  call: checkCall,
  binary: checkOperator,
  not: (checker, ast) => {
    const operand = checker.expect(checker.check(ast.operand), bool, ast.operand, "The operand of `!`");
    return { type: bool, node: { kind: "call", overload: "not", args: [operand.node], type: bool, at: place(ast) } };
  },
  negate: checkOperator,
  and: checkLogical,
  or: checkLogical,
  conditional: checkConditional,
  list: checkList,
  map: checkMap,
  macro: checkMacro,
};

export const place = ({ start, end }: Span): Span => ({ start, end });

const literalTypes = { int, uint, double, string, bytes, bool, null: nullType } as const;
const ranges = {
  int: { low: -(2n ** 63n), high: 2n ** 63n - 1n, text: "-9223372036854775808 to 9223372036854775807" },
  uint: { low: 0n, high: 2n ** 64n - 1n, text: "0 to 18446744073709551615" },
} as const;

function checkLiteral(checker: Checker, ast: Ast & { kind: "literal" }): Typed {
  const type = literalTypes[ast.type];
  if (ast.type === "int" || ast.type === "uint") {
    const { low, high, text } = ranges[ast.type];
    const value = BigInt(ast.value);
    if (value < low || value > high) {
      checker.report(ast, (at) =>
        outOfRange(at, {
          literal: checker.source(ast),
          type: ast.type,
          range: text,
          help: "Write it with a fraction (`.0`) for a double.",
        }),
      );
      return checker.invalid(ast);
    }
  }
  if (ast.type === "double" && !Number.isFinite(Number(ast.value))) {
    checker.report(ast, (at) =>
      outOfRange(at, { literal: checker.source(ast), type: "double", range: "±1.797e308", help: "Write a smaller number." }),
    );
    return checker.invalid(ast);
  }
  return { type, node: { kind: "constant", value: ast.value, type, at: place(ast) } };
}

function checkLogical(checker: Checker, ast: Ast & { kind: "and" | "or" }): Typed {
  const facts: Fact[] = [];
  const operands = ast.operands.map((operand) => {
    const typed = checker.expect(
      checker.under(facts, operand),
      bool,
      operand,
      `Each side of \`${ast.kind === "and" ? "&&" : "||"}\``,
    );
    facts.push(...factsWhen(operand, ast.kind === "and"));
    return typed.node;
  });
  return { type: bool, node: { kind: ast.kind, operands, type: bool, at: place(ast) } };
}

function checkConditional(checker: Checker, ast: Ast & { kind: "conditional" }): Typed {
  const condition = checker.expect(checker.check(ast.condition), bool, ast.condition, "The condition in front of `?`");
  const branches = [
    checker.under(factsWhen(ast.condition, true), ast.then),
    checker.under(factsWhen(ast.condition, false), ast.otherwise),
  ];
  const type = joined(checker, branches, ast, "The value of `?`");
  const [values, others] = branches.map((branch) => branch.values);
  const [then, otherwise] = branches.map((branch) => coerce(branch, type, checker.expand).node) as [Typed["node"], Typed["node"]];
  return {
    type,
    values: values === undefined || others === undefined ? undefined : [...values, ...others],
    node: { kind: "conditional", condition: condition.node, then, otherwise, type: checker.valueType(type), at: place(ast) },
  };
}

function checkList(checker: Checker, ast: Ast & { kind: "list" }): Typed {
  const items = ast.items.map((item) => checker.check(item));
  const element = joined(checker, items, ast, "The list");
  const type = listOf(element);
  return {
    type,
    node: {
      kind: "list",
      items: items.map((item) => coerce(item, element, checker.expand).node),
      type: checker.valueType(type),
      at: place(ast),
    },
  };
}

function checkMap(checker: Checker, ast: Ast & { kind: "map" }): Typed {
  const seen = new Set<string>();
  const keys = ast.entries.map(({ key }) => {
    const typed = checker.check(key);
    const { kind } = checker.expand(typed.type);
    if (!["bool", "int", "uint", "string", "dyn", "union"].includes(kind)) {
      checker.report(key, (at) =>
        mapKey(at, { problem: `${checker.source(key)} is ${an(formatType(typed.type))}`, label: formatType(typed.type) }),
      );
    }
    if (key.kind === "literal") {
      const name = `${key.type === "int" || key.type === "uint" ? "number" : key.type} ${String(key.value)}`;
      if (seen.has(name))
        checker.report(key, (at) =>
          mapKey(at, { problem: `The key ${checker.source(key)} is there twice`, label: "second time" }),
        );
      seen.add(name);
    }
    return typed;
  });
  const values = ast.entries.map(({ value }) => checker.check(value));
  const type = { key: joined(checker, keys, ast, "The keys of the map"), value: joined(checker, values, ast, "The map") };
  const entries = ast.entries.map((_, index) => ({
    key: coerce(keys[index]!, type.key, checker.expand).node,
    value: coerce(values[index]!, type.value, checker.expand).node,
  }));
  return {
    type: mapOf(type.key, type.value),
    node: { kind: "map", entries, type: checker.valueType(mapOf(type.key, type.value)), at: place(ast) },
  };
}

/** The type that all have; a warning where that is `dyn` though none of them is. */
function joined(checker: Checker, parts: readonly Typed[], at: Span, what: string): CelType {
  const { type, mixed } = joinAll(
    parts.map((part) => part.type),
    checker.expand,
  );
  if (mixed && checker.environment.makesJson !== true) {
    const types = [...new Set(parts.map((part) => formatType(part.type)))].join(" and ");
    checker.report(at, (place) => mixedTypes(place, { what, types }));
  }
  return type;
}
