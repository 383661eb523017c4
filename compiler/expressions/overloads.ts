import type { ScalarKind } from "./types.ts";

/** What an overload takes: a type, any number, any list or map, or anything. */
export type ParameterKind = ScalarKind | "type" | "number" | "list" | "map" | "dyn";

export interface Overload {
  /** Name as written; operators by their sign, `-x` as `negate`. */
  readonly name: string;
  /** Written as `f(a)`, as `a.f()`, or both. Operators are functions. */
  readonly style: "function" | "method" | "both";
  readonly params: readonly ParameterKind[];
  readonly result: ScalarKind | "type" | "dyn" | "list";
  /** May end in an error for arguments of the right types. */
  readonly fails: boolean;
}

const operation = <const P extends readonly ParameterKind[]>(
  name: string,
  params: P,
  result: Overload["result"],
  fails = false,
): Overload => ({
  name,
  style: "function",
  params,
  result,
  fails,
});
const method = (name: string, params: readonly ParameterKind[], result: Overload["result"], fails = false): Overload => ({
  ...operation(name, params, result, fails),
  style: "method",
});
const either = (name: string, params: readonly ParameterKind[], result: Overload["result"], fails = false): Overload => ({
  ...operation(name, params, result, fails),
  style: "both",
});

/**
 * The standard functions and operators of CEL (language definition, “List of Standard Definitions”), each overload by
 * the id that the IR, the printer and the reference interpreter share. `…Dyn` is chosen where the types of the arguments
 * leave several overloads open.
 */
