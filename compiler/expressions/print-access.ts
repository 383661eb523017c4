import type { TypedNode } from "../ir/expression.ts";
import { jsString } from "../text/js.ts";
import { binding, type Code, infix, primary } from "./code.ts";
import { isExternal, isJson } from "./external.ts";
import { isFieldMap } from "./field-maps.ts";
import type { VariableCode } from "./print.ts";
import { checked } from "./print-types.ts";
import type { Printer } from "./printer.ts";

const fromVariable = ({ text, uses }: VariableCode): Code => ({
  text,
  binds: binding.primary,
  fails: false,
  uses: new Set(uses),
});

/** Names that values of JavaScript have of themselves: a field of that name must be the object's own. */
const inherited = new Set(
  [Object, Array, String, Number, Boolean, Function, Map, BigInt]
    .flatMap((made) => Object.getOwnPropertyNames(made.prototype))
    .concat("length", "size"),
);

export function printVariable(printer: Printer, { name, type, external, optional }: TypedNode & { kind: "variable" }): Code {
  const code = fromVariable(printer.names.variable(name));
  if (isFieldMap(name)) return printer.call("request", "headerMap", [code]);
  if (name === "request.query") return printer.call("request", "queryMap", [code]);
  // An optional body that is missing is null.
  if (name === "body" && type.kind === "union" && type.members.some(({ kind }) => kind === "null"))
    return printer.call("read", "orNull", [code]);
  if (external) return checked(printer, optionalPath(code, optional), type);
  return optional ? printer.call("read", "present", [optionalPath(code, true)], true) : code;
}

/** `x.identity?.subject`: absent without an identity. */
const optionalPath = (code: Code, optional: boolean): Code =>
  optional ? { ...code, text: code.text.replace(/\.(?=\w+$)/, "?.").replace(/^(\w+)\?\.(\w+)$/, "$1.$2") } : code;

export function printField(printer: Printer, { operand, name, type }: TypedNode & { kind: "field" }): Code {
  const raw = part(printer, operand, name);
  if (raw !== undefined) {
    if (isParam(operand)) return type.kind === "string" ? raw : checked(printer, raw, type);
    return isExternal(operand) ? checked(printer, raw, type) : printer.call("read", "present", [raw], true);
  }
  if (!isMap(operand)) return printer.call("dynamic", "fieldOfDyn", [printer.print(operand), primary(jsString(name))], true);
  const entry = printer.call("map", "entryOf", [printer.print(operand), primary(jsString(name))], true);
  return isExternal(operand) ? checked(printer, entry, type) : entry;
}

export function printHas(printer: Printer, { operand, name }: TypedNode & { kind: "has" }): Code {
  if (name === "" && operand.kind === "variable") {
    return operand.optional ? isThere(optionalPath(fromVariable(printer.names.variable(operand.name)), true)) : primary("true");
  }
  if (isParam(operand)) return primary("true");
  const raw = part(printer, operand, name);
  if (raw !== undefined) return isThere(raw);
  const args = [printer.print(operand), primary(jsString(name))];
  return isMap(operand) ? printer.call("map", "hasKey", args) : printer.call("dynamic", "hasFieldDyn", args, true);
}

/** What became a `dyn` may still be printed in a type of its own, such as text, which has no fields. */
const isMap = ({ type }: TypedNode): boolean => type.kind === "map" || type.kind === "object";

export const isThere = (code: Code): Code => infix(code, "!==", primary("undefined"), binding.equality);

const isParam = (operand: TypedNode): boolean => operand.kind === "variable" && operand.name === "params";

/** Code for a part that gives undefined where it is absent; undefined where only the functions for maps know. */
function part(printer: Printer, operand: TypedNode, name: string): Code | undefined {
  if (operand.kind === "variable") {
    if (operand.name === "params") return fromVariable(printer.names.param(name));
    if (operand.name === "request.query" && operand.external) return fromVariable(printer.names.query(name));
    if (operand.name === "request.headers" && operand.external) return fromVariable(printer.names.header(name));
    const looked = lookedUp(printer, operand, primary(jsString(name)));
    if (looked !== undefined) return looked;
  }
  const { kind } = operand.type;
  if (kind !== "object" && kind !== "union" && !(kind === "map" && isJson(operand))) return undefined;
  const code = printer.print(operand);
  const object = kind === "union" ? printer.call("read", "readObject", [code], true) : code;
  if (inherited.has(name)) return printer.call("read", "own", [object, primary(jsString(name))]);
  return { ...primary(/^[A-Za-z_]\w*$/.test(name) ? `${object.text}.${name}` : `${object.text}[${jsString(name)}]`, [object]) };
}

/** Header fields and query parameters are looked up without making a map of all. */
export function lookedUp(printer: Printer, operand: TypedNode & { kind: "variable" }, key: Code): Code | undefined {
  const code = fromVariable(printer.names.variable(operand.name));
  if (isFieldMap(operand.name)) return primary(`${code.text}.get(${key.text})`, [code, key]);
  if (operand.name !== "request.query") return undefined;
  return primary(`${printer.names.runtime("routing/query-value", "queryValue")}(${code.text}, ${key.text})`, [code, key]);
}

/** `operand[key]` for a key that is only known at run time, undefined where absent. */
export function entry(printer: Printer, operand: TypedNode, key: TypedNode): Code | undefined {
  const code = printer.print(key);
  if (operand.kind === "variable") {
    const lower = isFieldMap(operand.name) && key.kind !== "constant" ? primary(`${code.text}.toLowerCase()`, [code]) : code;
    const text = isFieldMap(operand.name) && key.kind === "constant" ? primary(jsString(String(key.value).toLowerCase())) : lower;
    const looked = lookedUp(printer, operand, text);
    if (looked !== undefined) return looked;
  }
  const { kind } = operand.type;
  if (key.type.kind !== "string" || (kind !== "object" && !(kind === "map" && isJson(operand)))) return undefined;
  return key.kind === "constant"
    ? part(printer, operand, String(key.value))
    : printer.call("read", "own", [printer.print(operand), code]);
}
