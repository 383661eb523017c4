import type { TypedNode, ValueType } from "../ir/expression.ts";
import { type Code, primary } from "./code.ts";
import { isPlain } from "./coerce.ts";
import type { Printer } from "./printer.ts";

/** Functions of `runtime/expressions/read.ts` and `narrow.ts` that hold a value to a type. */
const readers: { readonly [Kind in ValueType["kind"]]: readonly [module: string, name: string] } = {
  int: ["read", "readInt"],
  uint: ["read", "readUint"],
  double: ["read", "readDouble"],
  bool: ["read", "readBool"],
  string: ["read", "readString"],
  null: ["read", "readNull"],
  list: ["read", "readList"],
  map: ["read", "readObject"],
  object: ["read", "readObject"],
  bytes: ["narrow", "narrowBytes"],
  timestamp: ["narrow", "narrowTimestamp"],
  duration: ["narrow", "narrowDuration"],
  type: ["narrow", "narrowType"],
  // Anything, as long as it is there.
  dyn: ["read", "present"],
  union: ["read", "present"],
};

const narrowers: { readonly [Kind in ValueType["kind"]]: string } = {
  int: "narrowInt",
  uint: "narrowUint",
  double: "narrowDouble",
  bool: "narrowBool",
  string: "narrowString",
  null: "narrowNull",
  list: "narrowList",
  map: "narrowMap",
  object: "narrowMap",
  bytes: "narrowBytes",
  timestamp: "narrowTimestamp",
  duration: "narrowDuration",
  type: "narrowType",
  dyn: "",
  union: "",
};

/** `code`, which may be undefined or of another type, as a value of `type`. */
export function checked(printer: Printer, code: Code, type: ValueType): Code {
  const [module, name] = readers[type.kind];
  return printer.call(module, name, [code], true);
}

export function printNarrow(printer: Printer, { operand, type }: TypedNode & { kind: "narrow" }): Code {
  const code = printer.print(operand);
  // Values of a union are as JSON gives them; values of `dyn` carry their type.
  if (operand.type.kind !== "dyn") return checked(printer, code, type);
  return printer.call("narrow", narrowers[type.kind], [code], true);
}

export function printBox(printer: Printer, { operand }: TypedNode & { kind: "box" }): Code {
  return boxed(printer, printer.print(operand), operand.type);
}

/** `code` of a static type as a value that carries its type. */
export function boxed(printer: Printer, code: Code, type: ValueType): Code {
  if (isPlain(type)) return code;
  if (type.kind === "list") return printer.call("box", "boxList", [code, boxer(printer, type.element)]);
  if (type.kind === "map") return printer.call("box", "boxMap", [code, boxer(printer, type.key), boxer(printer, type.value)]);
  return printer.call("box", type.kind === "uint" ? "boxUint" : type.kind === "union" ? "boxJsonInt" : "boxInt", [code]);
}

const boxer = (printer: Printer, type: ValueType): Code => primary(`(value) => ${boxed(printer, primary("value"), type).text}`);
