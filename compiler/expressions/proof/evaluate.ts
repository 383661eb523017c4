import type { TypedNode } from "../../ir/expression.ts";
import { callValue } from "./calls.ts";
import { type Comparands, unboxed } from "./comparands.ts";
import { isKnown, keyOf, known, none, type Value } from "./values.ts";
import { inEveryWorld, type World } from "./worlds.ts";

/** What is known of every request to an operation. */
export interface Surroundings {
  /** Undefined: any. */
  readonly methods?: readonly string[];
  /** Spellings of the path, where there are few; otherwise how each begins. */
  readonly path?: { readonly values: readonly string[] } | { readonly prefix: string };
}

/** What one expression is evaluated in. */
export interface Scene {
  readonly world: World;
  readonly comparands: ReadonlyMap<string, Comparands>;
  readonly around: Surroundings;
}

export function valueOf(node: TypedNode, scene: Scene): Value {
  return (evaluators[node.kind] as (node: TypedNode, scene: Scene) => Value)(node, scene);
}

/** Variables that are never empty text. */
const neverEmpty = new Set(["request.method", "request.path", "identity.subject", "identity.scheme", "peer.ip"]);

const evaluators: { readonly [Kind in TypedNode["kind"]]: (node: TypedNode & { kind: Kind }, scene: Scene) => Value } = {
  constant: (node) => {
    const { value, type } = node;
    if (Array.isArray(value)) return { unknown: keyOf(node) };
    const scalar = value as string | boolean | null;
    if (type.kind === "int" || type.kind === "uint") return known(BigInt(String(scalar)));
    return known(type.kind === "double" ? Number(scalar) : scalar);
  },
  typeName: ({ name }) => known(`type ${name}`),
  variable: (node, scene) => {
    const { name, optional } = node;
    if (optional && !isVariableThere(name, scene)) return none;
    if (name === "request.method" && scene.around.methods !== undefined)
      return chosen(keyOf(node), scene.around.methods.map(known), scene);
    if (name === "request.path" && scene.around.path !== undefined && "values" in scene.around.path)
      return chosen(keyOf(node), scene.around.path.values.map(known), scene);
    return open(node, scene);
  },
  local: open,
  field: (node, scene) => {
    if (valueOf(node.operand, scene) === none) return none;
    return isAlwaysThere(node.operand) || isThere(keyOf(node), scene) ? open(node, scene) : none;
  },
  has: ({ operand, name, type, at }, scene) => {
    if (name === "" && operand.kind === "variable") return known(!operand.optional || isVariableThere(operand.name, scene));
    if (valueOf(operand, scene) === none) return none;
    return known(isAlwaysThere(operand) || isThere(keyOf({ kind: "field", operand, name, type, at }), scene));
  },
  and: ({ operands }, scene) => decided(operands, false, scene),
  or: ({ operands }, scene) => decided(operands, true, scene),
  conditional: ({ condition, then, otherwise }, scene) => {
    const value = valueOf(condition, scene);
    return value === none ? none : valueOf(isTrue(value) ? then : otherwise, scene);
  },
  call: (node, scene) => callValue(node, scene),
  list: (node, scene) => {
    const items = node.items.map((item) => valueOf(item, scene));
    return items.includes(none) ? none : known(items);
  },
  map: (node) => ({ unknown: keyOf(node) }),
  macro: (node, scene) => {
    const range = valueOf(node.range, scene);
    if (range === none || node.filter !== undefined || (node.macro !== "all" && node.macro !== "exists"))
      return range === none ? none : open(node, scene);
    const always = (wanted: boolean): boolean => inEveryWorld((world) => is(valueOf(node.body, { ...scene, world }), wanted));
    const isEmpty = isKnown(range) && Array.isArray(range.known) && range.known.length === 0;
    const isFilled = isKnown(range) && !isEmpty;
    const neutral = node.macro === "all";
    if (isEmpty || always(neutral)) return isEmpty || isFilled || neutral ? known(neutral) : open(node, scene);
    return isFilled && always(!neutral) ? known(!neutral) : open(node, scene);
  },
  box: ({ operand }, scene) => valueOf(operand, scene),
  narrow: (node, scene) => {
    const value = valueOf(node.operand, scene);
    if (value === none || isKnown(value)) return value;
    if (!isThere(`fits ${keyOf(node.operand)}`, scene)) return none;
    return node.type.kind === "bool" ? open(node, scene) : value;
  },
};

