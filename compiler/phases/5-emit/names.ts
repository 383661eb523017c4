import type { ConfigIr, NumberIr, StartValueIr } from "../../ir/config.ts";
import { type ConfigVisitor, isNumber, mapConfig, startValueKey, walkConfig } from "../../ir/config-nodes.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { ParameterReaderIr } from "../../ir/parameter.ts";
import type { ResourceRefIr, Room } from "../../ir/resource.ts";
import type { JsonSchema } from "../../ir/schema.ts";
import { JsCall, JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { MappedLine } from "../../text/mapped-writer.ts";
import type { ConstantPlan, Plan } from "../4-plan/plan.ts";
import { printExpressionInto } from "./expressions.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { ParameterWriter, writeParameterReader } from "./parameters/index.ts";
import { nameValidators, type ValidatorName } from "./schemas/schema-names.ts";
import type { SharedParts } from "./shared-parts.ts";

/** Where everything that modules refer to is declared; referring to it imports it. */
export class Names {
  readonly #startValues: ReadonlyMap<string, string>;
  readonly #resources: Readonly<Record<Room, ReadonlyMap<string, string>>>;
  readonly #shared: ReadonlySet<ConstantPlan>;
  readonly #validators: ReadonlyMap<string, ValidatorName>;
  readonly #schemas: ReadonlyMap<string, JsonSchema>;
  /** How many operations have the same parameters outside of the path. */
  readonly #readers = new Map<string, number>();
  /** What the modules have printed of readers. */
  readonly #printed = new WeakMap<ModuleWriter, PrintedReaders>();
  /** Ids of the schemas whose validators some module imports. */
  readonly usedSchemas = new Set<string>();

  constructor(plan: Plan, ir: GatewayIr) {
    this.#validators = nameValidators(ir.schemas);
    this.#schemas = new Map(ir.schemas.map(({ id, schema }) => [id, schema]));
    this.#startValues = new Map(plan.environment.map(({ name, value }) => [`${value.kind} ${startValueKey(value)}`, name]));
    const namesIn = (room: Room): ReadonlyMap<string, string> =>
      new Map(plan.resources[room].map(({ name, resource }) => [resource.name, name]));
    this.#resources = {
      geo: namesIn("geo"),
      stores: namesIn("stores"),
      credentials: namesIn("credentials"),
      tls: namesIn("tls"),
      services: namesIn("services"),
      serviceStates: namesIn("serviceStates"),
      serviceCredentials: namesIn("serviceCredentials"),
      identity: namesIn("identity"),
    };
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

  /** A number, or the call that makes one of a setting. */
  number(value: NumberIr, writer: ModuleWriter): JsValue {
    if (typeof value === "number") return value;
    const text = this.startValue(value, writer).text;
    if (value.as === "port") return new JsExpression(`${writer.fromRuntime("process/environment", "asPort")}(${text})`);
    return new JsExpression(`${writer.fromRuntime("process/number-settings", value.as)}.value(${text})`);
  }

  resource({ room, name }: ResourceRefIr, writer: ModuleWriter): JsExpression {
    const local = this.#resources[room].get(name);
    if (local === undefined) throw new Error(`no ${name} among ${room}`);
    const path = `${room}.js`;
    return new JsExpression(writer.path === path ? local : writer.fromModule(path, local));
  }

  /** An emitted validator; it is remembered that it has to be printed. */
  validator(schema: string, writer: ModuleWriter): JsExpression {
    this.usedSchemas.add(schema);
    const { path, name } = this.#validators.get(schema)!;
    return new JsExpression(writer.fromModule(path, name));
  }

  /** Prints the reader, unless the module has one that does the same, and gives its name. */
  parameterReader(reader: ParameterReaderIr, writer: ModuleWriter): string {
    const printed = this.#printedIn(writer);
    const name = writer.name(`read ${reader.operation} parameters`);
    const { operation, path, unknownQuery: unknown, knownQuery: known, parameters } = reader;
    const query = { unknown, known };
    const common = this.#commonReader(reader, printed, writer);
    const begin = writer.lines.length;
    if (common === undefined) writeParameterReader(parameters, { name, operation, path, query }, printed.writer);
    else {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      const options = { name, operation, path, query: { unknown: "allow", known: [] }, last: common } as const;
      writeParameterReader(inPath, options, printed.writer);
    }
    const text = bodyText(writer.lines.slice(begin), name);
    const same = printed.byText.get(text);
    if (same !== undefined) {
      writer.lines.length = begin;
      return same;
    }
    printed.byText.set(text, name);
    printed.writer.finish();
    return name;
  }

  #printedIn(writer: ModuleWriter): PrintedReaders {
    let printed = this.#printed.get(writer);
    if (printed === undefined) {
      const context = {
        module: writer,
        validator: (schema: string) => this.validator(schema, writer).text,
        schemaOf: (id: string) => this.#schemas.get(id),
      };
      printed = { writer: new ParameterWriter(context), common: new Map(), byText: new Map() };
      this.#printed.set(writer, printed);
    }
    return printed;
  }

  /** Large specs give hundreds of operations the same parameters outside of the path: one function reads them for all. */
  #commonReader(reader: ParameterReaderIr, printed: PrintedReaders, writer: ModuleWriter): string | undefined {
    const key = commonKey(reader);
    if (key === undefined || (this.#readers.get(key) ?? 0) < 2) return undefined;
    let name = printed.common.get(key);
    if (name === undefined) {
      const { operation, path, unknownQuery, knownQuery, parameters } = reader;
      name = writer.name(`read ${operation} query`);
      printed.common.set(key, name);
      const others = parameters.filter((parameter) => parameter.in !== "path");
      const query = { unknown: unknownQuery, known: knownQuery };
      const shown = `${operation}, and of others, outside of the path`;
      writeParameterReader(others, { name, operation: shown, path, query }, printed.writer);
    }
    return name;
  }

  /** Several modules use it. */
  isShared(constant: ConstantPlan): boolean {
    return this.#shared.has(constant);
  }

  constant(constant: ConstantPlan, writer: ModuleWriter): string {
    return this.isShared(constant) && writer.path !== "policies.js"
      ? writer.fromModule("policies.js", constant.name)
      : constant.name;
  }

  /** A config as a literal; `slots` are handed out in order. What is in `shared` becomes a constant of the module. */
  config(config: ConfigIr, slots: readonly number[], writer: ModuleWriter, shared?: SharedParts): JsValue {
    let next = 0;
    const visitor: ConfigVisitor<JsValue> = {
      startValue: (value) => (isNumber(value) ? this.number(value, writer) : this.startValue(value, writer)),
      slot: () => slots[next++]!,
      resource: (reference) => this.resource(reference, writer),
      expression: (expression) => new JsExpression(`(x) => ${printExpressionInto(expression, writer)}`),
      validator: (schema) => this.validator(schema, writer),
      make: ({ module, name }, made) => new JsCall(writer.fromRuntime(module, name), made as JsValue),
      place: (text) => text,
      runtimeFunction: ({ module, name }) => new JsExpression(writer.fromRuntime(module, name)),
      parameterReader: (reader) => new JsExpression(this.parameterReader(reader, writer)),
      part(part, key) {
        const print = (): string => {
          const value = mapConfig(part, visitor) as JsValue;
          return `${value instanceof JsExpression ? "/* @__PURE__ */ " : ""}${jsValue(value, key.length + 20)}`;
        };
        const name = shared?.name(part, key, print, writer);
        return name === undefined ? undefined : new JsExpression(name);
      },
    };
    return mapConfig(config, visitor) as JsValue;
  }
}

interface PrintedReaders {
  readonly writer: ParameterWriter;
  /** Names of the functions that read what several operations have in common, by what they read. */
  readonly common: Map<string, string>;
  /** Names of readers by their code. */
  readonly byText: Map<string, string>;
}

/** The code of a function without its name and without the comments that say where it came from. */
const bodyText = (lines: readonly MappedLine[], name: string): string =>
  lines
    .filter(({ text }) => !/^\/[/*]/.test(text))
    .map(({ text }) => (text.startsWith(`function ${name}(`) ? text.slice(name.length + 9) : text))
    .join("\n");

/** Equal where the same code reads what is outside of the path; undefined where there is nothing. */
function commonKey({ parameters, unknownQuery, knownQuery }: ParameterReaderIr): string | undefined {
  const others = parameters.filter((parameter) => parameter.in !== "path").map(({ origin: _, ...parameter }) => parameter);
  return others.length === 0 ? undefined : JSON.stringify([others, unknownQuery, knownQuery]);
}