export const overloads = {
  not: operation("!", ["bool"], "bool"),
  negateInt: operation("negate", ["int"], "int", true),
  negateDouble: operation("negate", ["double"], "double"),
  negateDyn: operation("negate", ["dyn"], "dyn", true),

  addInt: operation("+", ["int", "int"], "int", true),
  addUint: operation("+", ["uint", "uint"], "uint", true),
  addDouble: operation("+", ["double", "double"], "double"),
  addString: operation("+", ["string", "string"], "string"),
  addBytes: operation("+", ["bytes", "bytes"], "bytes"),
  addList: operation("+", ["list", "list"], "list"),
  addTimestampDuration: operation("+", ["timestamp", "duration"], "timestamp", true),
  addDurationTimestamp: operation("+", ["duration", "timestamp"], "timestamp", true),
  addDuration: operation("+", ["duration", "duration"], "duration", true),
  addDyn: operation("+", ["dyn", "dyn"], "dyn", true),
  subtractInt: operation("-", ["int", "int"], "int", true),
  subtractUint: operation("-", ["uint", "uint"], "uint", true),
  subtractDouble: operation("-", ["double", "double"], "double"),
  subtractTimestamp: operation("-", ["timestamp", "timestamp"], "duration", true),
  subtractTimestampDuration: operation("-", ["timestamp", "duration"], "timestamp", true),
  subtractDuration: operation("-", ["duration", "duration"], "duration", true),
  subtractDyn: operation("-", ["dyn", "dyn"], "dyn", true),
  multiplyInt: operation("*", ["int", "int"], "int", true),
  multiplyUint: operation("*", ["uint", "uint"], "uint", true),
  multiplyDouble: operation("*", ["double", "double"], "double"),
  multiplyDyn: operation("*", ["dyn", "dyn"], "dyn", true),
  divideInt: operation("/", ["int", "int"], "int", true),
  divideUint: operation("/", ["uint", "uint"], "uint", true),
  divideDouble: operation("/", ["double", "double"], "double"),
  divideDyn: operation("/", ["dyn", "dyn"], "dyn", true),
  moduloInt: operation("%", ["int", "int"], "int", true),
  moduloUint: operation("%", ["uint", "uint"], "uint", true),
  moduloDyn: operation("%", ["dyn", "dyn"], "dyn", true),

  // Both sides of one type, or two numbers; the checker sees to it.
  equals: operation("==", ["dyn", "dyn"], "bool"),
  notEquals: operation("!=", ["dyn", "dyn"], "bool"),
  ...relation("less", "<"),
  ...relation("lessOrEqual", "<="),
  ...relation("greater", ">"),
  ...relation("greaterOrEqual", ">="),

  inList: operation("in", ["dyn", "list"], "bool"),
  inMap: operation("in", ["dyn", "map"], "bool"),
  inDyn: operation("in", ["dyn", "dyn"], "bool", true),
  // The result is the element type, which the checker puts in.
  elementOfList: operation("[]", ["list", "int"], "dyn", true),
  elementOfListDyn: operation("[]", ["list", "dyn"], "dyn", true),
  elementOfMap: operation("[]", ["map", "dyn"], "dyn", true),
  elementOfDyn: operation("[]", ["dyn", "dyn"], "dyn", true),

  sizeString: either("size", ["string"], "int"),
  sizeBytes: either("size", ["bytes"], "int"),
  sizeList: either("size", ["list"], "int"),
  sizeMap: either("size", ["map"], "int"),
  sizeDyn: either("size", ["dyn"], "int", true),
  contains: method("contains", ["string", "string"], "bool"),
  startsWith: method("startsWith", ["string", "string"], "bool"),
  endsWith: method("endsWith", ["string", "string"], "bool"),
  // The pattern is a literal, compiled when the gateway is built.
  matches: either("matches", ["string", "string"], "bool"),

  typeOf: operation("type", ["dyn"], "type"),
  dyn: operation("dyn", ["dyn"], "dyn"),
  boolFromBool: operation("bool", ["bool"], "bool"),
  boolFromString: operation("bool", ["string"], "bool", true),
  boolFromDyn: operation("bool", ["dyn"], "bool", true),
  bytesFromBytes: operation("bytes", ["bytes"], "bytes"),
  bytesFromString: operation("bytes", ["string"], "bytes"),
  bytesFromDyn: operation("bytes", ["dyn"], "bytes", true),
  doubleFromDouble: operation("double", ["double"], "double"),
  doubleFromInt: operation("double", ["int"], "double"),
  doubleFromUint: operation("double", ["uint"], "double"),
  doubleFromString: operation("double", ["string"], "double", true),
  doubleFromDyn: operation("double", ["dyn"], "double", true),
  intFromInt: operation("int", ["int"], "int"),
  intFromUint: operation("int", ["uint"], "int", true),
  intFromDouble: operation("int", ["double"], "int", true),
  intFromString: operation("int", ["string"], "int", true),
  intFromTimestamp: operation("int", ["timestamp"], "int"),
  intFromDyn: operation("int", ["dyn"], "int", true),
  uintFromUint: operation("uint", ["uint"], "uint"),
  uintFromInt: operation("uint", ["int"], "uint", true),
  uintFromDouble: operation("uint", ["double"], "uint", true),
  uintFromString: operation("uint", ["string"], "uint", true),
  uintFromDyn: operation("uint", ["dyn"], "uint", true),
  stringFromString: operation("string", ["string"], "string"),
  stringFromBool: operation("string", ["bool"], "string"),
  stringFromInt: operation("string", ["int"], "string"),
  stringFromUint: operation("string", ["uint"], "string"),
  stringFromDouble: operation("string", ["double"], "string"),
  stringFromBytes: operation("string", ["bytes"], "string", true),
  stringFromTimestamp: operation("string", ["timestamp"], "string"),
  stringFromDuration: operation("string", ["duration"], "string"),
  stringFromDyn: operation("string", ["dyn"], "string", true),
  timestampFromTimestamp: operation("timestamp", ["timestamp"], "timestamp"),
  timestampFromString: operation("timestamp", ["string"], "timestamp", true),
  timestampFromInt: operation("timestamp", ["int"], "timestamp", true),
  timestampFromDyn: operation("timestamp", ["dyn"], "timestamp", true),
  durationFromDuration: operation("duration", ["duration"], "duration"),
  durationFromString: operation("duration", ["string"], "duration", true),
  durationFromDyn: operation("duration", ["dyn"], "duration", true),

  fullYear: method("getFullYear", ["timestamp"], "int"),
  fullYearIn: method("getFullYear", ["timestamp", "string"], "int", true),
  month: method("getMonth", ["timestamp"], "int"),
  monthIn: method("getMonth", ["timestamp", "string"], "int", true),
  date: method("getDate", ["timestamp"], "int"),
  dateIn: method("getDate", ["timestamp", "string"], "int", true),
  dayOfMonth: method("getDayOfMonth", ["timestamp"], "int"),
  dayOfMonthIn: method("getDayOfMonth", ["timestamp", "string"], "int", true),
  dayOfWeek: method("getDayOfWeek", ["timestamp"], "int"),
  dayOfWeekIn: method("getDayOfWeek", ["timestamp", "string"], "int", true),
  dayOfYear: method("getDayOfYear", ["timestamp"], "int"),
  dayOfYearIn: method("getDayOfYear", ["timestamp", "string"], "int", true),
  hours: method("getHours", ["timestamp"], "int"),
  hoursIn: method("getHours", ["timestamp", "string"], "int", true),
  hoursOfDuration: method("getHours", ["duration"], "int"),
  hoursDyn: method("getHours", ["dyn"], "int", true),
  minutes: method("getMinutes", ["timestamp"], "int"),
  minutesIn: method("getMinutes", ["timestamp", "string"], "int", true),
  minutesOfDuration: method("getMinutes", ["duration"], "int"),
  minutesDyn: method("getMinutes", ["dyn"], "int", true),
  seconds: method("getSeconds", ["timestamp"], "int"),
  secondsIn: method("getSeconds", ["timestamp", "string"], "int", true),
  secondsOfDuration: method("getSeconds", ["duration"], "int"),
  secondsDyn: method("getSeconds", ["dyn"], "int", true),
  milliseconds: method("getMilliseconds", ["timestamp"], "int"),
  millisecondsIn: method("getMilliseconds", ["timestamp", "string"], "int", true),
  millisecondsOfDuration: method("getMilliseconds", ["duration"], "int"),
  millisecondsDyn: method("getMilliseconds", ["dyn"], "int", true),
} as const satisfies Record<string, Overload>;