/** CEL's `&&` and `||`: one operand that decides is enough, whatever the others are. */
function decided(operands: readonly TypedNode[], deciding: boolean, scene: Scene): Value {
  let missing = false;
  for (const operand of operands) {
    const value = valueOf(operand, scene);
    if (is(value, deciding)) return known(deciding);
    if (value === none) missing = true;
  }
  return missing ? none : known(!deciding);
}

const is = (value: Value, wanted: boolean): boolean => isKnown(value) && value.known === wanted;
export const isTrue = (value: Value): boolean => is(value, true);

/** The path parameters are there whenever the operation is. */
const isAlwaysThere = (operand: TypedNode): boolean => operand.kind === "variable" && operand.name === "params";

/** What each identity has. */
const ofEveryIdentity = new Set(["identity.subject", "identity.scheme", "identity.roles", "identity.scopes"]);

/** The parts of an identity are there with it; what not every one has, and what is told of an address, each for itself. */
const isVariableThere = (name: string, scene: Scene): boolean =>
  (!name.startsWith("identity.") || isThere("identity", scene)) && (ofEveryIdentity.has(name) || isThere(name, scene));

const isThere = (what: string, { world }: Scene): boolean => world.choose(`there ${what}`, [false, true]);

function chosen(key: string, values: readonly Value[], { world }: Scene): Value {
  const [first, ...rest] = values;
  return first === undefined ? { unknown: key } : world.choose(`value ${key}`, [first, ...rest]);
}

/** A part that may be anything of its type: one of the constants that it is compared with, or another value. */
export function open(node: TypedNode, scene: Scene): Value {
  const key = keyOf(node);
  if (node.type.kind === "bool") return chosen(key, [known(false), known(true)], scene);
  if (node.type.kind === "null") return known(null);
  const { constants, mixed } = scene.comparands.get(keyOf(unboxed(node))) ?? { constants: [], mixed: false };
  const variable = node.kind === "variable" ? node.name : "";
  // A parameter of a path stands for text between slashes, of which there is some.
  const isFilled = neverEmpty.has(variable) || (node.kind === "field" && isAlwaysThere(node.operand));
  const { path } = scene.around;
  const other: Value = {
    unknown: key,
    ...(variable === "request.path" ? { prefix: path !== undefined && "prefix" in path ? path.prefix : "/" } : {}),
  };
  const numbers = constants.filter((one) => typeof one === "bigint" || typeof one === "number");
  const samples = numbers.length < constants.length || mixed ? [] : samplesAround(numbers, node);
  if (samples.length > 0) return chosen(key, samples.map(known), scene);
  const possible = constants.filter(
    (one) => !(one === "" && isFilled) && !(typeof one === "string" && !one.startsWith(other.prefix ?? "")),
  );
  return chosen(key, [other, ...possible.map(known)], scene);
}

/** Each number, one between each two, and what is beyond either end: what holds for these holds for all. */
function samplesAround(numbers: readonly (bigint | number)[], node: TypedNode): (bigint | number)[] {
  const sorted = numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const isWhole = node.type.kind === "int" || node.type.kind === "uint";
  if (isWhole !== sorted.every((one) => typeof one === "bigint")) return [];
  const isCount = node.type.kind === "uint" || (node.kind === "call" && node.overload.startsWith("size"));
  const near = sorted.flatMap((one, index): (bigint | number)[] => {
    const next = sorted[index + 1];
    if (typeof one === "bigint") return [one - 1n, one, one + 1n];
    // One more than a large double is the same double.
    const beyond = next === undefined ? Infinity : one / 2 + Number(next) / 2;
    return index === 0 ? [-Infinity, one, beyond] : [one, beyond];
  });
  // A conversion of text may give a double that is no number; JSON has none.
  if (!isWhole && node.kind === "call") return [...near, Number.NaN];
  if (!isWhole) return near;
  const [least, most] = isCount ? [0n, 2n ** 64n] : [-(2n ** 63n), 2n ** 63n];
  return near.filter((one) => one >= least && one < most);
}
