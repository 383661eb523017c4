import { describe, expect, it } from "vitest";
import type { ConfigIr } from "../../../compiler/ir/config.ts";
import type { StepIr } from "../../../compiler/ir/step.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { at, gatewayIr, operation, scheme, service, step } from "./sample-ir.ts";

const limit = (config: ConfigIr, facts: Partial<StepIr> = {}): StepIr =>
  step("rateLimit", "policies/rate-limit", "createTokenBucketLimit", config, {
    mayAnswer: true,
    hooks: ["request", "response"],
    ...facts,
  });
const slotted = { limit: 20, slot: { kind: "slot" } } as const;
const services = [service("orders", "http://127.0.0.1:1")];

describe("plan", () => {
  it("shares a constant where factory, config and instance are equal, wherever it was written", () => {
    const headers = (line: number) =>
      step("securityHeaders", "policies/security-headers", "create", { a: 1 }, { origin: at("gateway.yaml", line) });
    const operations = [
      operation("GET", "/a", "a", { steps: [headers(3)] }),
      operation("GET", "/b", "b", { steps: [headers(4)] }),
    ];
    const { modules } = plan(gatewayIr({ services, operations }));
    expect(modules[0]!.constants.map(({ name, origins }) => [name, origins.map(({ line }) => line)])).toEqual([
      ["securityHeaders", [3, 4]],
    ]);
  });

  it("keeps instances apart that do not share their state", () => {
    const operations = ["a", "b"].map((id) => operation("GET", `/${id}`, id, { steps: [limit(slotted, { instance: id })] }));
    const { modules } = plan(gatewayIr({ services, operations }));
    expect(modules[0]!.constants.map(({ name }) => name)).toEqual(["aRateLimit", "bRateLimit"]);
  });

  it("makes two instances of equal steps in one chain, so that they do not keep state in one slot", () => {
    const operations = [operation("GET", "/a", "a", { steps: [limit(slotted), limit(slotted)] })];
    const { modules } = plan(gatewayIr({ services, operations }));
    expect(modules[0]!.constants.map(({ slots }) => slots)).toEqual([[0], [1]]);
    expect(new Set(modules[0]!.operations[0]!.calls.map(({ constant }) => constant)).size).toBe(2);
  });

  it("numbers slots so that every instance of a chain has its own, and a shared one the same everywhere", () => {
    const metrics = step("metrics", "policies/metrics", "createMetrics", { slot: { kind: "slot" } }, { instance: "gateway" });
    const operations = [
      operation("GET", "/a", "a", { steps: [limit(slotted, { instance: "a" })] }),
      operation("GET", "/b", "b", { steps: [limit(slotted, { instance: "b" }), metrics] }),
      operation("GET", "/c", "c", { steps: [metrics, limit(slotted, { instance: "a" }), limit({ ...slotted, limit: 5 })] }),
    ];
    const chains = plan(gatewayIr({ services, operations })).modules[0]!.operations;
    for (const { calls } of chains) {
      const numbers = calls.flatMap(({ constant }) => constant.slots);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    expect(chains[1]!.calls[1]!.constant).toBe(chains[2]!.calls[0]!.constant);
    expect(Math.max(...chains.flatMap(({ calls }) => calls.flatMap(({ constant }) => constant.slots)))).toBeLessThan(3);
  });

  it("declares a constant in the module that uses it, and in the shared one where several do", () => {
    const headers = step("securityHeaders", "policies/security-headers", "create", {}, {});
    const own = step("headers", "policies/headers", "create", {}, {});
    const operations = [
      operation("GET", "/v1/a", "a", { steps: [headers, own] }),
      operation("GET", "/v2/a", "a", { steps: [headers], version: "v2", id: "orders.v2.a" }),
    ];
    const { shared, modules } = plan(gatewayIr({ services, operations }));
    expect(shared.map(({ name }) => name)).toEqual(["securityHeaders"]);
    expect(
      modules.map(({ path, constants, operations: all }) => [
        path,
        constants.map(({ name }) => name),
        all.map(({ name }) => name),
      ]),
    ).toEqual([
      ["operations/orders-v1.js", ["aHeaders"], ["a"]],
      ["operations/orders-v2.js", [], ["a"]],
    ]);
  });

  it("shares the way of forwarding where it is equal", () => {
    const forward = {
      kind: "forward",
      service: "orders",
      strip: 0,
      prepend: "",
      responseTimeout: 0,
      idleTimeout: 300_000,
      options: [],
    } as const;
    const operations = [
      operation("GET", "/a", "a", { forward }),
      operation("GET", "/b", "b", { forward: { ...forward } }),
      operation("GET", "/c", "c", { forward: { ...forward, responseTimeout: 10 } }),
    ];
    const { forwards, operations: planned } = plan(gatewayIr({ services, operations })).modules[0]!;
    expect(forwards.map(({ name }) => name)).toEqual(["ordersForward", "ordersForward2"]);
    expect(planned.map(({ forward: one }) => one!.name)).toEqual(["ordersForward", "ordersForward", "ordersForward2"]);
  });

  it("drops services, schemes and start values that nothing uses", () => {
    const secret = (env: string): ConfigIr => ({ key: { kind: "secret", from: { env }, origin: at("gateway.yaml", 9) } });
    const security = step(
      "security",
      "policies/security",
      "createSecurity",
      { schemes: [{ kind: "resource", room: "identity", name: "used" }] },
      { mayAnswer: true },
    );
    const planned = plan(
      gatewayIr({
        services: [...services, service("idle", { kind: "setting", template: "${env:IDLE_URL}", origin: at("gateway.yaml", 8) })],
        schemes: [scheme("idle", secret("IDLE_KEY")), scheme("used", secret("USED_KEY"))],
        operations: [operation("GET", "/a", "a", { steps: [security] })],
      }),
    );
    expect(planned.resources.services.map(({ name }) => name)).toEqual(["orders"]);
    expect(planned.resources.identity.map(({ name }) => name)).toEqual(["used"]);
    expect(planned.environment.map(({ name }) => name)).toEqual(["usedKey"]);
    expect(planned.modules[0]!.constants.map(({ name }) => name)).toEqual(["securityUsed"]);
  });

  it("reads a start value once, and tells secrets, files and settings apart", () => {
    const origin = at("gateway.yaml", 9);
    const config: ConfigIr = [
      { kind: "secret", from: { env: "ACME_KEY" }, origin },
      { kind: "secret", from: { env: "ACME_KEY" }, origin: at("gateway.yaml", 10) },
      { kind: "secret", from: { file: "/run/secrets/db-password" }, origin },
      { kind: "setting", template: "${env:ACME_KEY}", origin },
    ];
    const { environment } = plan(gatewayIr({ services, operations: [operation("GET", "/a", "a", { steps: [limit(config)] })] }));
    expect(environment.map(({ name }) => name)).toEqual(["acmeKey", "acmeKey2", "dbPassword"]);
  });

  it("finds names for operations that are called like something else", () => {
    const ids = ["x", "orders", "send", "class", "a b", "a-b", "", "\u2028"];
    const operations = ids.map((id, index) => operation("GET", `/${index}`, id));
    const names = plan(gatewayIr({ services, operations })).modules[0]!.operations.map(({ name }) => name);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z_$][\w$]*$/);
    expect(names).not.toContain("x");
    expect(names).not.toContain("orders");
    expect(names).not.toContain("class");
  });

  it("keeps modules apart whose names differ in case alone", () => {
    const operations = [
      operation("GET", "/a", "a", { api: "Orders" }),
      operation("GET", "/b", "b", { api: "orders" }),
      operation("GET", "/c", "c", { api: undefined, version: undefined }),
    ];
    const paths = plan(gatewayIr({ services, operations })).modules.map(({ path }) => path);
    expect(paths).toEqual(["operations/orders-v1.js", "operations/orders-v1-2.js", "operations/routes.js"]);
  });
});
