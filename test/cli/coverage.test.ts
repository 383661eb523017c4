import { expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const route = (match: object, policies: object): object => ({ match: { methods: ["GET"], ...match }, service: "app", policies });

const gateway = {
  gateway: "shop",
  compatibility: "2026-12-01",
  listeners: { public: { port: 8080 } },
  services: { app: { endpoints: ["http://127.0.0.1:9001"] } },
  identity: {
    schemes: { partnerKey: { apiKey: { in: "header", name: "X-API-Key", keys: { acme: { key: { env: "ACME_KEY" } } } } } },
  },
  routes: {
    orders: route({ path: "/orders" }, { security: [{ partnerKey: [] }] }),
    counts: route(
      { path: "/orders", query: { counts: true } },
      { public: "for the status page", wayAround: [{ to: ["orders"], because: "the service leaves customers out" }] },
    ),
  },
};

test("prints for every operation what proves it, and what is accepted with its reason", async () => {
  const cwd = temporaryFolder({ "gateway.yaml": JSON.stringify(gateway, undefined, 1) });
  const { code, stdout } = await gatewright(["coverage"], { cwd });
  expect(stdout).toMatch(/\/orders +authenticated +partnerKey/);
  expect(stdout).toContain("“for the status page”; a way around orders: “the service leaves customers out”");
  expect(stdout).toContain("OPTIONS at the path of 1 operation above goes to the service before authentication");
  expect(stdout).toContain("2 operations: 1 authenticated, 1 public with a reason, 0 open");
  expect(code).toBe(0);
});

test("what is passed through is not counted as authenticated", async () => {
  const passing = {
    ...gateway,
    identity: { schemes: { ...gateway.identity.schemes, token: { passThrough: { type: "bearer" } } } },
    routes: {
      orders: route({ path: "/orders" }, { security: [{ partnerKey: [] }] }),
      carts: route({ path: "/carts" }, { security: [{ token: [] }] }),
      both: route({ path: "/both" }, { security: [{ token: [], partnerKey: [] }] }),
    },
  };
  const cwd = temporaryFolder({ "gateway.yaml": JSON.stringify(passing, undefined, 1) });
  const { stdout } = await gatewright(["coverage"], { cwd });
  expect(stdout).toMatch(/\/carts +passed through +token present, verified by the service/);
  expect(stdout).toMatch(/\/both +authenticated +token present, verified by the service with partnerKey/);
  expect(stdout).toContain(
    "3 operations: 2 authenticated, 1 passed through for the service to verify, 0 public with a reason, 0 open",
  );
  const { stdout: json } = await gatewright(["coverage", "--format", "json"], { cwd });
  expect(JSON.parse(json)).toMatchObject({ authenticated: 2, passedThrough: 1, public: 0 });
  const { stdout: explained } = await gatewright(["explain", "GET /carts"], { cwd });
  expect(explained).toContain("access     passed through: token present, verified by the service");
});

test("tells which exceptions are made, and on which operations", async () => {
  const limit = { rateLimit: { limit: "10/m", bypass: "request.headers['x-probe'] == 'yes'" } };
  const cwd = temporaryFolder({ "gateway.yaml": JSON.stringify({ ...gateway, policies: limit }, undefined, 1) });
  const { stdout } = await gatewright(["coverage"], { cwd });
  const remark = "rateLimit does not count where `request.headers['x-probe'] == 'yes'`";
  expect(stdout).toContain(`${remark}: routes.counts and 1 more operation\n`);
  const { stdout: json } = await gatewright(["coverage", "--format", "json"], { cwd });
  const { operations } = JSON.parse(json) as { readonly operations: readonly { readonly remarks: readonly string[] }[] };
  expect(operations.map(({ remarks }) => remarks)).toEqual([[remark], [remark]]);
});
