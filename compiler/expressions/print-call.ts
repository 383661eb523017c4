import type { TypedNode, ValueType } from "../ir/expression.ts";
import { binding, type Code, infix, operand, primary } from "./code.ts";
import { isExternal } from "./external.ts";
import type { OverloadId } from "./overloads.ts";
import { translatePattern } from "./pattern.ts";
import { entry, isThere } from "./print-access.ts";
import { boxed, checked } from "./print-types.ts";
import { isConstant, type Printer, typeConstant } from "./printer.ts";

type CallNode = TypedNode & { kind: "call" };
type Print = (printer: Printer, args: readonly Code[], node: CallNode) => Code;

export function printCall(printer: Printer, node: CallNode): Code {
  const special = specials[node.overload];
  if (special !== undefined) return special(printer, node);
  return prints[node.overload](
    printer,
    node.args.map((arg) => printer.print(arg)),
    node,
  );
}

const helper =
  (module: string, name: string, fails = true): Print =>
  (printer, args) =>
    printer.call(module, name, args, fails);
const same: Print = (_, [value]) => value!;
const between =
  (sign: string, level: number): Print =>
  (_, [left, right]) =>
    infix(left!, sign, right!, level);
/**
 * An integer beside a double is compared as a double; integers up to 2^53 are both. A bigint of JSON is one that no double
 * holds, so that it may be compared as it is, which is exact.
 */
const numbers =
  (sign: string, level: number): Print =>
  (_, [left, right], { args: [a, b] }) => {
    const [first, second] = [asDouble(left!, a!, b!), asDouble(right!, b!, a!)];
    return infix(first, sign, second, level);
  };
const asDouble = (code: Code, node: TypedNode, other: TypedNode): Code =>
  other.type.kind === "double" && node.type.kind !== "double" && !isSafe(node) ? primary(`Number(${code.text})`, [code]) : code;
/** An integer as lists of JSON have it. */
const asInJson = (printer: Printer, code: Code, node: TypedNode): Code =>
  node.kind === "constant" && Number.isSafeInteger(Number(node.value)) ? code : printer.call("read", "asInJson", [code]);
/** Integers that need no conversion: small literals, and what was read from JSON. */
const isSafe = (node: TypedNode): boolean =>
  node.kind === "constant" ? Number.isSafeInteger(Number(node.value)) : node.kind === "field" && isExternal(node.operand);
const member =
  (name: string): Print =>
  (_, [value]) =>
    primary(`${operand(value!, binding.primary)}.${name}`, [value!]);
const method =
  (name: string): Print =>
  (_, [value, ...args]) =>
    primary(`${operand(value!, binding.primary)}.${name}(${args.map(({ text }) => text).join(", ")})`, [value!, ...args]);
const global =
  (name: string): Print =>
  (_, args) =>
    primary(`${name}(${args.map(({ text }) => text).join(", ")})`, args);
/** A function that returns a negative, zero or positive number. */
const compared =
  (module: string, name: string, sign: string, fails = false): Print =>
  (printer, args) =>
    infix(printer.call(module, name, args, fails), sign, primary("0"), binding.relation);
const calendar = (name: string): Print => helper("calendar", name, false);
const calendarIn =
  (name: string): Print =>
  (printer, args, { args: [, zone] }) =>
    printer.call("calendar", name, [printer.call("calendar", "inZone", args, !isConstant(zone!))]);
/** A conversion of a literal is made once; it was tried when the expression was checked. */
const once =
  (hint: string, module: string, name: string): Print =>
  (printer, args, { args: [from] }) => {
    const made = printer.call(module, name, args, true);
    return isConstant(from!) ? printer.constant(hint, `/* @__PURE__ */ ${made.text}`) : made;
  };

