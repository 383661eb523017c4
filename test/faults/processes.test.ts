import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { component } from "../harness/component.ts";
import { Load } from "../harness/load.ts";
import { socketsOf } from "../harness/process-state.ts";
import { built, gatewayFile, metricsOf, startWorkers, sumOf, type Workers, workersOf } from "./gateway.ts";

const withMetrics = gatewayFile("policies: { metrics: {} }\n");

/** A gateway that answers by itself, so that nothing else keeps its workers from being busy. */
const answering = `gateway: faults
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
  all: { match: { path: "/**" }, policies: { public: faults, respond: { body: hello } } }
policies: { metrics: {} }
`;

/** A service that answers at once and remembers nothing. */
async function service(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Other workers than before, as many, and none of the old ones left. */
const replaced = ({ admin }: Workers, before: readonly number[]): Promise<void> =>
  expect
    .poll(
      async () => {
        const now = await workersOf(admin);
        return [now.length, now.filter((pid) => before.includes(pid)).length];
      },
      { timeout: 50_000 },
    )
    .toEqual([2, 0]);

/** The count of all requests; fails where it is less than it was. */
function counter(gateway: Workers): () => Promise<number> {
  let last = 0;
  return async () => {
    const count = sumOf(await metricsOf(gateway.admin), "gatewright_requests_total");
    expect(count).toBeGreaterThanOrEqual(last);
    last = count;
    return count;
  };
}

test("workers are replaced again and again under load, no request fails, and counters go on", async () => {
  const gateway = await startWorkers(await built({ "gateway.yaml": withMetrics }), await service());
  const kept = new Load(gateway.port, { clients: 200, most: 1_000_000 });
  const fresh = new Load(gateway.port, { clients: 20, most: 1_000_000, isFresh: true });
  const count = counter(gateway);
  for (let round = 0; round < 3; round++) {
    await Promise.all([kept.further(500), fresh.further(100)]);
    const before = await workersOf(gateway.admin);
    expect(before.length).toBe(2);
    process.kill(gateway.program.pid, "SIGHUP");
    await replaced(gateway, before);
    await count();
  }
  await Promise.all([kept.stop(), fresh.stop()]);
  expect([kept.failures, fresh.failures]).toEqual([[], []]);
  expect([[...kept.statuses.keys()], [...fresh.statuses.keys()]]).toEqual([[200], [200]]);
  // Nothing that was counted left with its worker.
  expect(await count()).toBe(kept.answered + fresh.answered);
  expect((await gateway.program.stop("SIGTERM")).code).toBe(0);
});

test("a new bundle that cannot start leaves the old workers serving, and no request fails", async () => {
  const out = await built({ "gateway.yaml": withMetrics });
  const gateway = await startWorkers(out, await service());
  const before = await workersOf(gateway.admin);
  const load = new Load(gateway.port, { clients: 20, most: 1_000_000 });
  writeFileSync(join(out, "gateway.mjs"), "throw new Error('half a file');");
  process.kill(gateway.program.pid, "SIGHUP");
  await gateway.program.until(/the new workers did not start, the old ones serve on/, "stderr");
  await load.further(500);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect((await workersOf(gateway.admin)).toSorted()).toEqual(before.toSorted());
});

test("a new bundle that never comes to serve is given up, and the next take-over works", async () => {
  const out = await built({ "gateway.yaml": withMetrics });
  const bundle = readFileSync(join(out, "gateway.mjs"));
  const gateway = await startWorkers(out, await service(), ["--worker-timeout", "2"]);
  const before = await workersOf(gateway.admin);
  writeFileSync(join(out, "gateway.mjs"), "setInterval(() => {}, 1000);");
  process.kill(gateway.program.pid, "SIGHUP");
  await gateway.program.until(/the new workers did not start, the old ones serve on/, "stderr");
  expect((await workersOf(gateway.admin)).toSorted()).toEqual(before.toSorted());
  writeFileSync(join(out, "gateway.mjs"), bundle);
  process.kill(gateway.program.pid, "SIGHUP");
  await replaced(gateway, before);
});

test("workers that are killed under load leave no client without an answer or an end, and counters do not fall", async () => {
  const gateway = await startWorkers(await built({ "gateway.yaml": withMetrics }), await service());
  const kept = new Load(gateway.port, { clients: 100, most: 1_000_000 });
  const fresh = new Load(gateway.port, { clients: 100, most: 1_000_000, isFresh: true });
  const count = counter(gateway);
  for (let round = 0; round < 3; round++) {
    await Promise.all([kept.further(200), fresh.further(200)]);
    const before = await workersOf(gateway.admin);
    await count();
    process.kill(before[0]!, "SIGKILL");
    await expect
      .poll(async () => (await workersOf(gateway.admin)).filter((pid) => pid !== before[0]).length, { timeout: 30_000 })
      .toBe(2);
    await count();
  }
  // A client that was left hanging would keep this waiting.
  await Promise.all([kept.stop(), fresh.stop()]);
  expect([...kept.statuses.keys(), ...fresh.statuses.keys()]).toEqual([200, 200]);
  // Positive control: something was lost, and each client knows of it.
  expect(kept.failures.length + fresh.failures.length).toBeGreaterThan(0);
  await expect.poll(async () => sumOf(await metricsOf(gateway.admin), "gatewright_connections"), { timeout: 20_000 }).toBe(0);
});

test("a worker that hangs is ended and replaced, and new connections are served meanwhile", async () => {
  const gateway = await startWorkers(await built({ "gateway.yaml": withMetrics }), await service(), ["--worker-timeout", "2"]);
  const before = await workersOf(gateway.admin);
  // As blocked as a process can be.
  process.kill(before[0]!, "SIGSTOP");
  const load = new Load(gateway.port, { clients: 10, most: 500, isFresh: true });
  await load.done;
  expect(load.failures.length).toBeLessThanOrEqual(10);
  await gateway.program.until(/a worker ended \(it did not respond\); a new one starts in/, "stderr");
  await expect
    .poll(async () => (await workersOf(gateway.admin)).filter((pid) => pid !== before[0]).length, { timeout: 30_000 })
    .toBe(2);
});

test("a worker that has all the clients lets some of them go to the others", async () => {
  const gateway = await startWorkers(await built({ "gateway.yaml": answering }), "");
  const [idle, all] = await workersOf(gateway.admin);
  process.kill(idle!, "SIGSTOP");
  const before = socketsOf(idle!);
  const load = spawn(await component("wrk"), ["-t1", "-c60", "-d600s", `http://127.0.0.1:${gateway.port}/things`], {
    stdio: "ignore",
  });
  onTestFinished(() => void load.kill("SIGKILL"));
  await expect.poll(() => socketsOf(all!), { timeout: 20_000 }).toBeGreaterThan(60);
  process.kill(idle!, "SIGCONT");
  // How many it takes until both are equally busy, the machine decides; on its own, no client connects anew.
  await expect.poll(() => socketsOf(idle!), { timeout: 100_000 }).toBeGreaterThan(before);
});

test("SIGHUP to a worker does not end it", async () => {
  const gateway = await startWorkers(await built({ "gateway.yaml": withMetrics }), await service());
  const [worker] = await workersOf(gateway.admin);
  // A terminal that closes sends it to the workers as well: they leave it to their primary.
  process.kill(worker!, "SIGHUP");
  const load = new Load(gateway.port, { clients: 4, most: 200 });
  await load.done;
  expect(load.failures).toEqual([]);
  expect(await workersOf(gateway.admin)).toContain(worker);
});
