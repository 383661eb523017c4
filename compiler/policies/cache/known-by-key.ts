import type { ExpressionIr, TypedNode } from "../../ir/expression.ts";
import { partsOf } from "./told-identity.ts";

/**
 * What the parts of a key tell for certain: whoever has the same key has the same of it. Reading a field for a choice between two texts
 * tells which of them it is, and nothing more of the field.
 */
export class KnownByKey {
  /** Fields, variables and expressions whose value is known, and that they have one: see `nameOf`. */
  readonly #known = new Set<string>();
  /** Fields whose value is known, with what the key has where there is none. */
  readonly #defaults = new Map<string, string>();
  readonly #query: readonly string[] | undefined;

  /** `query`: names of parameters that are in the key; undefined: all are. */
  constructor(keys: readonly ExpressionIr[], query: readonly string[] | undefined) {
    this.#query = query;
    for (const { root } of keys) this.#add(plain(root));
  }

  #add(node: TypedNode): void {
    this.#known.add(nameOf(node));
    if (node.kind === "call" && node.overload in texts) this.#add(plain(node.args[0]!));
    if (node.kind !== "conditional") return;
    const [then, otherwise] = [plain(node.then), plain(node.otherwise)];
    if (otherwise.kind !== "constant") return;
    if (then.kind === "constant" && nameOf(then) !== nameOf(otherwise)) this.#known.add(nameOf(plain(node.condition)));
    const field = presenceOf(plain(node.condition));
    if (field !== undefined && nameOf(then) === field) this.#defaults.set(field, nameOf(otherwise));
  }

  /** What clients choose of a value and the key does not tell, beside the identity. */
  missingIn(written: TypedNode): readonly string[] {
    const node = plain(written);
    const name = nameOf(node);
    if (this.#known.has(name) || this.#isDefaulted(node)) return [];
    const part = presenceOf(node) ?? (isPart(node) ? name : undefined);
    if (part !== undefined) return this.#known.has(part) || this.#isKeyedParameter(part) ? [] : [part];
    if (node.kind === "variable") {
      const isChosen =
        node.name.startsWith("peer.") || node.name === wholes[0] || (node.name === wholes[1] && this.#query !== undefined);
      return isChosen ? [node.name] : [];
    }
    const known = node.kind === "and" ? this.#comparedIn(node.operands) : [];
    return partsOf(node)
      .flatMap((one) => this.missingIn(one))
      .filter((one) => !known.includes(one));
  }

  /** `'x' in request.headers ? request.headers['x'] : ''`, where the key has the same, in other words. */
  #isDefaulted(node: TypedNode): boolean {
    if (node.kind !== "conditional") return false;
    const field = presenceOf(plain(node.condition));
    return field !== undefined && nameOf(node.then) === field && this.#defaults.get(field) === nameOf(node.otherwise);
  }

  /**
   * Fields that have to be there with a value that is not the one by which the key stands for none: then it makes no difference to all
   * the operands together whether there is none or that one.
   */
  #comparedIn(operands: readonly TypedNode[]): readonly string[] {
    const nodes = operands.map(plain);
    return nodes.flatMap((node) => {
      if (node.kind !== "call" || node.overload !== "equals") return [];
      const [field, value] = node.args.map(plain).sort((a, b) => Number(a.kind === "constant") - Number(b.kind === "constant"));
      if (field === undefined || value?.kind !== "constant") return [];
      const instead = this.#defaults.get(nameOf(field));
      return instead === undefined || instead === nameOf(value) ? [] : [nameOf(field)];
    });
  }

  #isKeyedParameter(part: string): boolean {
    return part.startsWith(`${wholes[1]}[`) && (this.#query?.some((name) => part === partOf(wholes[1], name)) ?? true);
  }
}

const wholes = ["request.headers", "request.query"] as const;

/** Texts that tell the value they were made from. */
const texts = { stringFromString: true, stringFromBool: true, stringFromInt: true, stringFromUint: true };

const plain = (node: TypedNode): TypedNode => (node.kind === "box" || node.kind === "narrow" ? plain(node.operand) : node);

const partOf = (whole: string, name: string): string => `${whole}['${whole === "request.headers" ? name.toLowerCase() : name}']`;

const wholeOf = (node: TypedNode): string | undefined =>
  node.kind === "variable" && (wholes as readonly string[]).includes(node.name) ? node.name : undefined;

const isPart = (node: TypedNode): boolean => node.kind === "field" && wholeOf(plain(node.operand)) !== undefined;

/** What `has(request.headers.x)` and `'x' in request.headers` ask for. */
function presenceOf(node: TypedNode): string | undefined {
  if (node.kind === "has") {
    const whole = wholeOf(plain(node.operand));
    return whole === undefined ? undefined : partOf(whole, node.name);
  }
  if (node.kind !== "call" || node.overload !== "inMap") return undefined;
  const [name, map] = node.args.map(plain);
  const whole = wholeOf(map!);
  return whole !== undefined && name?.kind === "constant" && typeof name.value === "string"
    ? partOf(whole, name.value)
    : undefined;
}

/** One for all ways of writing the same field; of anything else, one for the same text but for its blanks. */
function nameOf(written: TypedNode): string {
  const node = plain(written);
  if (node.kind === "call" && node.overload === "stringFromString") return nameOf(node.args[0]!);
  if (node.kind === "variable") return node.name;
  if (node.kind === "field") {
    const whole = wholeOf(plain(node.operand));
    if (whole !== undefined) return partOf(whole, node.name);
  }
  return JSON.stringify(node, (key, value: unknown) =>
    key === "at" ? undefined : typeof value === "bigint" ? `${value}n` : value,
  );
}
