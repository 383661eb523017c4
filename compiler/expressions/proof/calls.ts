import type { TypedNode } from "../../ir/expression.ts";
import { type OverloadId, overloads } from "../overloads.ts";
import { translatePattern } from "../pattern.ts";
import { open, type Scene, valueOf } from "./evaluate.ts";
import { compareKnown, isKnown, isUnknown, type Known, keyOf, known, none, type Value } from "./values.ts";

type Call = TypedNode & { kind: "call" };
type Given = Exclude<Value, typeof none>;

/** What a call gives where its arguments have these values; undefined: anything of its type. */
type Rule = (args: readonly Given[], node: Call, scene: Scene) => Value | undefined;

export function callValue(node: Call, scene: Scene): Value {
  const args: readonly Value[] = node.args.map((arg) => valueOf(arg, scene));
  if (node.overload === "inMap") return keyInMap(node, args, scene);
  const given = args.filter((arg) => arg !== none);
  if (given.length < args.length) return none;
  const mayFail = overloads[node.overload].fails && !given.every(isKnown);
  if (mayFail && !scene.world.choose(`there ${keyOf(node)}`, [false, true])) return none;
  return rules[overloads[node.overload].name]?.(given, node, scene) ?? open(node, scene);
}

/** `'a' in m` is `has(m.a)`. */
function keyInMap(node: Call, [key, map]: readonly Value[], scene: Scene): Value {
  if (key === none || map === none) return none;
  if (!isKnown(key!) || typeof key.known !== "string") return open(node, scene);
  const operand = node.args[1]!;
  return valueOf({ kind: "has", operand, name: key.known, type: { kind: "bool" }, at: node.at }, scene);
}

const rules: Readonly<Record<string, Rule>> = {
  "!": ([value]) => (isKnown(value!) ? known(value.known !== true) : undefined),
  "==": ([a, b], node, scene) => known(equal(a!, b!, node, scene)),
  "!=": ([a, b], node, scene) => known(!equal(a!, b!, node, scene)),
  "<": ([a, b], node, scene) => known(less(a!, b!, node, scene)),
  ">": ([a, b], node, scene) => known(less(b!, a!, flipped(node), scene)),
  "<=": ([a, b], node, scene) => known(!less(b!, a!, flipped(node), scene)),
  ">=": ([a, b], node, scene) => known(!less(a!, b!, node, scene)),
  in: ([item, list], node, scene) =>
    isKnown(list!) && Array.isArray(list.known)
      ? known((list.known as readonly Value[]).some((one) => one !== none && equal(item!, one, node, scene)))
      : undefined,
  "+": ([a, b]) => {
    if (!isKnown(a!) || !isKnown(b!)) return undefined;
    if (typeof a.known === "string" && typeof b.known === "string") return known(a.known + b.known);
    return typeof a.known === "bigint" && typeof b.known === "bigint" ? known(a.known + b.known) : undefined;
  },
  "-": ([a, b]) =>
    isKnown(a!) && isKnown(b!) && typeof a.known === "bigint" && typeof b.known === "bigint"
      ? known(a.known - b.known)
      : undefined,
  "*": ([a, b]) =>
    isKnown(a!) && isKnown(b!) && typeof a.known === "bigint" && typeof b.known === "bigint"
      ? known(a.known * b.known)
      : undefined,
  negate: ([a]) => (isKnown(a!) && typeof a.known === "bigint" ? known(-a.known) : undefined),
  size: ([value]) => {
    if (!isKnown(value!)) return undefined;
    if (typeof value.known === "string") return known(BigInt([...value.known].length));
    return Array.isArray(value.known) ? known(BigInt(value.known.length)) : undefined;
  },
  startsWith: ([text, part], _, scene) =>
    textTest(text!, part!, scene, "starts", (whole, piece) => whole.startsWith(piece), {
      holds: (prefix, piece) => prefix.startsWith(piece),
      fails: (prefix, piece) => !piece.startsWith(prefix),
    }),
  endsWith: ([text, part], _, scene) => textTest(text!, part!, scene, "ends", (whole, piece) => whole.endsWith(piece)),
  contains: ([text, part], _, scene) =>
    textTest(text!, part!, scene, "contains", (whole, piece) => whole.includes(piece), {
      holds: (prefix, piece) => prefix.includes(piece),
      fails: () => false,
    }),
  matches: ([text, pattern], { args }, scene) => {
    if (!isKnown(pattern!) || typeof pattern.known !== "string") return undefined;
    if (matchesAnything(pattern.known, isOneLine(args[0]!))) return known(true);
    if (isUnknown(text!)) return known(scene.world.choose(`matches ${text.unknown} ${pattern.known}`, [false, true]));
    return typeof text!.known === "string" ? known(patternOf(pattern.known).test(text!.known)) : undefined;
  },
  type: (_, { args }) => {
    const name = typeNames[args[0]!.kind === "box" ? args[0]!.operand.type.kind : args[0]!.type.kind];
    return name === undefined ? undefined : known(`type ${name}`);
  },
  dyn: ([value]) => value,
  bool: converted("boolFromBool", (value) => ({ true: true, false: false })[String(value).toLowerCase()]),
  bytes: converted("bytesFromBytes"),
  double: converted("doubleFromDouble", (value) => (typeof value === "bigint" ? Number(value) : undefined)),
  int: converted("intFromInt", (value) => (/^[+-]?\d{1,18}$/.test(String(value)) ? BigInt(String(value)) : undefined)),
  uint: converted("uintFromUint", (value) => (/^\d{1,18}$/.test(String(value)) ? BigInt(String(value)) : undefined)),
  string: converted("stringFromString", (value) => (["bigint", "boolean"].includes(typeof value) ? String(value) : undefined)),
  timestamp: converted("timestampFromTimestamp"),
  duration: converted("durationFromDuration"),
};

