import type { StartValueIr } from "../../ir/config.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
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
  for (const { name, of } of plan.tls) {
    const { origin } = of?.resource ?? listeners.public;
    const who = of === undefined ? "listeners.public" : `services.${of.resource.name}`;
    writer.comment(`${formatOrigin(origin)} ${who}.tls`);
    const { module, name: factory } = of?.made.factory ?? { module: "listener/tls", name: "createTls" };
    const config =
      of?.made.config === undefined
        ? listenerConfig(listeners.public.tls!, names, writer)
        : names.config(of.made.config, [], writer);
    writeConstant(name, writer.fromRuntime(module, factory), config, origin, true, writer);
  }
}

/** That of the public listener, which speaks TLS. */
export const listenerTls = ({ tls }: Plan, writer: ModuleWriter): JsValue =>
  new JsExpression(writer.fromModule("tls.js", tls.find(({ of }) => of === undefined)!.name));

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

/** Those that come from files are followed; what the environment holds cannot change. */
function filesOf(values: Readonly<Record<string, StartValueIr>>, writer: ModuleWriter): JsValue {
  const paths = Object.entries(values).flatMap(([name, value]) =>
    value.kind === "secret" && "file" in value.from ? [[name, value.from.file]] : [],
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
