import type { ConfigIr, StartValueIr } from "../../ir/config.ts";
import { mapConfig, startValueKey, walkConfig } from "../../ir/config-nodes.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { ParameterReaderIr } from "../../ir/parameter.ts";
import type { JsonSchema } from "../../ir/schema.ts";
import { jsIdentifier } from "../../text/js.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { ConstantPlan, ImportPlan, Plan } from "../4-plan/plan.ts";
import { printExpressionInto } from "./expressions.ts";
import type { ModuleWriter } from "./module-writer.ts";

import { ParameterWriter, writeParameterReader } from "./parameters/index.ts";
import { nameValidators, type ValidatorName } from "./schemas/schema-names.ts";

/** Where everything that modules refer to is declared; referring to it imports it. */
export class Names {
  readonly #startValues: ReadonlyMap<string, string>;
  readonly #schemes: ReadonlyMap<string, string>;
  readonly #imports: ReadonlyMap<string, ImportPlan>;
  readonly #shared: ReadonlySet<ConstantPlan>;
  readonly #validators: ReadonlyMap<string, ValidatorName>;
  readonly #schemas: ReadonlyMap<string, JsonSchema>;
  /** How many operations have the same parameters outside of the path. */
  readonly #readers = new Map<string, number>();
  /** Names of the functions that read them, by module. */
  readonly #common = new WeakMap<ModuleWriter, Map<string, string>>();
  /** Ids of the schemas whose validators some module imports. */
  readonly usedSchemas = new Set<string>();

  constructor(plan: Plan, ir: GatewayIr) {
    this.#validators = nameValidators(ir.schemas);
    this.#schemas = new Map(ir.schemas.map(({ id, schema }) => [id, schema]));
    this.#startValues = new Map(plan.environment.map(({ name, value }) => [`${value.kind} ${startValueKey(value)}`, name]));
    this.#schemes = new Map(plan.schemes.map(({ name, scheme }) => [scheme.name, name]));
    this.#imports = new Map(plan.imports.map((entry) => [`${entry.module} ${entry.imported}`, entry]));
    this.#shared = new Set(plan.shared);
    const count = (reader: ParameterReaderIr): void => {
      const key = commonKey(reader);
      if (key !== undefined) this.#readers.set(key, (this.#readers.get(key) ?? 0) + 1);
    };
    for (const { steps } of ir.operations) for (const { config } of steps) walkConfig(config, { parameterReader: count });
  }

  startValue(value: StartValueIr, writer: ModuleWriter): JsExpression {
    return new JsExpression(
      `${writer.fromModule("environment.js", "environment")}.${this.#startValues.get(`${value.kind} ${startValueKey(value)}`)!}`,
    );
  }

  /** A policy's or scheme's factory. */
  factory({ module, name }: { readonly module: string; readonly name: string }, writer: ModuleWriter): string {
    const entry = this.#imports.get(`${module} ${name}`)!;
    return writer.fromRuntime(module, name, entry.name);
  }

  scheme(name: string, writer: ModuleWriter): JsExpression {
    const local = this.#schemes.get(name)!;
    return new JsExpression(writer.path === "identity.js" ? local : writer.fromModule("identity.js", local));
  }

  /** An emitted validator; it is remembered that it has to be printed. */
  validator(schema: string, writer: ModuleWriter): JsExpression {
    this.usedSchemas.add(schema);
    const { path, name } = this.#validators.get(schema)!;
    return new JsExpression(writer.fromModuleUnique(path, name));
  }

  /** Prints the reader and gives its name. */
  parameterReader(reader: ParameterReaderIr, writer: ModuleWriter): string {
    const name = jsIdentifier(`read ${reader.operation} parameters`, writer.declared);
    const printed = new ParameterWriter({
      module: writer,
      taken: writer.declared,
      validator: (schema) => this.validator(schema, writer).text,
      schemaOf: (id) => this.#schemas.get(id),
    });
    const { operation, path, unknownQuery: unknown, knownQuery: known, parameters } = reader;
    const query = { unknown, known };
    const common = this.#commonReader(reader, printed, writer);
    if (common === undefined) writeParameterReader(parameters, { name, operation, path, query }, printed);
    else {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      writeParameterReader(inPath, { name, operation, path, query: { unknown: "allow", known: [] }, last: common }, printed);
    }
    printed.finish();
    return name;
  }

  /** Large specs give hundreds of operations the same parameters outside of the path: one function reads them for all. */
  #commonReader(reader: ParameterReaderIr, printed: ParameterWriter, writer: ModuleWriter): string | undefined {
    const key = commonKey(reader);
    if (key === undefined || (this.#readers.get(key) ?? 0) < 2) return undefined;
    const known = this.#common.get(writer) ?? new Map<string, string>();
    this.#common.set(writer, known);
    let name = known.get(key);
    if (name === undefined) {
      const { operation, path, unknownQuery, knownQuery, parameters } = reader;
      name = jsIdentifier(`read ${operation} query`, writer.declared);
      known.set(key, name);
      const others = parameters.filter((parameter) => parameter.in !== "path");
      const query = { unknown: unknownQuery, known: knownQuery };
      writeParameterReader(others, { name, operation: `${operation}, and of others, outside of the path`, path, query }, printed);
    }
    return name;
  }

  constant(constant: ConstantPlan, writer: ModuleWriter): string {
    return this.#shared.has(constant) && writer.path !== "policies.js"
      ? writer.fromModule("policies.js", constant.name)
      : constant.name;
  }

  /** A config as a literal; `slots` are handed out in order. */
  config(config: ConfigIr, slots: readonly number[], writer: ModuleWriter): JsValue {
    let next = 0;
    return mapConfig<JsExpression | number>(config, {
      startValue: (value) => this.startValue(value, writer),
      slot: () => slots[next++]!,
      scheme: (name) => this.scheme(name, writer),
      expression: (expression) => new JsExpression(`(x) => ${printExpressionInto(expression, writer)}`),
      validator: (schema) => this.validator(schema, writer),
      make: ({ module, name }, made) =>
        new JsExpression(`${writer.fromRuntimeUnique(module, name)}(${jsValue(made as JsValue)})`),
      parameterReader: (reader) => new JsExpression(this.parameterReader(reader, writer)),
    });
  }
}

/** Equal where the same code reads what is outside of the path; undefined where there is nothing. */
function commonKey({ parameters, unknownQuery, knownQuery }: ParameterReaderIr): string | undefined {
  const others = parameters.filter((parameter) => parameter.in !== "path").map(({ origin: _, ...parameter }) => parameter);
  return others.length === 0 ? undefined : JSON.stringify([others, unknownQuery, knownQuery]);
}
