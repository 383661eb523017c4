import type { SettingKind } from "../../ir/config.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { gatewayDigest } from "../../ir/gateway-digest.ts";
import { formatOrigin } from "../../ir/origin.ts";
import type { Room } from "../../ir/resource.ts";
import { hasRole, type Role, roles } from "../../ir/role.ts";
import { packageVersion } from "../../package-root.ts";
import { asSentConfig } from "../../routing/as-sent.ts";
import { assumedFields, unpathedApis } from "../../routing/deciding-fields.ts";
import { jsString } from "../../text/js.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { ConstantPlan, Plan } from "../4-plan/plan.ts";
import { type ModuleWriter, member } from "./module-writer.ts";
import type { Names } from "./names.ts";
import { handOver } from "./roles.ts";
import { SharedConfigs } from "./shared-configs.ts";
import { SharedParts } from "./shared-parts.ts";
import { writeConstant } from "./write-constant.ts";

/**
 * `environment.js`: what the gateway reads once, when it starts. It is there even where nothing is read, and comes before
 * all other modules: the call also sees to it that a start that fails ends in a message.
 */
export function writeEnvironment(plan: Plan, label: JsValue, writer: ModuleWriter): void {
  if (plan.environment.length === 0) {
    writer.line(`${writer.fromRuntime("process/environment", "beginStart")}(${jsValue(label, 12)});`);
    return;
  }
  writer.declare(["environment"]);
  const read = writer.fromRuntime("process/environment", "readEnvironment");
  writer.line(`export const environment = ${read}(${jsValue(label, 40)}, {`);
  writer.indented(() => {
    for (const { name, value } of plan.environment) {
      const at = formatOrigin(value.origin);
      const wanted: JsValue =
        value.kind === "secret"
          ? { secret: { ...value.from }, at }
          : { setting: value.template, ...(value.as === undefined ? {} : { as: kindValue(value.as, writer) }), at };
      writer.line(`${name}: ${jsValue(wanted, name.length + 4)},`, value.origin);
    }
  });
  writer.line("});");
}

/** Numbers are checked by what makes them, which only gateways that have such settings link. */
const kindValue = (kind: SettingKind, writer: ModuleWriter): JsValue =>
  kind === "port" || kind === "endpoint" ? kind : new JsExpression(writer.fromRuntime("process/number-settings", kind));

/** Where `gateway.yaml` has the resources of a room. */
const places: Readonly<Record<Room, (name: string) => string>> = {
  geo: (name) => name,
  exporters: (name) => `exporters.${name}`,
  stores: (name) => `stores.${name}`,
  experiments: (name) => `split ${name}`,
  credentials: (name) => `identity.${name}`,
  caching: (name) => `cache.${name}`,
  tls: (name) => `${name}.tls`,
  zones: (name) => `services.${name}.loadBalancer.failover`,
  services: (name) => `services.${name}`,
  serviceStates: (name) => `services.${name}`,
  serviceCredentials: (name) => `services.${name}.authenticate`,
  identity: (name) => `identity.schemes.${name}`,
};

/** `stores.js`, `services.js` and so on: one constant for each resource of the room that something uses. */
export function writeResources(room: Room, plan: Plan, names: Names, writer: ModuleWriter): void {
  writer.declare(plan.resources[room].map(({ name }) => name));
  for (const { name, resource } of plan.resources[room]) {
    const { factory, config, type, summary, origin } = resource;
    const about = summary === "" ? "" : `: ${type} ${summary}`;
    writer.comment(`${formatOrigin(origin)} ${places[room](resource.name)}${about}`);
    const make = writer.fromRuntime(factory.module, factory.name);
    writeConstant(name, make, names.config(config, [], writer), origin, true, writer);
  }
}

