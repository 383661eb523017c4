import type { TypedNode } from "../ir/expression.ts";
import type { MacroName } from "./ast.ts";
import { binding, type Code, operand } from "./code.ts";
import { isExternal } from "./external.ts";
import { checked } from "./print-types.ts";
import type { Printer } from "./printer.ts";

interface Parts {
  readonly item: string;
  readonly list: string;
  /** Takes the element, checked where it comes from outside. */
  readonly take: string;
  readonly condition: Code;
  readonly filter: Code | undefined;
  readonly fails: boolean;
}

/** A macro is a loop in a function at module level. */
export function printMacro(printer: Printer, node: TypedNode & { kind: "macro" }): Code {
  const list = rangeOf(printer, node.range);
  const item = printer.names.declare(node.variable);
  const raw = printer.names.declare(`each${node.variable[0]!.toUpperCase()}${node.variable.slice(1)}`);
  const external = node.range.type.kind === "list" && isExternal(node.range);
  const element = checked(printer, { text: raw, binds: binding.primary, fails: false, uses: new Set() }, node.variableType);
  printer.locals.push({ name: node.variable, identifier: item });
  const filter = node.filter === undefined ? undefined : printer.print(node.filter);
  const condition = printer.print(node.body);
  printer.locals.pop();
  const loops = external ? `const ${raw} of ${list.text}` : `const ${item} of ${list.text}`;
  const parts: Parts = {
    item,
    list: loops,
    take: external ? `const ${item} = ${element.text};\n` : "",
    condition,
    filter,
    fails: condition.fails || external || (filter?.fails ?? false),
  };
  const uses = new Set([...list.uses, ...condition.uses, ...(filter?.uses ?? [])].filter((name) => name !== item));
  return printer.hoist(
    node.macro === "exists_one" ? "existsOne" : node.macro,
    bodies[node.macro](parts),
    uses,
    parts.fails || list.fails,
  );
}

function rangeOf(printer: Printer, range: TypedNode): Code {
  const code = printer.print(range);
  return range.type.kind === "list" ? code : printer.call("narrow", "elements", [code], range.type.kind === "dyn");
}

const indent = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);

const bodies: { readonly [Name in MacroName]: (parts: Parts) => string } = {
  all: (parts) => quantifier(parts, `!${operand(parts.condition, binding.unary)}`, "false", "true"),
  exists: (parts) => quantifier(parts, parts.condition.text, "true", "false"),
  exists_one: ({ list, take, condition }) =>
    `  let count = 0;\n  for (${list}) {\n${indent(`${take}if (${condition.text}) count++;\n`, "    ")}  }\n  return count === 1;\n`,
  map: ({ list, take, condition, filter }) => {
    const push =
      filter === undefined ? `result.push(${condition.text});\n` : `if (${filter.text}) result.push(${condition.text});\n`;
    return `  const result = [];\n  for (${list}) {\n${indent(`${take}${push}`, "    ")}  }\n  return result;\n`;
  },
  filter: ({ list, take, condition, item }) =>
    `  const result = [];\n  for (${list}) {\n${indent(`${take}if (${condition.text}) result.push(${item});\n`, "    ")}  }\n  return result;\n`,
};

/** An element that decides wins over errors of others. */
function quantifier({ list, take, fails }: Parts, test: string, decided: string, otherwise: string): string {
  const step = `${take}if (${test}) return ${decided};\n`;
  if (!fails) return `  for (${list}) {\n${indent(step, "    ")}  }\n  return ${otherwise};\n`;
  return (
    `  let failure;\n  for (${list}) {\n    try {\n${indent(step, "      ")}    } catch (error) {\n      failure ??= error;\n    }\n  }\n` +
    `  if (failure !== undefined) throw failure;\n  return ${otherwise};\n`
  );
}
