import type { ExpressionIr, TypedNode, ValueType } from "../../compiler/expressions/index.ts";
import { type OverloadId, overloads } from "../../compiler/expressions/overloads.ts";
import * as calendar from "../../runtime/expressions/calendar.ts";
import { inZone } from "../../runtime/expressions/calendar.ts";
import { type Duration, durationFromString } from "../../runtime/expressions/duration.ts";
import * as dynamic from "../../runtime/expressions/dynamic.ts";
import * as convert from "../../runtime/expressions/dynamic-convert.ts";
import { ExpressionError } from "../../runtime/expressions/error.ts";
import { unreadable } from "../../runtime/expressions/read.ts";
import { Timestamp } from "../../runtime/expressions/timestamp.ts";
import { typeOf } from "../../runtime/expressions/types.ts";
import { type Dyn, TypeName, Uint } from "../../runtime/expressions/value.ts";
import { withNames } from "./names-of-fields.ts";

/** The variables of an expression by their declared names, as JSON or as values that carry their type. */
export type Bindings = Readonly<Record<string, unknown>>;

/** What has the declared parameters of a map of text in their types, beside the map, which has all of them as text. */
export const declaredIn = (name: string): string => `${name}, declared`;

const fail = (message: string): never => {
  throw new ExpressionError(message);
};

/**
 * Evaluates a checked expression node by node, with every value carrying its type and every integer a bigint: slow, and
 * without any of the decisions that the printer takes. The result carries its type too.
 */
export function evaluateExpression(ir: ExpressionIr, bindings: Bindings): unknown {
  return evaluate(ir.root, bindings, {});
}

type Locals = Readonly<Record<string, unknown>>;

function evaluate(node: TypedNode, bindings: Bindings, locals: Locals): unknown {
  return (evaluators[node.kind] as (node: TypedNode, bindings: Bindings, locals: Locals) => unknown)(node, bindings, locals);
}

const evaluators: {
  readonly [Kind in TypedNode["kind"]]: (node: TypedNode & { kind: Kind }, bindings: Bindings, locals: Locals) => unknown;
} = {
  constant: ({ type, value }) => {
    if (type.kind === "int") return BigInt(String(value));
    if (type.kind === "uint") return new Uint(BigInt(String(value)));
    if (type.kind === "double") return Number(value);
    return type.kind === "bytes" ? new Uint8Array(value as readonly number[]) : value;
  },
  typeName: ({ name }) => new TypeName(name),
  variable: ({ name, type, external }, bindings) => {
    if (external && name.startsWith("request.")) return bindings[declaredIn(name)];
    const value = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
    if (value === undefined && name === "body" && type.kind === "union" && type.members.some(({ kind }) => kind === "null"))
      return null;
    return value === undefined ? fail("absent") : typed(value, type);
  },
  local: ({ name }, _, locals) => locals[name],
  field: ({ operand, name, type }, bindings, locals) => {
    const value = fieldOf(evaluate(operand, bindings, locals), name);
    return value === undefined ? fail("absent") : typed(value, type);
  },
  has: ({ operand, name }, bindings, locals) => {
    if (name === "" && operand.kind === "variable") return bindings[operand.name] !== undefined;
    return fieldOf(evaluate(operand, bindings, locals), name) !== undefined;
  },
  and: ({ operands }, bindings, locals) =>
    decide(
      operands.map((operand) => () => evaluate(operand, bindings, locals)),
      false,
    ),
  or: ({ operands }, bindings, locals) =>
    decide(
      operands.map((operand) => () => evaluate(operand, bindings, locals)),
      true,
    ),
  conditional: ({ condition, then, otherwise }, bindings, locals) =>
    evaluate(evaluate(condition, bindings, locals) === true ? then : otherwise, bindings, locals),
  call: ({ overload, args, type }, bindings, locals) => {
    const value = calls[overload](withNames(args, (arg) => evaluate(arg, bindings, locals)));
    const result = overloads[overload].result;
    return result === "int" || result === "uint"
      ? typed(value, { kind: result })
      : overload.startsWith("elementOf")
        ? typed(value, type)
        : value;
  },
  list: ({ items }, bindings, locals) => items.map((item) => evaluate(item, bindings, locals)),
  map: ({ entries }, bindings, locals) => {
    const map = new Map<unknown, unknown>();
    for (const { key, value } of entries) {
      const made = evaluate(key, bindings, locals);
      if ([...map.keys()].some((known) => same(known, made))) fail("repeated key");
      map.set(made, evaluate(value, bindings, locals));
    }
    return map;
  },
  macro: (node, bindings, locals) => {
    const range = evaluate(node.range, bindings, locals);
    const items = Array.isArray(range)
      ? (range as unknown[])
      : range instanceof Map
        ? [...range.keys()]
        : isObject(range)
          ? Object.keys(range)
          : fail("no such overload");
    const inside = (item: unknown): Locals => ({ ...locals, [node.variable]: typed(item, node.variableType) });
    const test = (item: unknown): unknown => evaluate(node.body, bindings, inside(item));
    if (node.macro === "all" || node.macro === "exists")
      return decide(
        items.map((item) => () => test(item)),
        node.macro === "exists",
      );
    if (node.macro === "exists_one") return items.filter((item) => test(item) === true).length === 1;
    if (node.macro === "filter") return items.filter((item) => test(item) === true).map((item) => typed(item, node.variableType));
    const kept =
      node.filter === undefined ? items : items.filter((item) => evaluate(node.filter!, bindings, inside(item)) === true);
    return kept.map(test);
  },
  box: ({ operand }, bindings, locals) => boxed(evaluate(operand, bindings, locals), operand.type),
  narrow: ({ operand, type }, bindings, locals) => typed(evaluate(operand, bindings, locals), type),
};