export type OverloadId = keyof typeof overloads;

type Relation = "less" | "lessOrEqual" | "greater" | "greaterOrEqual";

function relation<Name extends Relation>(name: Name, sign: string) {
  return {
    [`${name}Number`]: operation(sign, ["number", "number"], "bool"),
    [`${name}Bool`]: operation(sign, ["bool", "bool"], "bool"),
    [`${name}String`]: operation(sign, ["string", "string"], "bool"),
    [`${name}Bytes`]: operation(sign, ["bytes", "bytes"], "bool"),
    [`${name}Timestamp`]: operation(sign, ["timestamp", "timestamp"], "bool"),
    [`${name}Duration`]: operation(sign, ["duration", "duration"], "bool"),
    [`${name}Dyn`]: operation(sign, ["dyn", "dyn"], "bool", true),
  } as Record<`${Name}${"Number" | "Bool" | "String" | "Bytes" | "Timestamp" | "Duration" | "Dyn"}`, Overload>;
}

export const overloadIds = Object.keys(overloads) as OverloadId[];

/** Every overload of a function or operator, those for arguments of unknown type last. */
export const overloadsOf = (name: string): readonly OverloadId[] => overloadIds.filter((id) => overloads[id].name === name);

/** Names that can be called: `f(…)` for functions, `a.f(…)` for methods. */
export const callable = (style: "function" | "method"): readonly string[] =>
  [
    ...new Set(
      overloadIds
        .map((id) => overloads[id])
        .filter((overload) => (overload.style as string) === style || overload.style === "both")
        .map(({ name }) => name),
    ),
  ].filter((name) => /^[a-z]{2}/i.test(name) && name !== "negate" && name !== "in");
