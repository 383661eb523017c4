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
  expect(stdout).toContain("2 operations: 1 authenticated, 1 public with a reason, 0 open");
  expect(code).toBe(0);
});
