import type { ConfigIr, StartValueIr } from "../../ir/config.ts";
import { startValueKey, walkConfig } from "../../ir/config-nodes.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import { allResources, type ResourceIr, type Room, rooms } from "../../ir/resource.ts";
import { hasRole, type Role } from "../../ir/role.ts";
import { fallbackIn, usedServices } from "../../ir/used-services.ts";
import { jsIdentifier } from "../../text/js.ts";
import { innerNames } from "../../text/reserved-names.ts";
import { collectInstances, type Instance } from "./instances.ts";
import { freeName, instanceName, startValueName } from "./names.ts";
import type {
  ConstantPlan,
  EnvironmentPlan,
  ForwardPlan,
  HandedPlan,
  ModulePlan,
  OperationPlan,
  Plan,
  ResourcePlan,
} from "./plan.ts";
import { planRouteTree } from "./route-tree.ts";

/** Fourth phase: what goes into the bundle, shared where that keeps the meaning, and what everything is called. */
export function plan(ir: GatewayIr): Plan {
  const { all, chains } = collectInstances(ir);
  const taken = new Set(innerNames);
  const resources = planResources(ir, all, taken);

  const groups = groupOperations(ir);
  const groupOf = new Map(groups.flatMap((group, index) => group.members.map((member) => [member, index] as const)));
  const homes = new Map(all.map((instance) => [instance, homeOf(instance, groupOf)]));
  const constants = new Map<Instance, ConstantPlan>();
  const addConstant = (instance: Instance, onlyUser: string | undefined, names: Set<string>): ConstantPlan => {
    const { step, origins, slots } = instance;
    const constant = { name: instanceName(instance, onlyUser, names), step, origins, slots };
    constants.set(instance, constant);
    return constant;
  };
  const shared = all
    .filter((instance) => homes.get(instance) === undefined)
    .map((instance) => addConstant(instance, undefined, taken));
  const namespaces = new Set(taken);

  const modules = groups.map(({ path, name, members }, group): ModulePlan => {
    const names = new Set(taken);
    const operationNames = new Map(
      members.map((index) => {
        const { operationId } = ir.operations[index] ?? { operationId: "unmatched" };
        return [index, index === ir.operations.length ? "unmatched" : freeName(operationId, "operation", names)] as const;
      }),
    );
    const own = all.filter((instance) => homes.get(instance) === group);
    const local = own.map((instance) =>
      addConstant(instance, instance.users.length === 1 ? operationNames.get(instance.users[0]!) : undefined, names),
    );
    const forwards = new Map<string, ForwardPlan>();
    const operations = members.map((index): OperationPlan => {
      const operation = ir.operations[index];
      const steps = operation?.steps ?? ir.unmatched;
      return {
        name: operationNames.get(index)!,
        index,
        operation,
        calls: steps.map((step, position) => ({ step, constant: constants.get(chains[index]![position]!)! })),
        forward: planForward(operation, resources.services, forwards, names),
      };
    });
    return {
      path,
      namespace: jsIdentifier(`${name} operations`, namespaces),
      constants: local,
      forwards: [...forwards.values()],
      operations,
    };
  });

  return {
    environment: planEnvironment(ir, all, resources),
    resources,
    shared,
    modules: modules.slice(0, -1),
    unmatched: modules.at(-1)!,
    routes: planRouteTree(ir.operations, ir.routing),
    handed: planHanded(ir, resources, all, constants),
  };
}

/** Resources come before the policies that use them. */
function planHanded(
  ir: GatewayIr,
  resources: Plan["resources"],
  all: readonly Instance[],
  constants: ReadonlyMap<Instance, ConstantPlan>,
): Plan["handed"] {
  const holders = (role: Role): HandedPlan[] => [
    ...rooms.flatMap((room) =>
      resources[room].filter(({ resource }) => hasRole(resource, role)).map(({ name }) => ({ path: modulePath(room), name })),
    ),
    ...all
      .filter((instance) => instance.roles.has(role))
      .map((instance) => ({ path: "policies.js", name: constants.get(instance)!.name })),
  ];
  return {
    living: holders("living"),
    metrics: holders("metrics"),
    refusals: holders("refusals"),
    adminRoutes: ir.listeners.admin === undefined ? [] : holders("adminRoutes"),
    upgrades: [],
    keeps: [],
    packs: [],
  };
}

interface Group {
  readonly path: string;
  readonly name: string;
  readonly members: readonly number[];
}

/** One module for each API version, one for routes without a spec, and last the one for unmatched requests. */
function groupOperations(ir: GatewayIr): Group[] {
  const members = new Map<string, number[]>();
  for (const [index, { api, version }] of ir.operations.entries()) {
    const name = api === undefined ? "routes" : `${api}-${version ?? ""}`;
    const known = members.get(name);
    if (known === undefined) members.set(name, [index]);
    else known.push(index);
  }
  // File names that differ in case alone are one file on some systems.
  const stems = new Set(["unmatched"]);
  const groups = [...members].map(([name, indices]) => {
    const base = name.toLowerCase().replaceAll(/[^a-z0-9._-]/g, "-");
    let stem = base;
    for (let count = 2; stems.has(stem); count++) stem = `${base}-${count}`;
    stems.add(stem);
    return { path: `operations/${stem}.js`, name, members: indices };
  });
  return [...groups, { path: "operations/unmatched.js", name: "unmatched", members: [ir.operations.length] }];
}

