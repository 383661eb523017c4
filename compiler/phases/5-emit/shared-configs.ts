import { configKey } from "../../ir/config-nodes.ts";
import type { JsValue } from "../../text/js-value.ts";
import { JsExpression, jsValue } from "../../text/js-value.ts";
import type { ConstantPlan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";

/** Instances of a policy that keep state apart often have equal configs. Nobody changes a config, so it can be one constant. */
export class SharedConfigs {
  /** Constants with an equal config, by one of them. */
  readonly #users = new Map<ConstantPlan, readonly ConstantPlan[]>();
  readonly #names = new Map<readonly ConstantPlan[], string>();
  /** One of each group, and all that are in none. */
  readonly different: readonly ConstantPlan[];

  constructor(constants: readonly ConstantPlan[]) {
    const byConfig = new Map<string, ConstantPlan[]>();
    for (const constant of constants) {
      const { step, slots } = constant;
      // Without a state of its own, equal instances are one already.
      if (step.instance === "") continue;
      const key = `${step.factory.module} ${step.factory.name} ${slots.join(" ")} ${configKey(step.config)}`;
      const equal = byConfig.get(key);
      if (equal === undefined) byConfig.set(key, [constant]);
      else equal.push(constant);
    }
    for (const equal of byConfig.values()) if (equal.length > 1) for (const one of equal) this.#users.set(one, equal);
    this.different = constants.filter((constant) => (this.#users.get(constant)?.[0] ?? constant) === constant);
  }

  /** The config of a constant: `print` gives it, unless others have the same. */
  value(constant: ConstantPlan, print: () => JsValue, writer: ModuleWriter): JsValue {
    const users = this.#users.get(constant);
    if (users === undefined) return print();
    let name = this.#names.get(users);
    if (name === undefined) {
      const text = jsValue(print(), constant.step.policy.length + 20);
      this.#names.set(users, (name = writer.name(`${constant.step.policy} config`)));
      writer.comment(`Of ${users.length} instances below`);
      for (const line of `const ${name} = ${text};`.split("\n")) writer.line(line);
      writer.line();
    }
    return new JsExpression(name);
  }
}
