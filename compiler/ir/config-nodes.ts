import { setOwn } from "../text/own.ts";
import type { ConfigIr, MakeIr, NumberSettingIr, RuntimeFunctionIr, SlotIr, StartValueIr } from "./config.ts";
import type { ExpressionIr } from "./expression.ts";
import { type ParameterReaderIr, readerKey } from "./parameter.ts";
import type { ResourceRefIr } from "./resource.ts";
import { isValidator } from "./schema.ts";

/** A config with every node that is no plain data replaced by what `visit` makes of it, in the order of their places. */
export interface ConfigVisitor<T> {
  startValue(value: StartValueIr): T;
  slot(): T;
  resource(reference: ResourceRefIr): T;
  expression(expression: ExpressionIr): T;
  validator(schema: string): T;
  parameterReader(reader: ParameterReaderIr): T;
  /** `config` was visited already. */
  make(factory: MakeIr["factory"], config: Mapped<T>): T;
  runtimeFunction(reference: RuntimeFunctionIr): T;
  /** Asked first of each list, object and `make` below a key; undefined where it is to be visited like any other. */
  part?(config: ConfigPart, key: string): T | undefined;
}

/** A part of a config that has parts of its own. */
export type ConfigPart = Exclude<ConfigIr, string | number | boolean | null>;

export type Mapped<T> =
  | T
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Mapped<T>[]
  | { readonly [key: string]: Mapped<T> };

/** @param key of the config, or of the list that it stands in */
export function mapConfig<T>(config: ConfigIr | undefined, visitor: ConfigVisitor<T>, key?: string): Mapped<T> {
  if (typeof config !== "object" || config === null) return config;
  const known = key === undefined ? undefined : visitor.part?.(config, key);
  if (known !== undefined) return known;
  if (isList(config)) return config.map((item) => mapConfig(item, visitor, key));
  if ("kind" in config) {
    if (isStartValue(config)) return visitor.startValue(config);
    if (isSlot(config)) return visitor.slot();
    if (isResourceRef(config)) return visitor.resource(config);
    if (isExpression(config)) return visitor.expression(config);
    if (isMake(config)) return visitor.make(config.factory, mapConfig(config.config, visitor));
    if (isRuntimeFunction(config)) return visitor.runtimeFunction(config);
    if (isParameterReader(config)) return visitor.parameterReader(config);
    if (isValidator(config)) return visitor.validator(config.schema);
  }
  const mapped: { [key: string]: Mapped<T> } = {};
  for (const key of Object.keys(config)) {
    const value = mapConfig((config as { readonly [key: string]: ConfigIr })[key], visitor, key);
    setOwn(mapped, key, value);
  }
  return mapped;
}

/** Shows a config's nodes to those who look for some kinds of them, in the order of their places. Makes nothing. */
export function walkConfig(config: ConfigIr | undefined, visitor: Partial<ConfigVisitor<unknown>>): void {
  if (typeof config !== "object" || config === null) return;
  if (isList(config)) {
    for (const item of config) walkConfig(item, visitor);
    return;
  }
  if ("kind" in config) {
    if (isStartValue(config)) return void visitor.startValue?.(config);
    if (isSlot(config)) return void visitor.slot?.();
    if (isResourceRef(config)) return void visitor.resource?.(config);
    if (isExpression(config)) return void visitor.expression?.(config);
    if (isMake(config)) {
      walkConfig(config.config, visitor);
      return void visitor.make?.(config.factory, undefined);
    }
    if (isRuntimeFunction(config)) return void visitor.runtimeFunction?.(config);
    if (isParameterReader(config)) return void visitor.parameterReader?.(config);
    if (isValidator(config)) return void visitor.validator?.(config.schema);
  }
  for (const key of Object.keys(config)) walkConfig((config as { readonly [key: string]: ConfigIr })[key], visitor);
}

/** A setting that becomes a number. */
export const isNumber = (value: StartValueIr): value is NumberSettingIr =>
  value.kind === "setting" && value.as !== undefined && value.as !== "endpoint";

/** The identity of a start value: where it is written does not matter. */
export const startValueKey = (value: StartValueIr): string =>
  JSON.stringify(value.kind === "secret" ? value.from : value.template);

/** Text that is equal for configs that mean the same. */
export function configKey(config: ConfigIr): string {
  return JSON.stringify(
    mapConfig<unknown>(config, {
      startValue: (value) => ({ "\u0000start": `${value.kind} ${startValueKey(value)}` }),
      slot: () => ({ "\u0000slot": "" }),
      resource: ({ room, name }) => ({ "\u0000resource": [room, name] }),
      expression: ({ root, inPath, inQuery, inHeaders }) => ({
        "\u0000expression": JSON.stringify([root, inPath, inQuery, inHeaders]),
      }),
      validator: (schema) => ({ "\u0000validator": schema }),
      parameterReader: (reader) => ({ "\u0000parameters": readerKey(reader) }),
      runtimeFunction: ({ module, name }) => ({ "\u0000function": [module, name] }),
      make: (factory, made) => ({ "\u0000make": [factory.module, factory.name, made] }),
    }),
  );
}

export function countSlots(config: ConfigIr): number {
  let count = 0;
  walkConfig(config, { slot: () => ++count });
  return count;
}

export const isList = (config: ConfigPart): config is readonly ConfigIr[] => Array.isArray(config);

/** Exact shapes, so that user data with a key `kind` is not taken for a node. */
function isStartValue(config: ConfigPart): config is StartValueIr {
  if (!("kind" in config) || !("origin" in config)) return false;
  return (config.kind === "secret" && "from" in config) || (config.kind === "setting" && "template" in config);
}

const isSlot = (config: ConfigPart): config is SlotIr =>
  "kind" in config && config.kind === "slot" && Object.keys(config).length === 1;

const isResourceRef = (config: ConfigPart): config is ResourceRefIr =>
  "kind" in config && config.kind === "resource" && "room" in config && "name" in config && Object.keys(config).length === 3;

const isExpression = (config: ConfigPart): config is ConfigIr & ExpressionIr =>
  "kind" in config && config.kind === "expression" && "root" in config && "reads" in config;

const isParameterReader = (config: ConfigPart): config is ConfigIr & ParameterReaderIr =>
  "kind" in config && config.kind === "parameterReader" && "parameters" in config && "path" in config;

export const isMake = (config: ConfigPart): config is ConfigIr & MakeIr =>
  "kind" in config && config.kind === "make" && "factory" in config;

const isRuntimeFunction = (config: ConfigPart): config is RuntimeFunctionIr =>
  "kind" in config && config.kind === "runtimeFunction" && "module" in config && Object.keys(config).length === 3;