/** The instances of policies that a module declares. */
export function writePolicies(constants: readonly ConstantPlan[], isExported: boolean, names: Names, writer: ModuleWriter): void {
  const configs = new SharedConfigs(constants);
  const shared = new SharedParts(configs.different.map(({ step }) => step.config));
  for (const constant of constants) {
    const { step, origins, slots } = constant;
    const shown = origins.slice(0, 3).map(formatOrigin).join(", ");
    const more = origins.length > 3 ? ` and ${origins.length - 3} more` : "";
    const config = configs.value(constant, () => names.config(step.config, slots, writer, shared), writer);
    writer.comment(`${shown}${more} ${step.policy}${step.summary === "" ? "" : `: ${step.summary}`}`);
    writeConstant(
      constant.name,
      writer.fromRuntime(step.factory.module, step.factory.name),
      config,
      step.origin,
      isExported,
      writer,
    );
  }
}

/** `gateway.js`: what `run` gets. */
export function writeGateway(plan: Plan, ir: GatewayIr, names: Names, writer: ModuleWriter): void {
  writer.declare(["gateway"]);
  const operations = [...operationBindings(plan, writer)].sort(([a], [b]) => a - b);
  const services = plan.resources.services.map(({ name }) => writer.fromModule("services.js", name));
  const { public: open, admin } = ir.listeners;
  const listeners = {
    public: names.config(open.config, [], writer),
    admin: admin === undefined ? new JsExpression("undefined") : names.config(admin.config, [], writer),
  };
  const handed = (role: Role): string[] => plan.handed[role].map(({ path, name }) => writer.fromModule(path, name));
  writer.line("export const gateway = {");
  writer.indented(() => {
    const build = { version: packageVersion(), digest: gatewayDigest(ir), compatibility: ir.compatibility };
    writer.line(`name: ${jsString(ir.name)},`);
    writer.line(`pseudonym: ${jsString(`gatewright (${ir.name.slice(0, 63)} ${build.digest.slice(0, 12)})`)},`);
    writer.line(`listeners: ${jsValue(listeners, 14)},`);
    writer.line(
      `services: ${jsValue(
        services.map((text) => new JsExpression(text)),
        12,
      )},`,
    );
    writer.line(
      `operations: ${jsValue(
        operations.map(([, text]) => new JsExpression(text)),
        14,
      )},`,
    );
    writer.line(`${member("match", writer.fromModule("router.js", "match"))},`);
    writer.line(`${member("allow", writer.fromModule("router.js", "allow"))},`);
    writer.line(`${member("unmatched", writer.fromModule(plan.unmatched.path, "unmatched"))},`);
    if (admin !== undefined || plan.handed.metrics.length > 0) writer.line(`build: ${jsValue(build, 9)},`);
    for (const role of roles) {
      const line = handOver[role](handed(role));
      if (line !== undefined) writer.line(line);
    }
    const parts = partsOf(plan, ir, writer);
    writer.line(parts.length === 0 ? "parts: {}," : `parts: { ${parts.join(", ")} },`);
  });
  writer.line("};");
  const warmer = plan.resources.caching.find(({ resource }) => resource.type === "warm");
  if (warmer !== undefined) writer.line(`${writer.fromModule("caching.js", warmer.name)}.open(gateway);`);
}

/** How the modules of operations are imported, and what an operation is then called, by its index. */
export function operationBindings({ modules }: Plan, writer: ModuleWriter): ReadonlyMap<number, string> {
  return new Map(
    modules.flatMap(({ path, namespace, operations }) => {
      const local = writer.namespace(path, namespace);
      return operations.map(({ index, name }) => [index, `${local}.${name}`] as const);
    }),
  );
}

/** What ends exchanges with their credentials, where some can end. */
function credentialEnd({ resources }: Plan, ir: GatewayIr, writer: ModuleWriter): string | undefined {
  const revoked = resources.credentials.find(({ resource }) => resource.name === "revoked");
  const mayEnd = new Set(ir.schemes.filter(({ ends }) => ends === true).map(({ name }) => name));
  if (revoked === undefined && !resources.identity.some(({ resource }) => mayEnd.has(resource.name))) return undefined;
  const verifying = new Set(ir.schemes.filter(({ isUnverified }) => isUnverified !== true).map(({ name }) => name));
  const schemes = resources.identity
    .filter(({ resource }) => verifying.has(resource.name))
    .map(({ name, resource }) => ({ name: resource.name, scheme: new JsExpression(writer.fromModule("identity.js", name)) }));
  const config: JsValue = {
    schemes,
    ...(revoked === undefined ? {} : { revocations: new JsExpression(writer.fromModule("credentials.js", revoked.name)) }),
  };
  return `endCredentials: ${writer.fromRuntime("http/credential-end", "createCredentialEnd")}(${jsValue(config, 20)})`;
}

