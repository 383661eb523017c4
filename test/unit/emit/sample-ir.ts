import type { ConfigIr } from "../../../compiler/ir/config.ts";
import { freeze } from "../../../compiler/ir/freeze.ts";
import { type GatewayIr, irVersion, type OperationIr, type SchemeIr, type ServiceIr } from "../../../compiler/ir/gateway.ts";
import type { ListenerIr } from "../../../compiler/ir/listener.ts";
import type { Origin } from "../../../compiler/ir/origin.ts";
import type { Segment } from "../../../compiler/ir/route.ts";
import type { StepIr } from "../../../compiler/ir/step.ts";

/** IR by hand: what phases 4 to 6 are given in these tests. */

export const at = (file: string, line: number, column = 1): Origin => ({
  file,
  start: line * 100,
  end: line * 100 + 1,
  line,
  column,
});

export function step(policy: string, module: string, factory: string, config: ConfigIr, facts: Partial<StepIr>): StepIr {
  return {
    kind: "step",
    policy,
    stage: "admit",
    factory: { module, name: factory },
    config,
    hooks: ["request"],
    mayAnswer: false,
    async: false,
    body: "untouched",
    mode: "enforce",
    instance: "",
    requires: [],
    provides: [],
    summary: "",
    options: [],
    origin: at("policies.yaml", 16, 5),
    ...facts,
  };
}

/** A template with literal and whole-segment parameters. */
const segments = (template: string): Segment[] =>
  template
    .slice(1)
    .split("/")
    .map((text) => (text.startsWith("{") ? { kind: "parameter", name: text.slice(1, -1) } : { kind: "literal", text }));

export function operation(method: string, template: string, operationId: string, facts: Partial<OperationIr> = {}): OperationIr {
  const origin = at("orders/v1/openapi.yaml", 40);
  return {
    kind: "operation",
    id: `orders.v1.${operationId}`,
    operationId,
    api: "orders",
    version: "v1",
    tags: [],
    match: { method, path: { segments: segments(template), template }, hosts: [], headers: [], query: [], origin },
    access: { kind: "public", reason: "test", optional: [], origin },
    steps: [],
    forward: { kind: "forward", service: "orders", strip: 0, prepend: "", responseTimeout: 0, idleTimeout: 300_000, options: [] },
    origin,
    ...facts,
  };
}

export const service = (name: string, url: ServiceIr["endpoints"][number]["url"]): ServiceIr => ({
  kind: "resource",
  room: "services",
  type: "service",
  name,
  factory: { module: "upstream/service", name: "createService" },
  config: {
    name,
    endpoints: [{ url, weight: 1 }],
    timeout: { connect: 1000, response: 5000 },
    connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
    required: false,
  },
  endpoints: [{ url, weight: 1, origin: at("gateway.yaml", 30) }],
  protocol: "http1",
  summary: "",
  origin: at("gateway.yaml", 29),
});

export const scheme = (name: string, config: ConfigIr): SchemeIr => ({
  kind: "resource",
  room: "identity",
  type: "apiKey",
  name,
  factory: { module: "identity/api-key/static-keys", name: "createStaticKeys" },
  config,
  async: false,
  challenge: "ApiKey",
  summary: "",
  origin: at("gateway.yaml", 20),
});

/** What others ask of the address is what its config says of it. */
export const listener = (
  name: ListenerIr["name"],
  config: Pick<ListenerIr, "host" | "port" | "trustedProxies"> & { readonly [key: string]: ConfigIr | undefined },
  facts: Partial<ListenerIr> = {},
): ListenerIr => ({
  kind: "resource",
  room: "listeners",
  type: name,
  name,
  config,
  ...(config.host === undefined ? {} : { host: config.host }),
  ...(config.port === undefined ? {} : { port: config.port }),
  trustedProxies: config.trustedProxies,
  summary: "",
  origin: at("gateway.yaml", 3),
  ...facts,
});

export function gatewayIr(facts: Partial<GatewayIr>): GatewayIr {
  return freeze({
    irVersion,
    name: "shop",
    compatibility: "2026-12-01",
    sources: [{ file: "gateway.yaml", sha256: "0" }],
    listeners: {
      public: listener("public", { host: "127.0.0.1", port: 0, trustedProxies: [] }),
    },
    routing: { trailingSlash: "strict" },
    apis: [],
    stores: [],
    services: [],
    schemes: [],
    schemas: [],
    operations: [],
    unmatched: [],
    ...facts,
  });
}
