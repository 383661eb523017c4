import { build } from "esbuild";
import type { GatewayIr } from "../../../compiler/ir/gateway.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";
import { emittedModules } from "../../../compiler/phases/6-bundle/runtime-plugin.ts";
import type { Gateway } from "../../../runtime/gateway/gateway.ts";

/**
 * Emits a gateway and evaluates it against a run-time library that only writes down what is called. A policy's factory
 * makes an object whose hooks log `<config.name>.<hook>`, and whose request hook answers where `config.answers` says so.
 */
export async function evaluate(ir: GatewayIr): Promise<{ readonly gateway: Gateway; readonly log: unknown[] }> {
  const modules = emit(plan(ir), ir);
  const recorder = `
    const log = (globalThis.emitLog ??= []);
    const hook = (config, name) => (x) => { log.push(config.name + "." + name); return config.answers ?? false; };
    export const createPolicy = (config) => ({
      config,
      request: config.isAsync ? async (x) => { await null; return hook(config, "request")(x); } : hook(config, "request"),
      preflight: hook(config, "preflight"),
      upstreamRequest: hook(config, "upstreamRequest"),
      response: hook(config, "response"),
      done: hook(config, "done"),
    });
    export const createService = (config) => { log.push(config); return config; };
    export const readEnvironment = (gateway, wanted) => Object.fromEntries(Object.entries(wanted).map(([name, from]) => [name, from]));
    export const beginStart = () => {};
    export const createAdminServer = () => {};
    export const createAnswers = () => {};
    export const createWorkers = () => {};
    export const checkHttp2 = async () => {};
    export const createPeerResolver = () => {};
    export const createBodyReader = () => {};
    export const createScreenedBody = () => {};
    export const openWayBack = () => {};
    export const changedRequestText = () => {};
    export const answerPreflight = () => {};
    export const declaredSpelling = () => {};
    export const roundRobin = () => ({});
    export const asPort = (value) => ({ port: value });
    export const send = () => log.push("send");
    export const notFound = () => log.push("notFound");
    export const forward = (x, service, config) => log.push("forward to " + service.name + " " + JSON.stringify(config));
    export const forwardUpgrade = (x, service, config, grants) =>
      log.push("forward to " + service.name + " " + JSON.stringify(config) + " as " + grants.config.name + " grants");
    export const reportOnly = (x, policy) => log.push("report " + policy);
    export const run = (gateway) => { globalThis.emitted = { gateway, log }; };
    export const isUnder = () => false;
  `;
  const { outputFiles } = await build({
    entryPoints: ["gateway:main.js"],
    bundle: true,
    format: "esm",
    write: false,
    plugins: [
      {
        name: "recorder",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^gatewright\/runtime\// }, () => ({ path: "recorder", namespace: "recorder" }));
          onLoad({ filter: /.*/, namespace: "recorder" }, () => ({ contents: recorder }));
        },
      },
      emittedModules(() => modules),
    ],
  });
  const scope = globalThis as { emitted?: { gateway: Gateway; log: unknown[] }; emitLog?: unknown[] };
  scope.emitLog = [];
  await import(`data:text/javascript;base64,${Buffer.from(`${outputFiles[0]!.text}\n// ${Math.random()}`).toString("base64")}`);
  return scope.emitted!;
}