/** Names of what only some gateways need, imported where this one does. */
function partsOf(plan: Plan, ir: GatewayIr, writer: ModuleWriter): string[] {
  const { public: open, admin } = ir.listeners;
  const steps = [...ir.operations.flatMap((operation) => operation.steps), ...ir.unmatched];
  const parts: string[] = [];
  const add = (module: string, name: string): void => void parts.push(member(name, writer.fromRuntime(module, name)));
  if (plan.handed.living.length > 0) {
    add("life/household", "createHousehold");
    add("life/group/worker-group", "createGroup");
  }
  if (admin !== undefined) {
    add("admin/server", "createAdminServer");
    add("admin/answers", "createAnswers");
    add("process/worker-questions", "createWorkers");
  }
  if (open.speaksHttp2 === true || ir.services.some(({ protocol }) => protocol !== "http1"))
    add("http2/check-http2", "checkHttp2");
  if (ir.services.some(({ speaksGrpc }) => speaksGrpc === true)) {
    add("grpc/refusal", "grpcAnswer");
    add("grpc/refusal", "grpcTimeOver");
  }
  const ending = credentialEnd(plan, ir, writer);
  if (ending !== undefined) {
    parts.push(ending);
    if (steps.some((step) => hasRole(step, "upgrades"))) add("http1/frame-follower", "createFrameFollower");
  }
  if (open.forwardedCertificates !== undefined) {
    const make = writer.fromRuntime("http/forwarded-certificate", "createCertifiedPeerResolver");
    parts.push(`createPeerResolver: ${make}(${jsValue({ ...open.forwardedCertificates }, 20)})`);
  } else if (open.trustedProxies.length > 0) add("http/peer", "createPeerResolver");
  if (open.trustedProxies.length > 0 || steps.some(({ hooks }) => hooks.includes("upstreamRequest")))
    add("upstream/changed-request", "changedRequestText");
  if (steps.some(({ hooks }) => hooks.includes("preflight"))) add("http/preflight", "answerPreflight");
  if (ir.operations.some(({ forwardsOptions }) => forwardsOptions === true)) add("http/options", "forwardOptions");
  if (ir.routing.trailingSlash === "redirect") add("routing/trailing-slash", "declaredSpelling");
  const asSent = asSentConfig(ir);
  if (asSent !== undefined) {
    const make = writer.fromRuntime("http/as-sent", "createAsSentReader");
    const config: JsValue = { operations: asSent.operations.map((operation) => ({ ...operation })), guards: [...asSent.guards] };
    parts.push(`readAsSent: ${make}(${writer.fromModule("router.js", "match")}, ${jsValue(config, 20)})`);
  }
  const versioned = unpathedApis(ir);
  if (versioned.length > 0) {
    const make = writer.fromRuntime("routing/versions", "createVersionJudge");
    const apis: JsValue = versioned.map(({ versions, ...api }) => ({ ...api, versions: [...versions] }));
    const [match, allow] = [writer.fromModule("router.js", "match"), writer.fromModule("router.js", "allow")];
    parts.push(`judgeVersion: ${make}(${match}, ${allow}, ${jsValue(apis, 20)})`);
  }
  const assumed = assumedFields(ir);
  if (assumed.length > 0) {
    const make = writer.fromRuntime("routing/preflight-search", "createPreflightSearch");
    const lines: JsValue = assumed.map((fields) => [...fields]);
    parts.push(`findPreflight: ${make}(${writer.fromModule("router.js", "match")}, ${jsValue(lines, 20)})`);
  }
  if (steps.some(({ body }) => body === "begun" || body === "buffered" || body === "replaced"))
    add("http/body-reader", "createBodyReader");
  if (steps.some(({ requestBodies }) => requestBodies?.screened !== undefined)) add("http/screened-body", "createScreenedBody");
  return parts;
}