const prints: { readonly [Id in OverloadId]: Print } = {
  not: (_, [value]) => ({ ...value!, text: `!${operand(value!, binding.unary)}`, binds: binding.unary }),
  negateInt: helper("int", "negateInt"),
  negateDouble: (_, [value]) => ({ ...value!, text: `-(${value!.text})`, binds: binding.unary }),
  negateDyn: helper("dynamic", "negateDyn"),

  addInt: helper("int", "addInt"),
  addUint: helper("uint", "addUint"),
  addDouble: between("+", binding.sum),
  addString: between("+", binding.sum),
  addBytes: helper("text", "addBytes", false),
  addList: (_, [left, right]) =>
    primary(`[...${operand(left!, binding.conditional)}, ...${operand(right!, binding.conditional)}]`, [left!, right!]),
  addTimestampDuration: helper("timestamp", "addTimestamp"),
  addDurationTimestamp: (printer, [left, right]) => printer.call("timestamp", "addTimestamp", [right!, left!], true),
  addDuration: helper("duration", "addDuration"),
  addDyn: helper("dynamic", "addDyn"),
  subtractInt: helper("int", "subtractInt"),
  subtractUint: helper("uint", "subtractUint"),
  subtractDouble: between("-", binding.sum),
  subtractTimestamp: helper("timestamp", "timestampDifference"),
  subtractTimestampDuration: helper("timestamp", "subtractFromTimestamp"),
  subtractDuration: helper("duration", "subtractDuration"),
  subtractDyn: helper("dynamic", "subtractDyn"),
  multiplyInt: helper("int", "multiplyInt"),
  multiplyUint: helper("uint", "multiplyUint"),
  multiplyDouble: between("*", binding.product),
  multiplyDyn: helper("dynamic", "multiplyDyn"),
  divideInt: helper("int", "divideInt"),
  divideUint: helper("uint", "divideUint"),
  divideDouble: between("/", binding.product),
  divideDyn: helper("dynamic", "divideDyn"),
  moduloInt: helper("int", "moduloInt"),
  moduloUint: helper("uint", "moduloUint"),
  moduloDyn: helper("dynamic", "moduloDyn"),

  equals: (printer, args, node) => equality(printer, args, node, true),
  notEquals: (printer, args, node) => equality(printer, args, node, false),
  lessNumber: numbers("<", binding.relation),
  lessBool: between("<", binding.relation),
  lessString: compared("text", "compareStrings", "<"),
  lessBytes: compared("text", "compareBytes", "<"),
  lessTimestamp: compared("timestamp", "compareTime", "<"),
  lessDuration: compared("timestamp", "compareTime", "<"),
  lessDyn: compared("dynamic", "compareDyn", "<", true),
  lessOrEqualNumber: numbers("<=", binding.relation),
  lessOrEqualBool: between("<=", binding.relation),
  lessOrEqualString: compared("text", "compareStrings", "<="),
  lessOrEqualBytes: compared("text", "compareBytes", "<="),
  lessOrEqualTimestamp: compared("timestamp", "compareTime", "<="),
  lessOrEqualDuration: compared("timestamp", "compareTime", "<="),
  lessOrEqualDyn: compared("dynamic", "compareDyn", "<=", true),
  greaterNumber: numbers(">", binding.relation),
  greaterBool: between(">", binding.relation),
  greaterString: compared("text", "compareStrings", ">"),
  greaterBytes: compared("text", "compareBytes", ">"),
  greaterTimestamp: compared("timestamp", "compareTime", ">"),
  greaterDuration: compared("timestamp", "compareTime", ">"),
  greaterDyn: compared("dynamic", "compareDyn", ">", true),
  greaterOrEqualNumber: numbers(">=", binding.relation),
  greaterOrEqualBool: between(">=", binding.relation),
  greaterOrEqualString: compared("text", "compareStrings", ">="),
  greaterOrEqualBytes: compared("text", "compareBytes", ">="),
  greaterOrEqualTimestamp: compared("timestamp", "compareTime", ">="),
  greaterOrEqualDuration: compared("timestamp", "compareTime", ">="),
  greaterOrEqualDyn: compared("dynamic", "compareDyn", ">=", true),

  inList: (printer, [value, list], { args: [needle, container] }) => {
    const element = container!.type.kind === "list" ? container!.type.element.kind : "dyn";
    if (element === needle!.type.kind && (element === "int" || element === "uint") && isExternal(container!))
      return primary(`${operand(list!, binding.primary)}.includes(${asInJson(printer, value!, needle!).text})`, [list!, value!]);
    if (element === needle!.type.kind && identical.has(element))
      return primary(`${operand(list!, binding.primary)}.includes(${value!.text})`, [list!, value!]);
    return printer.call("list", "includes", [list!, value!]);
  },
  inMap: (printer, [key, map]) => printer.call("map", "hasKey", [map!, key!]),
  inDyn: helper("dynamic", "inDyn"),
  elementOfList: (printer, args, node) => fromContainer(printer, printer.call("list", "elementOf", args, true), node),
  elementOfListDyn: (printer, [list, index], node) =>
    fromContainer(
      printer,
      printer.call("list", "elementOf", [list!, printer.call("dynamic", "indexOf", [index!], true)], true),
      node,
    ),
  elementOfMap: (printer, args, node) => fromContainer(printer, printer.call("map", "entryOf", args, true), node),
  elementOfDyn: helper("dynamic", "elementOfDyn"),

  sizeString: helper("text", "sizeOfString", false),
  sizeBytes: member("length"),
  sizeList: member("length"),
  sizeMap: helper("map", "sizeOfMap", false),
  sizeDyn: helper("dynamic", "sizeDyn"),
  contains: method("includes"),
  startsWith: method("startsWith"),
  endsWith: method("endsWith"),
  matches: (printer, [text], { args: [, pattern] }) => {
    const source = pattern!.kind === "constant" ? translatePattern(String(pattern!.value)) : "";
    const compiled = printer.constant("pattern", `/${source === "" ? "(?:)" : source}/u`);
    return primary(`${compiled.text}.test(${text!.text})`, [text!]);
  },

  typeOf: (printer, [value], { args: [from] }) => {
    const name = typeNames[from!.type.kind];
    if (name === undefined || value!.fails) return printer.call("types", "typeOf", [boxed(printer, value!, from!.type)]);
    return typeConstant(printer, name);
  },
  dyn: same,
  boolFromBool: same,
  boolFromString: helper("convert", "boolFromString"),
  boolFromDyn: helper("dynamic-convert", "boolFromDyn"),
  bytesFromBytes: same,
  bytesFromString: helper("text", "bytesFromString", false),
  bytesFromDyn: helper("dynamic-convert", "bytesFromDyn"),
  doubleFromDouble: same,
  doubleFromInt: global("Number"),
  doubleFromUint: global("Number"),
  doubleFromString: helper("convert", "doubleFromString"),
  doubleFromDyn: helper("dynamic-convert", "doubleFromDyn"),
  intFromInt: same,
  intFromUint: helper("convert", "intFromUint"),
  intFromDouble: helper("convert", "intFromDouble"),
  intFromString: helper("convert", "intFromString"),
  intFromTimestamp: member("seconds"),
  intFromDyn: helper("dynamic-convert", "intFromDyn"),
  uintFromUint: same,
  uintFromInt: helper("convert", "uintFromInt"),
  uintFromDouble: helper("convert", "uintFromDouble"),
  uintFromString: helper("convert", "uintFromString"),
  uintFromDyn: helper("dynamic-convert", "uintFromDyn"),
  stringFromString: same,
  stringFromBool: global("String"),
  stringFromInt: global("String"),
  stringFromUint: global("String"),
  stringFromDouble: helper("convert", "stringFromDouble", false),
  stringFromBytes: helper("text", "stringFromBytes"),
  stringFromTimestamp: helper("timestamp", "timestampText", false),
  stringFromDuration: helper("duration", "durationText", false),
  stringFromDyn: helper("dynamic-convert", "stringFromDyn"),
  timestampFromTimestamp: same,
  timestampFromString: once("timestamp", "timestamp", "timestampFromString"),
  timestampFromInt: helper("timestamp", "timestampFromInt"),
  timestampFromDyn: helper("dynamic-convert", "timestampFromDyn"),
  durationFromDuration: same,
  durationFromString: once("duration", "duration", "durationFromString"),
  durationFromDyn: helper("dynamic-convert", "durationFromDyn"),

  fullYear: calendar("fullYear"),
  fullYearIn: calendarIn("fullYear"),
  month: calendar("month"),
  monthIn: calendarIn("month"),
  date: calendar("date"),
  dateIn: calendarIn("date"),
  dayOfMonth: calendar("dayOfMonth"),
  dayOfMonthIn: calendarIn("dayOfMonth"),
  dayOfWeek: calendar("dayOfWeek"),
  dayOfWeekIn: calendarIn("dayOfWeek"),
  dayOfYear: calendar("dayOfYear"),
  dayOfYearIn: calendarIn("dayOfYear"),
  hours: calendar("hours"),
  hoursIn: calendarIn("hours"),
  hoursOfDuration: helper("duration", "hoursOfDuration", false),
  hoursDyn: helper("dynamic-convert", "hoursDyn"),
  minutes: calendar("minutes"),
  minutesIn: calendarIn("minutes"),
  minutesOfDuration: helper("duration", "minutesOfDuration", false),
  minutesDyn: helper("dynamic-convert", "minutesDyn"),
  seconds: calendar("seconds"),
  secondsIn: calendarIn("seconds"),
  secondsOfDuration: helper("duration", "secondsOfDuration", false),
  secondsDyn: helper("dynamic-convert", "secondsDyn"),
  milliseconds: calendar("milliseconds"),
  millisecondsIn: calendarIn("milliseconds"),
  millisecondsOfDuration: helper("duration", "millisecondsOfDuration", false),
  millisecondsDyn: helper("dynamic-convert", "millisecondsDyn"),
};

