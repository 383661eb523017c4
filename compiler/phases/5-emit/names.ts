import type { ConfigIr, StartValueIr } from "../../ir/config.ts";
import { mapConfig, startValueKey } from "../../ir/config-nodes.ts";
import { JsExpression, type JsValue } from "../../text/js-value.ts";
import type { ConstantPlan, ImportPlan, Plan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";

/** Where everything that modules refer to is declared; referring to it imports it. */
export class Names {
  readonly #startValues: ReadonlyMap<string, string>;
  readonly #schemes: ReadonlyMap<string, string>;
  readonly #imports: ReadonlyMap<string, ImportPlan>;
  readonly #shared: ReadonlySet<ConstantPlan>;

  constructor(plan: Plan) {
    this.#startValues = new Map(plan.environment.map(({ name, value }) => [`${value.kind} ${startValueKey(value)}`, name]));
    this.#schemes = new Map(plan.schemes.map(({ name, scheme }) => [scheme.name, name]));
    this.#imports = new Map(plan.imports.map((entry) => [`${entry.module} ${entry.imported}`, entry]));
    this.#shared = new Set(plan.shared);
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
    });
  }
}