/** Any side that is `decisive` wins over errors of others; without one, the first error wins over the rest. */
function decide(sides: readonly (() => unknown)[], decisive: boolean): boolean {
  const errors: unknown[] = [];
  for (const side of sides) {
    try {
      if (side() === decisive) return decisive;
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return !decisive;
}

/** A value of a static type whose parts are to carry their types. */
function boxed(value: unknown, type: ValueType): unknown {
  if (type.kind === "list") return (value as unknown[]).map((item) => boxed(item, type.element));
  if (type.kind === "map")
    return new Map(entries(value as object).map(([key, item]) => [boxed(key, type.key), boxed(item, type.value)]));
  if (type.kind === "union" && type.members.some(({ kind }) => kind === "int"))
    return Number.isSafeInteger(value) ? BigInt(value as number) : value;
  return type.kind === "int" || type.kind === "uint" ? typed(value, type) : value;
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value) as never);

function fieldOf(container: unknown, name: string): unknown {
  if (container instanceof Map) return container.get(name);
  if (!isObject(container)) return fail("no such overload");
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

/** Holds a value, perhaps of JSON, to a type and gives numbers the form of that type. */
function typed(value: unknown, type: ValueType): unknown {
  if (value === undefined) return fail("absent");
  const wrong = (): never => fail(`not ${type.kind}`);
  const holds: { readonly [Kind in ValueType["kind"]]: () => unknown } = {
    int: () =>
      typeof value === "bigint" && BigInt.asIntN(64, value) === value
        ? value
        : Number.isInteger(value) && BigInt.asIntN(64, BigInt(value as number)) === BigInt(value as number)
          ? BigInt(value as number)
          : wrong(),
    uint: () =>
      value instanceof Uint
        ? value
        : typeof value === "bigint" || Number.isInteger(value)
          ? new Uint(BigInt(value as number))
          : wrong(),
    double: () =>
      typeof value === "number" ? value : typeof value === "bigint" && type.kind === "double" ? Number(value) : wrong(),
    bool: () => (typeof value === "boolean" ? value : wrong()),
    string: () => (typeof value === "string" ? value : wrong()),
    null: () => (value === null ? value : wrong()),
    bytes: () => (value instanceof Uint8Array ? value : wrong()),
    timestamp: () => (value instanceof Timestamp ? value : wrong()),
    duration: () => (typeof value === "object" ? value : wrong()),
    type: () => (value instanceof TypeName ? value : wrong()),
    list: () => (Array.isArray(value) ? value : wrong()),
    map: () => (value instanceof Map || isObject(value) ? value : wrong()),
    object: () => (isObject(value) ? value : wrong()),
    dyn: () => (value === unreadable ? wrong() : value),
    union: () => (value === unreadable ? wrong() : value),
  };
  return holds[type.kind]();
}

/** Numbers by value, the rest part by part. */
function same(a: unknown, b: unknown): boolean {
  const number = (value: unknown): number | bigint | undefined =>
    value instanceof Uint ? value.value : typeof value === "bigint" || typeof value === "number" ? value : undefined;
  const [left, right] = [number(a), number(b)];
  if (left !== undefined || right !== undefined)
    return (
      left !== undefined &&
      right !== undefined &&
      (typeof left === typeof right ? left === right : Number(left) === Number(right))
    );
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return same([...a], [...b]);
  if ((a instanceof Map || isObject(a)) && (b instanceof Map || isObject(b))) {
    const [first, second] = [entries(a), entries(b)];
    return (
      first.length === second.length &&
      first.every(([key, value]) => second.some(([other, otherValue]) => same(key, other) && same(value, otherValue)))
    );
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  return a.constructor === b.constructor && JSON.stringify(a) === JSON.stringify(b) && !(a instanceof Map);
}

const entries = (map: object): (readonly [unknown, unknown])[] => (map instanceof Map ? [...map] : Object.entries(map));

type Call = (args: readonly unknown[]) => unknown;
const compare =
  (holds: (order: number) => boolean): Call =>
  ([a, b]) =>
    holds(dynamic.compareDyn(a, b));
const [less, lessOrEqual, greater, greaterOrEqual] = [
  compare((order) => order < 0),
  compare((order) => order <= 0),
  compare((order) => order > 0),
  compare((order) => order >= 0),
];
const binary =
  (apply: (a: unknown, b: unknown) => unknown): Call =>
  ([a, b]) =>
    apply(a, b);
const unary =
  (apply: (value: never) => unknown): Call =>
  ([value]) =>
    apply(value as never);
const inList: Call = ([value, list]) => (list as unknown[]).some((item) => same(item, value));
const inMap: Call = ([key, map]) => entries(map as object).some(([known]) => same(known, key));
const element: Call = ([container, index]) => {
  if (Array.isArray(container)) {
    const at =
      index instanceof Uint
        ? Number(index.value)
        : typeof index === "bigint" || typeof index === "number"
          ? Number(index)
          : fail("no such overload");
    return Number.isInteger(at) && at >= 0 && at < container.length ? (container[at] as unknown) : fail("out of range");
  }
  if (!(container instanceof Map || isObject(container))) return fail("no such overload");
  const found = entries(container).find(([key]) => same(key, index));
  return found === undefined ? fail("no such key") : found[1];
};
const size: Call = ([value]) =>
  typeof value === "string"
    ? BigInt([...value].length)
    : Array.isArray(value) || value instanceof Uint8Array
      ? BigInt(value.length)
      : value instanceof Map || isObject(value)
        ? BigInt(entries(value).length)
        : fail("no such overload");
const getter =
  (read: (at: Timestamp) => number): Call =>
  ([at, zone]) =>
    BigInt(read(zone === undefined ? (at as Timestamp) : inZone(at as Timestamp, zone as string)));
const ofDuration =
  (unit: number): Call =>
  ([span]) => {
    const { seconds, nanos } = span as Duration;
    return (BigInt(seconds) * 1_000_000_000n + BigInt(nanos)) / BigInt(unit);
  };

const group = <Id extends string>(ids: readonly Id[], call: Call): Record<Id, Call> =>
  Object.fromEntries(ids.map((id) => [id, call])) as Record<Id, Call>;

const calls: { readonly [Id in OverloadId]: Call } = {
  not: ([value]) => value !== true,
  ...group(["negateInt", "negateDouble", "negateDyn"], unary(dynamic.negateDyn)),
  ...group(
    [
      "addInt",
      "addUint",
      "addDouble",
      "addString",
      "addBytes",
      "addList",
      "addTimestampDuration",
      "addDurationTimestamp",
      "addDuration",
      "addDyn",
    ],
    binary(dynamic.addDyn),
  ),
  ...group(
    [
      "subtractInt",
      "subtractUint",
      "subtractDouble",
      "subtractTimestamp",
      "subtractTimestampDuration",
      "subtractDuration",
      "subtractDyn",
    ],
    binary(dynamic.subtractDyn),
  ),
  ...group(["multiplyInt", "multiplyUint", "multiplyDouble", "multiplyDyn"], binary(dynamic.multiplyDyn)),
  ...group(["divideInt", "divideUint", "divideDouble", "divideDyn"], binary(dynamic.divideDyn)),
  ...group(["moduloInt", "moduloUint", "moduloDyn"], binary(dynamic.moduloDyn)),
  equals: binary(same),
  notEquals: binary((a, b) => !same(a, b)),
  ...group(["lessNumber", "lessBool", "lessString", "lessBytes", "lessTimestamp", "lessDuration", "lessDyn"], less),
  ...group(
    [
      "lessOrEqualNumber",
      "lessOrEqualBool",
      "lessOrEqualString",
      "lessOrEqualBytes",
      "lessOrEqualTimestamp",
      "lessOrEqualDuration",
      "lessOrEqualDyn",
    ],
    lessOrEqual,
  ),
  ...group(
    ["greaterNumber", "greaterBool", "greaterString", "greaterBytes", "greaterTimestamp", "greaterDuration", "greaterDyn"],
    greater,
  ),
  ...group(
    [
      "greaterOrEqualNumber",
      "greaterOrEqualBool",
      "greaterOrEqualString",
      "greaterOrEqualBytes",
      "greaterOrEqualTimestamp",
      "greaterOrEqualDuration",
      "greaterOrEqualDyn",
    ],
    greaterOrEqual,
  ),
  inList,
  inMap,
  inDyn: (args) =>
    Array.isArray(args[1]) ? inList(args) : args[1] instanceof Map || isObject(args[1]) ? inMap(args) : fail("no such overload"),
  ...group(["elementOfList", "elementOfListDyn", "elementOfMap", "elementOfDyn"], element),
  ...group(["sizeString", "sizeBytes", "sizeList", "sizeMap", "sizeDyn"], size),
  contains: ([text, part]) => (text as string).includes(part as string),
  startsWith: ([text, part]) => (text as string).startsWith(part as string),
  endsWith: ([text, part]) => (text as string).endsWith(part as string),
  matches: ([text, pattern]) => new RegExp(pattern as string, "u").test(text as string),
  typeOf: ([value]) => typeOf(value as Dyn),
  dyn: ([value]) => value,
  ...group(["boolFromBool", "boolFromString", "boolFromDyn"], unary(convert.boolFromDyn)),
  ...group(["bytesFromBytes", "bytesFromString", "bytesFromDyn"], unary(convert.bytesFromDyn)),
  ...group(
    ["doubleFromDouble", "doubleFromInt", "doubleFromUint", "doubleFromString", "doubleFromDyn"],
    unary(convert.doubleFromDyn),
  ),
  ...group(
    ["intFromInt", "intFromUint", "intFromDouble", "intFromString", "intFromTimestamp", "intFromDyn"],
    unary(convert.intFromDyn),
  ),
  ...group(["uintFromUint", "uintFromInt", "uintFromDouble", "uintFromString", "uintFromDyn"], unary(convert.uintFromDyn)),
  ...group(
    [
      "stringFromString",
      "stringFromBool",
      "stringFromInt",
      "stringFromUint",
      "stringFromDouble",
      "stringFromBytes",
      "stringFromTimestamp",
      "stringFromDuration",
      "stringFromDyn",
    ],
    unary(convert.stringFromDyn),
  ),
  ...group(
    ["timestampFromTimestamp", "timestampFromString", "timestampFromInt", "timestampFromDyn"],
    unary(convert.timestampFromDyn),
  ),
  durationFromDuration: ([value]) => value,
  durationFromString: unary(durationFromString),
  durationFromDyn: unary(convert.durationFromDyn),
  ...group(["fullYear", "fullYearIn"], getter(calendar.fullYear)),
  ...group(["month", "monthIn"], getter(calendar.month)),
  ...group(["date", "dateIn"], getter(calendar.date)),
  ...group(["dayOfMonth", "dayOfMonthIn"], getter(calendar.dayOfMonth)),
  ...group(["dayOfWeek", "dayOfWeekIn"], getter(calendar.dayOfWeek)),
  ...group(["dayOfYear", "dayOfYearIn"], getter(calendar.dayOfYear)),
  ...group(["hours", "hoursIn"], getter(calendar.hours)),
  ...group(["minutes", "minutesIn"], getter(calendar.minutes)),
  ...group(["seconds", "secondsIn"], getter(calendar.seconds)),
  ...group(["milliseconds", "millisecondsIn"], getter(calendar.milliseconds)),
  hoursOfDuration: ofDuration(3_600_000_000_000),
  minutesOfDuration: ofDuration(60_000_000_000),
  secondsOfDuration: ofDuration(1_000_000_000),
  millisecondsOfDuration: (args) => (ofDuration(1_000_000)(args) as bigint) % 1000n,
  hoursDyn: unary(convert.hoursDyn),
  minutesDyn: unary(convert.minutesDyn),
  secondsDyn: unary(convert.secondsDyn),
  millisecondsDyn: unary(convert.millisecondsDyn),
};
