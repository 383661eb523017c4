import type { GatewayIr } from "../../ir/gateway.ts";
import { formatOrigin, type Origin } from "../../ir/origin.ts";
import { jsString } from "../../text/js.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { ConstantPlan, Plan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";

/**
 * `environment.js`: what the gateway reads once, when it starts. It is there even where nothing is read, and comes before
 * all other modules: the call also sees to it that a start that fails ends in a message.
 */
export function writeEnvironment(plan: Plan, label: JsValue, writer: ModuleWriter): void {
  const read = writer.fromRuntime("process/environment", "readEnvironment");
  if (plan.environment.length === 0) {
    writer.line(`export const environment = ${read}(${jsValue(label, 40)}, {});`);
    return;
  }
  writer.line(`export const environment = ${read}(${jsValue(label, 40)}, {`);
  writer.indented(() => {
    for (const { name, value } of plan.environment) {
      const at = formatOrigin(value.origin);
      const wanted: JsValue =
        value.kind === "secret"
          ? { secret: { ...value.from }, at }
          : { setting: value.template, ...(value.as === undefined ? {} : { as: value.as }), at };
      writer.line(`${name}: ${jsValue(wanted, name.length + 4)},`, value.origin);
    }
  });
  writer.line("});");
}

/** `services.js`: one constant for each service that some operation forwards to. */
export function writeServices(plan: Plan, names: Names, writer: ModuleWriter): void {
  for (const { name, service } of plan.services) {
    writer.comment(`${formatOrigin(service.origin)} services.${service.name}`);
    const config: JsValue = {
      name: service.name,
      endpoints: service.endpoints.map(({ url, weight }) => ({
        url: typeof url === "string" ? url : names.startValue(url, writer),
        weight,
      })),
      loadBalancer: { ...service.loadBalancer },
      timeout: { ...service.timeout },
      required: service.required,
    };
    writeConstant(name, writer.fromRuntime("upstream/service", "createService"), config, service.origin, true, writer);
  }
}

/** `identity.js`: one constant for each security scheme that some operation asks for. */
export function writeSchemes(plan: Plan, names: Names, writer: ModuleWriter): void {
  for (const { name, scheme } of plan.schemes) {
    writer.comment(`${formatOrigin(scheme.origin)} identity.schemes.${scheme.name}: ${scheme.provider} ${scheme.summary}`);
    writeConstant(
      name,
      names.factory(scheme.factory, writer),
      names.config(scheme.config, [], writer),
      scheme.origin,
      true,
      writer,
    );
  }
}

/** The instances of policies that a module declares. */
export function writePolicies(constants: readonly ConstantPlan[], isExported: boolean, names: Names, writer: ModuleWriter): void {
  for (const constant of constants) {
    const { step, origins, slots } = constant;
    const shown = origins.slice(0, 3).map(formatOrigin).join(", ");
    const more = origins.length > 3 ? ` and ${origins.length - 3} more` : "";
    const config = names.config(step.config, slots, writer);
    writer.comment(`${shown}${more} ${step.policy}${step.summary === "" ? "" : `: ${step.summary}`}`);
    writeConstant(constant.name, names.factory(step.factory, writer), config, step.origin, isExported, writer);
  }
}

function writeConstant(
  name: string,
  factory: string,
  config: JsValue,
  origin: Origin,
  isExported: boolean,
  writer: ModuleWriter,
): void {
  const call = `${isExported ? "export " : ""}const ${name} = /* @__PURE__ */ ${factory}(`;
  writer.line(`${call}${jsValue(config, call.length + 2)});`, origin);
  writer.line();
}

/** `gateway.js`: what `run` gets. */
export function writeGateway(plan: Plan, ir: GatewayIr, listeners: JsValue, names: Names, writer: ModuleWriter): void {
  const operations = plan.modules
    .flatMap((module) => module.operations.map(({ index, name }) => ({ index, text: `${module.namespace}.${name}` })))
    .sort((a, b) => a.index - b.index);
  for (const module of plan.modules) writer.fromModule(module.path, "*", module.namespace);
  const services = plan.services.map(({ name }) => writer.fromModule("services.js", name));
  const metrics = plan.metrics.map((constant) => names.constant(constant, writer));
  writer.line("export const gateway = {");
  writer.indented(() => {
    writer.line(`name: ${jsString(ir.name)},`);
    writer.line(`listeners: ${jsValue(listeners, 14)},`);
    writer.line(
      `services: ${jsValue(
        services.map((text) => new JsExpression(text)),
        12,
      )},`,
    );
    writer.line(
      `operations: ${jsValue(
        operations.map(({ text }) => new JsExpression(text)),
        14,
      )},`,
    );
    writer.line(`${writer.fromModule("router.js", "match")},`);
    writer.line(`${writer.fromModule("router.js", "allow")},`);
    writer.line(`${writer.fromModule(plan.unmatched.path, "unmatched")},`);
    writer.line(`trailingSlash: ${jsString(ir.routing.trailingSlash)},`);
    writer.line(metricsLine(metrics));
  });
  writer.line("};");
}

function metricsLine(metrics: readonly string[]): string {
  if (metrics[0] === "metrics" && metrics.length === 1) return "metrics,";
  if (metrics.length < 2) return `metrics: ${metrics[0] ?? "undefined"},`;
  const [first, ...others] = metrics;
  const collected = [`...${first}.collect(load, services)`, ...others.map((name) => `...${name}.collect()`)].join(", ");
  return `metrics: { collect: (load, services) => [${collected}], sums: () => ${first}.sums() },`;
}
