import { setOwn } from "../text/own.ts";
import type { ConfigIr, MakeIr, NumberSettingIr, PlaceIr, RuntimeFunctionIr, SlotIr, StartValueIr } from "./config.ts";
import { type EmittedBy, type EmittedData, type EmittedIr, emittedKey } from "./emitted.ts";
import { formatOrigin } from "./origin.ts";
import type { ResourceRefIr } from "./resource.ts";

/** A config with every node that is no plain data replaced by what `visit` makes of it, in the order of their places. */
export interface ConfigVisitor<T> {
  startValue(value: StartValueIr): T;
  slot(): T;
  resource(reference: ResourceRefIr): T;
  emitted(node: EmittedIr): T;
  /** `config` was visited already. */
  make(factory: MakeIr["factory"], config: Mapped<T>): T;
  runtimeFunction(reference: RuntimeFunctionIr): T;
  place(text: string): T;
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
    if (isEmitted(config)) return visitor.emitted(config);
    if (isMake(config)) return visitor.make(config.factory, mapConfig(config.config, visitor));
    if (isRuntimeFunction(config)) return visitor.runtimeFunction(config);
    if (isPlace(config)) return visitor.place(placeText(config));
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
    if (isEmitted(config)) return void visitor.emitted?.(config);
    if (isMake(config)) {
      walkConfig(config.config, visitor);
      return void visitor.make?.(config.factory, undefined);
    }
    if (isRuntimeFunction(config)) return void visitor.runtimeFunction?.(config);
    if (isPlace(config)) return void visitor.place?.(placeText(config));
  }
  for (const key of Object.keys(config)) walkConfig((config as { readonly [key: string]: ConfigIr })[key], visitor);
}

/** What one of those who make code is given in a config, in the order of its places. */
export function emittedIn<By extends EmittedBy>(config: ConfigIr | undefined, by: By): readonly EmittedData[By][] {
  const found: EmittedData[By][] = [];
  walkConfig(config, {
    emitted(node) {
      // Of that member of the union, whose data is of that type.
      if (node.by === by) found.push(node.data as EmittedData[By]);
    },
  });
  return found;
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
      emitted: (node) => ({ "\u0000emitted": [node.by, emittedKey(node)] }),
      runtimeFunction: ({ module, name }) => ({ "\u0000function": [module, name] }),
      place: (text) => ({ "\u0000place": text }),
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

export const isEmitted = (config: ConfigPart): config is EmittedIr =>
  "kind" in config && config.kind === "emitted" && "by" in config && "data" in config && Object.keys(config).length === 3;

export const isMake = (config: ConfigPart): config is ConfigIr & MakeIr =>
  "kind" in config && config.kind === "make" && "factory" in config;

const isPlace = (config: ConfigPart): config is PlaceIr =>
  "kind" in config && config.kind === "place" && "origin" in config && "text" in config;

const placeText = ({ origin, text }: PlaceIr): string => `${formatOrigin(origin)}${text}`;

const isRuntimeFunction = (config: ConfigPart): config is RuntimeFunctionIr =>
  "kind" in config && config.kind === "runtimeFunction" && "module" in config && Object.keys(config).length === 3;