/** The only group that uses the instance, or undefined where several do, or the gateway itself does. */
function homeOf(instance: Instance, groupOf: ReadonlyMap<number, number>): number | undefined {
  if (instance.roles.size > 0) return undefined;
  const groups = new Set(instance.users.map((user) => groupOf.get(user)));
  return groups.size === 1 ? [...groups][0] : undefined;
}

/** Resources that a step, an operation or another resource refers to; the latter stand before it. */
function planResources(ir: GatewayIr, all: readonly Instance[], taken: Set<string>): Plan["resources"] {
  const known = new Map(allResources(ir).map((one) => [`${one.room} ${one.name}`, one]));
  const used: { readonly [In in Room]: ResourceIr[] } = {
    geo: [],
    exporters: [],
    stores: [],
    experiments: [],
    credentials: [],
    caching: [],
    tls: [],
    zones: [],
    services: [],
    serviceStates: [],
    serviceCredentials: [],
    identity: [],
  };
  const entered = new Set<string>();
  const use = (room: Room, name: string): void => {
    const key = `${room} ${name}`;
    if (entered.has(key)) return;
    entered.add(key);
    const resource = known.get(key);
    if (resource === undefined) throw new Error(`no ${name} among ${room}`);
    useAllOf(resource.config);
    used[room].push(resource);
  };
  const useAllOf = (config: ConfigIr | undefined): void => walkConfig(config, { resource: ({ room, name }) => use(room, name) });
  const services = usedServices(ir.operations, fallbackIn(ir.services));
  for (const { name, states = [] } of ir.services) {
    if (!services.has(name)) continue;
    use("services", name);
    for (const one of states) use("serviceStates", one.name);
  }
  for (const { step } of all) useAllOf(step.config);
  // Expressions ask it by this name.
  if (ir.geo !== undefined) use("geo", ir.geo.name);
  // It refers to everything, and nothing to it.
  for (const { type, name } of ir.caching ?? []) if (type === "warm") use("caching", name);
  for (const listener of [ir.listeners.public, ir.listeners.admin]) useAllOf(listener?.config);
  const planned = (room: Room, nameOf: (name: string) => string): ResourcePlan[] =>
    used[room].map((resource) => ({ name: nameOf(resource.name), resource }));
  const words: Readonly<Record<string, string>> = { "listeners.public": "listener" };
  return {
    geo: planned("geo", (name) => jsIdentifier(name, taken)),
    exporters: planned("exporters", (name) => jsIdentifier(`${name} exporter`, taken)),
    tls: planned("tls", (name) => jsIdentifier(`${words[name] ?? name.replace(/^services\./, "")} tls`, taken)),
    zones: planned("zones", (name) => jsIdentifier(`${name} zones`, taken)),
    serviceStates: planned("serviceStates", (name) => jsIdentifier(`${name} states`, taken)),
    serviceCredentials: planned("serviceCredentials", (name) => jsIdentifier(`${name} credential`, taken)),
    services: planned("services", (name) => freeName(name, "service", taken)),
    identity: planned("identity", (name) => freeName(name, "scheme", taken)),
    experiments: planned("experiments", (name) => jsIdentifier(`${name} roll-out`, taken)),
    credentials: planned("credentials", (name) => jsIdentifier(`${name} credentials`, taken)),
    caching: planned("caching", (name) => jsIdentifier(name, taken)),
    stores: planned("stores", (name) => jsIdentifier(`${name} store`, taken)),
  };
}

/** One constant for all operations that are forwarded in the same way. */
function planForward(
  operation: OperationIr | undefined,
  services: readonly ResourcePlan[],
  known: Map<string, ForwardPlan>,
  names: Set<string>,
): ForwardPlan | undefined {
  if (operation?.forward.kind !== "forward") return undefined;
  const { forward } = operation;
  const { service: target, strip, prepend, responseTimeout, idleTimeout, keepsLocation, trailers, retry, hedge } = forward;
  const timeouts = [responseTimeout, idleTimeout].map((value) => (typeof value === "number" ? value : startValueKey(value)));
  const key = JSON.stringify([target, strip, prepend, timeouts, keepsLocation, trailers, retry, hedge]);
  let plan = known.get(key);
  if (plan === undefined) {
    const service = services.find(({ resource }) => resource.name === forward.service);
    if (service === undefined) throw new Error(`no service ${forward.service}`);
    plan = { name: jsIdentifier(`${forward.service} forward`, names), service, forward };
    known.set(key, plan);
  }
  return plan;
}

function planEnvironment(ir: GatewayIr, all: readonly Instance[], resources: Plan["resources"]): EnvironmentPlan[] {
  const found = new Map<string, EnvironmentPlan>();
  const names = new Set<string>();
  const add = (value: StartValueIr): null => {
    const key = `${value.kind} ${startValueKey(value)}`;
    if (!found.has(key)) found.set(key, { name: startValueName(value, names), value });
    return null;
  };
  const addFrom = (config: ConfigIr | undefined): void => walkConfig(config, { startValue: add });
  const addNumbers = (values: object = {}): void => {
    for (const value of Object.values(values)) if (typeof value === "object") add(value as StartValueIr);
  };
  for (const listener of [ir.listeners.public, ir.listeners.admin]) {
    addFrom(listener?.config);
  }
  for (const room of rooms) for (const { resource } of resources[room]) addFrom(resource.config);
  for (const { forward } of ir.operations)
    if (forward.kind === "forward") addNumbers({ response: forward.responseTimeout, idle: forward.idleTimeout });
  for (const { step } of all) addFrom(step.config);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `stores.js`. */
const modulePath = (room: Room): string => `${room}.js`;

export type { Plan } from "./plan.ts";
