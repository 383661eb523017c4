import type { TypedNode } from "../ir/expression.ts";
import { jsString } from "../text/js.ts";
import { binding, type Code, infix, operand, primary, usesOf } from "./code.ts";
import type { ExpressionNames } from "./print.ts";
import { printField, printHas, printVariable } from "./print-access.ts";
import { printCall } from "./print-call.ts";
import { printMacro } from "./print-macro.ts";
import { printBox, printNarrow } from "./print-types.ts";

/** Prints nodes, and collects what they need at module level. */
export class Printer {
  readonly names: ExpressionNames;
  readonly declarations: string[] = [];
  /** Names of the variables of the macros around. */
  readonly locals: { readonly name: string; readonly identifier: string }[] = [];
  readonly #constants = new Map<string, string>();

  constructor(names: ExpressionNames) {
    this.names = names;
  }

  print(node: TypedNode): Code {
    // The entry takes the node of its kind; TypeScript cannot see that through the index.
    return (prints[node.kind] as (printer: Printer, node: TypedNode) => Code)(this, node);
  }

  /** A call of a run-time function. */
  call(module: string, name: string, args: readonly Code[], fails = false): Code {
    return primary(
      `${this.names.runtime(`expressions/${module}`, name)}(${args.map(({ text }) => text).join(", ")})`,
      args,
      fails,
    );
  }

  /** A value that is made once, when the module is loaded. */
  constant(hint: string, text: string): Code {
    let name = this.#constants.get(text);
    if (name === undefined) {
      name = this.names.declare(hint);
      this.#constants.set(text, name);
      this.declarations.push(`const ${name} = ${text};`);
    }
    return primary(name);
  }

  /** A function at module level with the statements `body`, and a call of it: no closure is made for a request. */
  hoist(hint: string, body: string, uses: ReadonlySet<string>, fails: boolean): Code {
    const name = this.names.declare(hint);
    const parameters = [...uses].join(", ");
    this.declarations.push(`function ${name}(${parameters}) {\n${body}}`);
    return { text: `${name}(${parameters})`, binds: binding.primary, fails, uses };
  }
}

const prints: { readonly [Kind in TypedNode["kind"]]: (printer: Printer, node: TypedNode & { kind: Kind }) => Code } = {
  constant: printConstant,
  typeName: (printer, { name }) => typeConstant(printer, name),
  variable: printVariable,
  local: (printer, { name }) => {
    const { identifier } = printer.locals.findLast((local) => local.name === name)!;
    return { text: identifier, binds: binding.primary, fails: false, uses: new Set([identifier]) };
  },
  field: printField,
  has: printHas,
  and: printLogical,
  or: printLogical,
  conditional: (printer, { condition, then, otherwise }) => {
    const parts = [printer.print(condition), printer.print(then), printer.print(otherwise)] as const;
    const [first, second, third] = parts;
    const text = `${operand(first, binding.or)} ? ${operand(second, binding.conditional)} : ${operand(third, binding.conditional)}`;
    return { text, binds: binding.conditional, fails: parts.some(({ fails }) => fails), uses: usesOf(parts) };
  },
  call: printCall,
  list: (printer, { items }) => {
    const codes = items.map((item) => printer.print(item));
    const text = `[${codes.map(({ text }) => text).join(", ")}]`;
    return items.every(isConstant) ? printer.constant("list", text) : primary(text, codes);
  },
  map: (printer, { entries }) => {
    const codes = entries.flatMap(({ key, value }) => [printer.print(key), printer.print(value)]);
    const made = printer.call("map", "mapOf", codes, !entries.every(({ key }) => isConstant(key)));
    return entries.every(({ key, value }) => isConstant(key) && isConstant(value))
      ? printer.constant("map", `/* @__PURE__ */ ${made.text}`)
      : made;
  },
  macro: printMacro,
  box: printBox,
  narrow: printNarrow,
};

/** Literals and lists and maps of them. */
export function isConstant(node: TypedNode): boolean {
  if (node.kind === "constant") return true;
  if (node.kind === "box") return isConstant(node.operand);
  if (node.kind === "list") return node.items.every(isConstant);
  return node.kind === "map" && node.entries.every(({ key, value }) => isConstant(key) && isConstant(value));
}

export const typeConstant = (printer: Printer, name: string): Code =>
  printer.constant("type", `/* @__PURE__ */ new ${printer.names.runtime("expressions/value", "TypeName")}(${jsString(name)})`);

function printConstant(printer: Printer, { type, value }: TypedNode & { kind: "constant" }): Code {
  if (Array.isArray(value)) return printer.constant("bytes", `/* @__PURE__ */ new Uint8Array([${value.join(", ")}])`);
  if (type.kind === "string") return primary(jsString(String(value)));
  if (type.kind === "int" || type.kind === "uint") return literal(integerText(String(value)));
  if (type.kind === "double") return literal(doubleText(Number(value)));
  return primary(String(value));
}

const integerText = (digits: string): string =>
  Number.isSafeInteger(Number(digits)) ? String(Number(digits) + 0) : `${BigInt(digits)}n`;
const doubleText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
const literal = (text: string): Code => ({ ...primary(text), binds: text.startsWith("-") ? binding.unary : binding.primary });

/**
 * `&&` and `||`. CEL's forms do not care for order: a side that decides wins over an error of the other. JavaScript's do
 * the same as long as at most one side, written last, can fail; only what else can fail needs a function.
 */
function printLogical(printer: Printer, node: TypedNode & { kind: "and" | "or" }): Code {
  const codes = node.operands.map((each) => printer.print(each));
  const [sure, failing] = [codes.filter(({ fails }) => !fails), codes.filter(({ fails }) => fails)];
  const parts = failing.length < 2 ? [...sure, ...failing] : [...sure, printAbsorbing(printer, node.kind, failing)];
  const [sign, level] = node.kind === "and" ? (["&&", binding.and] as const) : (["||", binding.or] as const);
  return parts.reduce((left, right) => infix(left, sign, right, level));
}

function printAbsorbing(printer: Printer, kind: "and" | "or", operands: readonly Code[]): Code {
  const [decides, otherwise] = kind === "and" ? ["false", "true"] : ["true", "false"];
  const tests = operands.map((code) => {
    const test = kind === "and" ? `!${operand(code, binding.unary)}` : code.text;
    return `  try {\n    if (${test}) return ${decides};\n  } catch (error) {\n    failure ??= error;\n  }\n`;
  });
  const body = `  let failure;\n${tests.join("")}  if (failure !== undefined) throw failure;\n  return ${otherwise};\n`;
  return printer.hoist(kind === "and" ? "every" : "some", body, usesOf(operands), true);
}
