import type { ConfigIr } from "../../../compiler/ir/config.ts";
import type { GatewayIr } from "../../../compiler/ir/gateway.ts";
import type { StepIr } from "../../../compiler/ir/step.ts";
import { at, gatewayIr, operation, scheme, service, step } from "../emit/sample-ir.ts";

/** Steps over the real run-time library. */
export const requestId = step(
  "requestId",
  "policies/request-id",
  "createRequestId",
  { header: "X-Request-Id", trust: true },
  {
    hooks: ["request", "upstreamRequest", "response"],
    origin: at("gateway.yaml", 50),
  },
);

export const memoryStore: ConfigIr = {
  kind: "make",
  factory: { module: "stores/memory/memory-store", name: "createMemoryStore" },
  config: { name: "default", maxBytes: 1 },
};

export const rateLimit = (limit: number, facts: Partial<StepIr> = {}): StepIr =>
  step(
    "rateLimit",
    "policies/rate-limit",
    "createRateLimit",
    {
      store: memoryStore,
      rule: {
        id: "limit",
        law: {
          kind: "make",
          factory: { module: "limits/sliding-window", name: "createSlidingWindow" },
          config: { limit, window: 3_600_000 },
        },
        fields: { draft: { name: '"limit"', policy: `"limit";q=${limit};w=3600` }, x: null },
      },
      tiers: null,
      caller: { by: "operation" },
      cost: 1,
      bypass: null,
      maxKeys: 10,
      onStoreFailure: null,
      slot: { kind: "slot" },
    },
    { mayAnswer: true, hooks: ["request", "response"], instance: "orders", summary: `${limit}/h by operation`, ...facts },
  );

export const securityHeaders = (value: string): StepIr =>
  step(
    "securityHeaders",
    "policies/security-headers",
    "createSecurityHeaders",
    { fields: [{ name: "X-Frame-Options", value }], secureFields: [], remove: [], replace: true },
    { hooks: ["response"] },
  );

export const respond = (body: string): StepIr =>
  step(
    "respond",
    "policies/respond",
    "createRespond",
    { status: 200, headers: [], body },
    { mayAnswer: true, origin: at("gateway.yaml", 60) },
  );

const security = step(
  "security",
  "policies/security",
  "createSingleSecurity",
  { scheme: { kind: "resource", room: "identity", name: "partnerKey" } },
  {
    mayAnswer: true,
    hooks: ["request", "upstreamRequest"],
    summary: "partnerKey",
  },
);

const partnerKey = scheme("partnerKey", {
  name: "partnerKey",
  in: "header",
  parameter: "x-api-key",
  challenge: "ApiKey",
  forward: "none",
  consumers: [
    {
      subject: "acme",
      key: { kind: "secret", from: { env: "ACME_KEY" }, origin: at("gateway.yaml", 22) },
      roles: [],
      scopes: [],
    },
  ],
});

/** A gateway that forwards, authenticates, limits, reports and answers itself. `ORDERS_URL` and `ACME_KEY` are read at start. */
export function sampleGateway(facts: Partial<GatewayIr> = {}): GatewayIr {
  return gatewayIr({
    services: [service("orders", { kind: "setting", template: "${env:ORDERS_URL}", origin: at("gateway.yaml", 31) })],
    schemes: [partnerKey],
    operations: [
      operation("GET", "/v1/orders", "listOrders", {
        steps: [requestId, securityHeaders("DENY")],
        forward: {
          kind: "forward",
          service: "orders",
          strip: 3,
          prepend: "/api",
          responseTimeout: 0,
          idleTimeout: 300_000,
          options: [],
        },
      }),
      operation("POST", "/v1/orders", "createOrder", { steps: [requestId, security, rateLimit(1), securityHeaders("DENY")] }),
      operation("PUT", "/v1/orders/{id}", "putOrder", { steps: [security, rateLimit(1, { mode: "report", instance: "put" })] }),
      operation("GET", "/hello", "hello", {
        steps: [respond("hello"), securityHeaders("DENY")],
        forward: { kind: "terminal", policy: "respond" },
      }),
    ],
    unmatched: [requestId],
    ...facts,
  });
}
