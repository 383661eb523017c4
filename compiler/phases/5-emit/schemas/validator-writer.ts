import type { Origin } from "../../../ir/origin.ts";
import type { Constant, JsonSchema, PatternGuard, SchemaIr } from "../../../ir/schema.ts";
import { jsIdentifier } from "../../../text/js.ts";
import { jsValue } from "../../../text/js-value.ts";
import type { ModuleWriter } from "../module-writer.ts";
import type { Costs } from "./costs.ts";
import { linearProgram } from "./linear-program.ts";
import { regularExpression, regularExpressionLiteral } from "./regular-expression.ts";
import type { ValidatorName } from "./schema-names.ts";

/** A value that is checked: how the code names it, and the keys that lead to it from the value of the function. */
export interface Subject {
  readonly text: string;
  /** Expressions, at most two. */
  readonly keys: readonly string[];
}

/** A function that still has to be printed into the module. */
export interface PendingFunction {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly kind: "validator" | "evaluated";
}

/** What all functions of one module share. */
export class ValidatorWriter {
  readonly module: ModuleWriter;
  readonly origin: Origin;
  /** Of the schema that the module is for. */
  readonly id: string;
  readonly costs: Costs;
  /** Follows `$ref`: the schema of that id. */
  readonly schemaOf: (ref: string) => JsonSchema | undefined;
  readonly pending: PendingFunction[] = [];
  readonly #names: ReadonlyMap<string, ValidatorName>;
  /** Names of the module's scope. */
  readonly #taken: Set<string>;
  readonly #functions = new Map<JsonSchema, string>();
  readonly #evaluated = new Map<JsonSchema, string>();
  readonly #constants = new Map<string, string>();
  readonly constants: string[] = [];
  #locals = new Set<string>();

  constructor(
    module: ModuleWriter,
    { id, origin, schema }: SchemaIr,
    costs: Costs,
    own: readonly string[],
    names: ReadonlyMap<string, ValidatorName>,
    schemaOf: (ref: string) => JsonSchema | undefined,
  ) {
    this.module = module;
    this.id = id;
    this.origin = origin;
    this.costs = costs;
    this.#names = names;
    this.schemaOf = schemaOf;
    module.declare(own);
    this.#taken = new Set([...own, "found", "value", "seen", ...(costs.takesRun(schema) ? ["run"] : [])]);
  }

  line(text: string): void {
    this.module.line(text, this.origin);
  }

  block(head: string, write: () => void, tail = "}"): void {
    this.line(`${head} {`);
    this.module.indented(write);
    this.line(tail);
  }

  /** From `runtime/validation/`. */
  runtime(module: string, name: string): string {
    return this.#take(this.module.fromRuntime(`validation/${module}`, name));
  }

  report(name: string): string {
    return this.runtime("report", name);
  }

  /** The validator of another schema. */
  reference(ref: string): string {
    const { path, name: outer } = this.#target(ref);
    const name = this.costs.takesRun({ $ref: ref }) ? innerName(outer) : outer;
    return path === this.module.path ? name : this.#take(this.module.fromModule(path, name));
  }

  /** The function of another schema that tells which parts of a value it evaluates. */
  evaluatedReference(ref: string): string {
    const { path, name } = this.#target(ref);
    const evaluated = evaluatedName(name);
    return path === this.module.path ? evaluated : this.#take(this.module.fromModule(path, evaluated));
  }

  /** A function for a schema inside of this one; equal objects share it. */
  local(schema: JsonSchema, hint: string): string {
    return this.#pend(this.#functions, schema, hint, "validator");
  }

  localEvaluated(schema: JsonSchema, hint: string): string {
    return this.#pend(this.#evaluated, schema, hint, "evaluated");
  }

  /** A constant of the module; equal text shares one. */
  constant(hint: string, text: string): string {
    const known = this.#constants.get(text);
    if (known !== undefined) return known;
    const name = this.#named(hint);
    this.#constants.set(text, name);
    this.constants.push(`const ${name} = ${text};`);
    return name;
  }

  /** What `test` is asked of. */
  pattern(pattern: string, guard: PatternGuard | undefined): string | undefined {
    const expression = regularExpression(pattern);
    if (expression === undefined) return undefined;
    if (guard !== "linear") return this.constant("pattern", regularExpressionLiteral(expression));
    const linear = this.runtime("linear-pattern", "LinearPattern");
    return this.constant(
      "pattern",
      `/* @__PURE__ */ new ${linear}(${jsValue(expression.source)}, ${jsValue(linearProgram(expression))})`,
    );
  }

  /** Local names begin anew with each function. */
  startFunction(): void {
    this.#locals = new Set();
  }

  /** A name for a local constant. It hides no name of the module, not even one that the function comes to use later. */
  variable(hint: string): string {
    const name = jsIdentifier(hint.slice(0, 40), new Set([...this.#taken, ...this.#locals]));
    this.#locals.add(name);
    this.module.taken.add(name);
    return name;
  }

  /** A name of the module's scope. */
  #named(hint: string): string {
    return this.#take(this.module.name(hint));
  }

  #target(ref: string): ValidatorName {
    const target = this.#names.get(ref.slice(2));
    if (target === undefined) throw new Error(`no schema has the id of ${ref}`);
    return target;
  }

  #take(name: string): string {
    this.#taken.add(name);
    return name;
  }

  #pend(known: Map<JsonSchema, string>, schema: JsonSchema, hint: string, kind: PendingFunction["kind"]): string {
    const before = known.get(schema);
    if (before !== undefined) return before;
    const name = this.#named(hint);
    known.set(schema, name);
    this.pending.push({ name, schema, kind });
    return name;
  }
}

/** Of the function that takes a run. */
export const innerName = (name: string): string => `${name}InRun`;

export const evaluatedName = (name: string): string => `${name}Evaluated`;

/** `, "tags", i`: the end of a report's arguments. */
export const trail = (keys: readonly string[]): string => keys.map((key) => `, ${key}`).join("");

export const literal = (value: Constant): string => jsValue(value);
