import type { Origin } from "../../../ir/origin.ts";
import type { ParameterShape, ScalarType } from "../../../ir/parameter.ts";
import { scalarTypes } from "../../../ir/parameter.ts";
import type { JsonSchema } from "../../../ir/schema.ts";
import { jsIdentifier } from "../../../text/js.ts";
import { type JsValue, jsValue } from "../../../text/js-value.ts";
import type { ModuleWriter } from "../module-writer.ts";
import { regularExpression, regularExpressionLiteral } from "../schemas/regular-expression.ts";

/** What the readers of one module need from around them. */
export interface ParameterModule {
  readonly module: ModuleWriter;
  /** Name of the emitted validator of a schema, imported where needed. */
  validator(schema: string): string;
  /** The schema of a SchemaIr. */
  schemaOf(id: string): JsonSchema | undefined;
}

/** What all parameter readers of one module share. */
export class ParameterWriter {
  readonly #context: ParameterModule;
  readonly #constants = new Map<string, string>();
  /** Function bodies are printed before the constants that they use are known, so constants go behind them. */
  readonly #lines: string[] = [];
  #locals = new Set<string>();

  constructor(context: ParameterModule) {
    this.#context = context;
  }

  line(text: string, origin: Origin | undefined): void {
    this.#context.module.line(text, origin);
  }

  block(head: string, origin: Origin | undefined, write: () => void, tail = "}"): void {
    if (head !== "") this.line(head, origin);
    this.#context.module.indented(write);
    this.line(tail, origin);
  }

  indented(write: () => void): void {
    this.#context.module.indented(write);
  }

  comment(text: string): void {
    this.#context.module.comment(text);
  }

  /** From `runtime/parameters/`. */
  own(module: string, name: string): string {
    return this.#import(`parameters/${module}`, name);
  }

  /** From `runtime/validation/`. */
  validation(module: string, name: string): string {
    return this.#import(`validation/${module}`, name);
  }

  validator(schema: string): string {
    return this.#context.validator(schema);
  }

  readonly schemaOf = (id: string): JsonSchema | undefined => this.#context.schemaOf(id);

  /** A constant of the module; equal text shares one. */
  constant(hint: string, text: string): string {
    const known = this.#constants.get(text);
    if (known !== undefined) return known;
    const name = this.#context.module.name(hint.slice(0, 40));
    this.#constants.set(text, name);
    this.#lines.push(`const ${name} = ${text};`);
    return name;
  }

  shape(shape: ParameterShape, hint: string): string {
    return this.constant(`${hint} shape`, jsValue(runtimeShape(shape)));
  }

  /** Undefined where no engine can make an expression of the pattern. */
  pattern(pattern: string, hint: string): string | undefined {
    const expression = regularExpression(pattern);
    return expression === undefined ? undefined : this.constant(`${hint} pattern`, regularExpressionLiteral(expression));
  }

  startFunction(): void {
    this.#locals = new Set();
  }

  /** A local name: it ends with an underscore, which no name of a module does. */
  local(hint: string): string {
    const base = jsIdentifier(hint.slice(0, 40), new Set());
    let name = `${base}_`;
    for (let count = 2; this.#locals.has(name); count++) name = `${base}${count}_`;
    this.#locals.add(name);
    return name;
  }

  /** Prints the constants of all functions that were written. */
  finish(): void {
    for (const line of this.#lines) this.#context.module.line(line);
    if (this.#lines.length > 0) this.#context.module.line();
    this.#lines.length = 0;
  }

  #import(module: string, name: string): string {
    return this.#context.module.fromRuntime(module, name);
  }
}

/** Bits of `ScalarTypes` in runtime/parameters/scalars.ts. */
const bits: Readonly<Record<ScalarType, number>> = { null: 1, boolean: 2, integer: 4, number: 8, string: 16 };

export const typeBits = (types: readonly ScalarType[]): number =>
  scalarTypes.reduce((sum, type) => sum + (types.includes(type) ? bits[type] : 0), 0);

function runtimeShape(shape: ParameterShape): JsValue {
  const { scalar, items, properties, additional } = shape;
  // A null prototype is not needed: the run time asks for own properties only.
  return {
    scalar: typeBits(scalar),
    items: items === undefined ? undefined : runtimeShape(items),
    properties:
      properties === undefined
        ? undefined
        : Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, runtimeShape(member)])),
    additional: additional === undefined ? undefined : runtimeShape(additional),
  };
}
