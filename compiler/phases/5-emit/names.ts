import type { ConfigIr, NumberIr, StartValueIr } from "../../ir/config.ts";
import { type ConfigVisitor, isNumber, mapConfig, startValueKey } from "../../ir/config-nodes.ts";
import type { EmittedBy, EmittedIr } from "../../ir/emitted.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { ResourceRefIr, Room } from "../../ir/resource.ts";
import { JsCall, JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { ConstantPlan, Plan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { createPrinters, type Printers } from "./printers.ts";
import { nameValidators, type ValidatorName } from "./schemas/schema-names.ts";
import type { SharedParts } from "./shared-parts.ts";

/** Where everything that modules refer to is declared; referring to it imports it. */
export class Names {
  readonly #startValues: ReadonlyMap<string, string>;
  readonly #resources: Readonly<Record<Room, ReadonlyMap<string, string>>>;
  readonly #shared: ReadonlySet<ConstantPlan>;
  readonly #validators: ReadonlyMap<string, ValidatorName>;
  readonly #printers: Printers;
  /** Ids of the schemas whose validators some module imports. */
  readonly usedSchemas = new Set<string>();

  constructor(plan: Plan, ir: GatewayIr) {
    this.#validators = nameValidators(ir.schemas);
    this.#startValues = new Map(plan.environment.map(({ name, value }) => [`${value.kind} ${startValueKey(value)}`, name]));
    const namesIn = (room: Room): ReadonlyMap<string, string> =>
      new Map(plan.resources[room].map(({ name, resource }) => [resource.name, name]));
    this.#resources = {
      geo: namesIn("geo"),
      exporters: namesIn("exporters"),
      stores: namesIn("stores"),
      experiments: namesIn("experiments"),
      credentials: namesIn("credentials"),
      caching: namesIn("caching"),
      tls: namesIn("tls"),
      zones: namesIn("zones"),
      services: namesIn("services"),
      serviceStates: namesIn("serviceStates"),
      serviceCredentials: namesIn("serviceCredentials"),
      identity: namesIn("identity"),
    };
    this.#shared = new Set(plan.shared);
    this.#printers = createPrinters({ ir, validator: (schema, writer) => this.validator(schema, writer) });
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

  /** What stands in the place of the node; code that it needs is written to the module. */
  emitted<By extends EmittedBy>({ by, data }: EmittedIr<By>, writer: ModuleWriter): JsExpression {
    return this.#printers[by].print(data, writer);
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
      emitted: (node) => this.emitted(node, writer),
      make: ({ module, name }, made) => new JsCall(writer.fromRuntime(module, name), made as JsValue),
      place: (text) => text,
      runtimeFunction: ({ module, name }) => new JsExpression(writer.fromRuntime(module, name)),
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
