import type { StartValueIr } from "../../ir/config.ts";
import type { GatewayIr, ServiceIr } from "../../ir/gateway.ts";
import type { TlsIr } from "../../ir/listener.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import type { Plan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";
import { writeConstant } from "./write-constant.ts";

/** `tls.js`: one constant for each side that has certificates of its own. */
export function writeTls(plan: Plan, { listeners }: GatewayIr, names: Names, writer: ModuleWriter): void {
  writer.declare(plan.tls.map(({ name }) => name));
  for (const { name, service } of plan.tls) {
    const { origin } = service ?? listeners.public;
    const who = service === undefined ? "listeners.public" : `services.${service.name}`;
    writer.comment(`${formatOrigin(origin)} ${who}.tls`);
    const make = writer.fromRuntime(service === undefined ? "listener/tls" : "upstream/tls", "createTls");
    const config =
      service === undefined ? listenerConfig(listeners.public.tls!, names, writer) : serviceConfig(service, names, writer);
    writeConstant(name, make, config, origin, true, writer);
  }
}

/** That of the public listener, which speaks TLS. */
export const listenerTls = ({ tls }: Plan, writer: ModuleWriter): JsValue =>
  new JsExpression(writer.fromModule("tls.js", tls.find(({ service }) => service === undefined)!.name));

/** How connections to a service are secured; undefined where they are not. */
export function serviceTls(service: ServiceIr, { tls }: Plan, names: Names, writer: ModuleWriter): JsValue {
  if (service.tls === undefined) return undefined;
  const own = tls.find((one) => one.service === service);
  if (own !== undefined) return new JsExpression(writer.fromModule("tls.js", own.name));
  const make = writer.fromRuntime("upstream/tls", "createTls");
  return new JsExpression(`${make}(${jsValue(serviceConfig(service, names, writer), 0, 2)})`);
}

const listenerConfig = ({ minVersion, ticketRotation, certificates }: TlsIr, names: Names, writer: ModuleWriter): JsValue => ({
  minVersion,
  ticketRotation,
  certificates: certificates.map(({ certificate, key, serverNames, origin }) => ({
    certificate: names.startValue(certificate, writer),
    key: names.startValue(key, writer),
    serverNames: [...serverNames],
    at: formatOrigin(origin),
    certificateFrom: sourceOf(certificate),
    keyFrom: sourceOf(key),
    files: filesOf({ certificate, key }, writer),
  })),
});

function serviceConfig({ name, tls, protocol }: ServiceIr, names: Names, writer: ModuleWriter): JsValue {
  const { ca, certificate, key, serverName } = tls!;
  const source = (secret: StartValueIr | undefined): JsValue =>
    secret === undefined
      ? undefined
      : { pem: names.startValue(secret, writer), from: `${formatOrigin(secret.origin)} ${sourceOf(secret)}` };
  return {
    service: name,
    ca: source(ca),
    certificate: source(certificate),
    key: source(key),
    serverName,
    protocol: protocol === "http2" ? "h2" : "http/1.1",
    files: filesOf({ ca, certificate, key }, writer),
  };
}

/** Those that come from files are followed; what the environment holds cannot change. */
function filesOf(values: Readonly<Record<string, StartValueIr | undefined>>, writer: ModuleWriter): JsValue {
  const paths = Object.entries(values).flatMap(([name, value]) =>
    value?.kind === "secret" && "file" in value.from ? [[name, value.from.file]] : [],
  );
  if (paths.length === 0) return undefined;
  const make = writer.fromRuntime("files/pem-files", "createPemFiles");
  return new JsExpression(`${make}(${jsValue(Object.fromEntries(paths) as { readonly [name: string]: string }, 60, 6)})`);
}

/** As messages of the start name it. */
function sourceOf(value: StartValueIr): string {
  if (value.kind === "setting") return value.template;
  return "env" in value.from ? `environment variable ${value.from.env}` : `file ${value.from.file}`;
}
