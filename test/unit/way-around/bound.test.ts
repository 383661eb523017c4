import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { checkGateway, type Diagnostic } from "../../../compiler/index.ts";
import type { GatewayIr } from "../../../compiler/ir/gateway.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import type { LinkedGateway } from "../../../compiler/phases/2-link/linked-gateway.ts";
import { checkWaysAround } from "../../../compiler/phases/3-check/way-around/report.ts";
import { findWaysAround, Work, workFor } from "../../../compiler/routing/way-around/find.ts";

/** Routes of two kinds that reach the same paths of one server, for so many hosts each. */
async function gatewayOf(hosts: number): Promise<GatewayIr> {
  const named = (kind: string): string => Array.from({ length: hosts }, (_, index) => `${kind}${index}.example.com`).join(", ");
  const text = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { app: { endpoints: [http://127.0.0.1:9001] } }
identity: { schemes: { key: { apiKey: { in: header, name: X-API-Key, keys: { acme: { key: { env: ACME_KEY } } } } } } }
routes:
  orders: { match: { path: "/orders/**", hosts: [${named("a")}] }, service: app, policies: { security: [{ key: [] }] } }
  all: { match: { path: "/**", hosts: [${named("a")}] }, service: app, policies: { public: tests } }
`;
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", text]])) });
  expect(diagnostics).toEqual([]);
  return ir!;
}

/** Steps that a search takes. */
function stepsOf(gateway: GatewayIr): number {
  let taken = 0;
  class Counted extends Work {
    override spend(steps: number): boolean {
      taken += steps;
      return super.spend(steps);
    }
  }
  findWaysAround(gateway, new Counted(Number.MAX_SAFE_INTEGER));
  return taken;
}

test("a search takes steps in proportion to the hosts, and ends where it has taken those that it may", async () => {
  const [few, many] = [await gatewayOf(40), await gatewayOf(80)];
  expect(stepsOf(many) / stepsOf(few)).toBeLessThan(2.5);
  const work = new Work(1_000);
  findWaysAround(many, work);
  expect(work.isUsedUp).toBe(true);
});

test("the steps that a search may take grow with operations and hosts, as the text does that names them", async () => {
  const allowed = async (hosts: number): Promise<number> => {
    const work = workFor(await gatewayOf(hosts));
    let steps = 0;
    while (work.spend(1_000)) steps += 1_000;
    return steps;
  };
  const [none, few, many] = [await allowed(1), await allowed(101), await allowed(201)];
  expect(few).toBeGreaterThan(none);
  expect(many - few).toBe(few - none);
});

test("a gateway of ordinary size is compared whole", async () => {
  const gateway = await gatewayOf(200);
  const work = workFor(gateway);
  findWaysAround(gateway, work);
  expect(work.isUsedUp).toBe(false);
});

test("a search that was ended says so, and does not take an acceptance for needless that it did not get to", async () => {
  const gateway = await gatewayOf(8);
  const origin = { file: "gateway.yaml", start: 0, end: 7, line: 1, column: 1 };
  // Of the linked gateway only operations and positions are asked for.
  const linked = { operations: [], positions: { key: () => origin }, file: {} } as unknown as LinkedGateway;
  const found = (steps: number): readonly Diagnostic[] => {
    const sink = new DiagnosticSink();
    checkWaysAround(linked, gateway, sink, new Work(steps));
    return sink.sorted();
  };
  expect(found(1_000_000)).toEqual([]);
  expect(found(100)).toMatchObject([
    {
      code: "way-around/not-finished",
      severity: "warning",
      message: expect.stringMatching(/of 2 operations took too long and was ended/),
    },
  ]);
});