/** A conversion: to the type that a value has already, or of a constant. */
function converted(toItself: OverloadId, convert?: (value: Known["known"]) => Known["known"] | undefined): Rule {
  return ([value], node) => {
    if (node.overload === toItself) return value;
    const constant = isKnown(value!) && !Array.isArray(value.known) ? convert?.(value.known) : undefined;
    return constant === undefined ? undefined : known(constant);
  };
}

/** Types whose values are of no other type. */
const typeNames: Readonly<Record<string, string | undefined>> = {
  bool: "bool",
  bytes: "bytes",
  double: "double",
  int: "int",
  null: "null_type",
  string: "string",
  uint: "uint",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  list: "list",
  map: "map",
};

function equal(a: Given, b: Given, node: Call, scene: Scene): boolean {
  if (isKnown(a) && isKnown(b)) {
    if (Array.isArray(a.known) || Array.isArray(b.known)) return equalLists(a.known, b.known, node, scene);
    return a.known === b.known || compareKnown(a.known, b.known) === 0;
  }
  // A double may be no number, which is not equal to itself (IEEE 754).
  const mayDiffer = node.args.every(({ type }) => type.kind === "double");
  if (isUnknown(a) && isUnknown(b) && a.unknown === b.unknown && !mayDiffer) return true;
  const [unknown, other] = isUnknown(a) ? [a, b] : [b as Given & { unknown: string }, a];
  // The constants that a part is compared with are values of its own; what is unknown is none of them.
  const constants = scene.comparands.get(unknown.unknown)?.constants ?? [];
  if (isKnown(other) && constants.some((one) => one === other.known || compareKnown(one, other.known) === 0)) return false;
  const keys = [nameOf(a), nameOf(b)].sort();
  return scene.world.choose(`equal ${keys.join(" ")}`, [false, true]);
}

function equalLists(a: unknown, b: unknown, node: Call, scene: Scene): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item: Value, index) => {
    const other: Value = b[index];
    return item !== none && other !== none && equal(item, other, node, scene);
  });
}

/** `>` and `<=` are `<` with their sides exchanged, wherever a value has a place in the order. */
const flipped = (node: Call): Call => ({ ...node, args: node.args.toReversed() });

function less(a: Given, b: Given, node: Call, scene: Scene): boolean {
  const order = isKnown(a) && isKnown(b) ? compareKnown(a.known, b.known) : undefined;
  if (order !== undefined) return order < 0;
  if (isUnknown(a) && isUnknown(b) && a.unknown === b.unknown) return false;
  // A double may be no number, which is neither less nor not less: each comparison then stands for itself.
  const hasOrder = node.args.every(({ type }) => ["int", "uint", "string", "bool", "timestamp", "duration"].includes(type.kind));
  return scene.world.choose(`${hasOrder ? "less" : node.overload} ${nameOf(a)} ${nameOf(b)}`, [false, true]);
}

const nameOf = (value: Given): string =>
  isUnknown(value)
    ? value.unknown
    : JSON.stringify(value.known, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));

interface FromPrefix {
  readonly holds: (prefix: string, piece: string) => boolean;
  readonly fails: (prefix: string, piece: string) => boolean;
}

function textTest(
  text: Given,
  part: Given,
  { world }: Scene,
  name: string,
  test: (whole: string, piece: string) => boolean,
  fromPrefix?: FromPrefix,
): Value | undefined {
  if (isKnown(part) && part.known === "") return known(true);
  if (isKnown(text) && isKnown(part))
    return typeof text.known === "string" && typeof part.known === "string" ? known(test(text.known, part.known)) : undefined;
  if (isUnknown(text) && isUnknown(part) && text.unknown === part.unknown) return known(true);
  if (isUnknown(text) && text.prefix !== undefined && isKnown(part) && typeof part.known === "string") {
    if (fromPrefix?.holds(text.prefix, part.known)) return known(true);
    if (fromPrefix?.fails(text.prefix, part.known) && !text.prefix.startsWith(part.known)) return known(false);
  }
  return known(world.choose(`${name} ${nameOf(text)} ${nameOf(part)}`, [false, true]));
}

// The checker has read every pattern.
const patternOf = (pattern: string): RegExp => new RegExp(translatePattern(pattern), "u");

/** No line break can be in the head of a request but escaped, as the path has it. */
const isOneLine = (node: TypedNode): boolean =>
  node.kind === "variable"
    ? ["request.method", "request.path", "request.host"].includes(node.name)
    : node.kind === "field" && node.operand.kind === "variable" && node.operand.name === "request.headers";

/** A pattern that can match nothing at all, and is not tied to both ends, matches somewhere in every text. */
function matchesAnything(pattern: string, isOneLine: boolean): boolean {
  const loose = pattern.replace(/^(\^|\\A)/, "");
  const free = loose.replace(/(?<!\\)(\$|\\z)$/, "");
  if (/(?<!\\)[$^]|\\[bBAz]/.test(free.replaceAll(/\[\^/g, "["))) return false;
  const isTiedTwice = loose !== pattern && free !== loose;
  if (!isTiedTwice) return patternOf(free).test("");
  // `.` is no line break.
  return /^\(?\[\\s\\S\]\*\)?$/.test(free) || (isOneLine && /^\(?(\.\*|\.\{0,\})\)?$/.test(free));
}