/** Reads of single fields and parameters, for which the map around is not made. */
const specials: { readonly [Id in OverloadId]?: (printer: Printer, node: CallNode) => Code } = {
  inMap: (printer, node) => {
    const [key, map] = node.args as [TypedNode, TypedNode];
    const found = key.type.kind === "string" ? entry(printer, map, key) : undefined;
    return found === undefined ? prints.inMap(printer, [printer.print(key), printer.print(map)], node) : isThere(found);
  },
  elementOfMap: (printer, node) => {
    const [map, key] = node.args as [TypedNode, TypedNode];
    const found = key.type.kind === "string" ? entry(printer, map, key) : undefined;
    if (found === undefined) return prints.elementOfMap(printer, [printer.print(map), printer.print(key)], node);
    return checked(printer, found, isExternal(map) ? node.type : { kind: "dyn" });
  },
};

const fromContainer = (printer: Printer, code: Code, node: CallNode): Code =>
  isExternal(node.args[0]!) ? checked(printer, code, node.type) : code;

/** Types whose values are equal exactly where JavaScript's `===` says so. */
const identical = new Set<ValueType["kind"]>(["string", "bool", "int", "uint", "null"]);
const numeric = new Set<ValueType["kind"]>(["int", "uint", "double"]);

function equality(printer: Printer, [left, right]: readonly Code[], { args }: CallNode, wanted: boolean): Code {
  const [a, b] = args.map(({ type }) => type.kind) as [ValueType["kind"], ValueType["kind"]];
  const strict = (a === b && (identical.has(a) || a === "double")) || a === "null" || b === "null";
  if (strict) return infix(left!, wanted ? "===" : "!==", right!, binding.equality);
  if (numeric.has(a) && numeric.has(b))
    return infix(
      asDouble(left!, args[0]!, args[1]!),
      wanted ? "===" : "!==",
      asDouble(right!, args[1]!, args[0]!),
      binding.equality,
    );
  const equal = printer.call("equals", "equals", [left!, right!]);
  return wanted ? equal : { ...equal, text: `!${equal.text}`, binds: binding.unary };
}

/** Types whose values need no look to tell their type. */
const typeNames: { readonly [Kind in ValueType["kind"]]: string | undefined } = {
  int: "int",
  uint: "uint",
  double: "double",
  bool: "bool",
  string: "string",
  bytes: "bytes",
  null: "null_type",
  list: "list",
  map: "map",
  object: "map",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  type: "type",
  dyn: undefined,
  union: undefined,
};
