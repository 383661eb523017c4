import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Load } from "../harness/load.ts";
import { socketsOf } from "../harness/process-state.ts";
import { built, gatewayFile, metricsOf, running, sumOf } from "./gateway.ts";

/** `SOAK_REQUESTS=1000000` looks for what leaks slowly. */
const requests = Number(process.env.SOAK_REQUESTS ?? 20_000);

/** Bytes that a gateway may have gained in the end, however many requests there were. */
const most = 2 * 1024 * 1024;

test(`${requests} requests leave no memory and no socket behind`, async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const policies = `policies:
  metrics: {}
  accessLog: {}
  requestId: {}
  securityHeaders: {}
  cors: { origins: [https://shop.example.com] }
  rateLimit: { limit: 5000000/s }
`;
  const gateway = await running(
    await built({ "gateway.yaml": gatewayFile(policies) }),
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  const pid = gateway.process.pid!;
  const run = async (count: number): Promise<void> => {
    const fresh = new Load(gateway.port, { clients: 10, most: count / 10, isFresh: true });
    const kept = new Load(gateway.port, { clients: 40, most: (count / 10) * 9 });
    await Promise.all([fresh.done, kept.done]);
    expect([fresh.failures, kept.failures]).toEqual([[], []]);
    await expect
      .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_connections"), { timeout: 20_000 })
      .toBe(0);
    await gateway.advance(10_000);
    await expect
      .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_upstream_connections"), { timeout: 20_000 })
      .toBe(0);
    await expect.poll(() => gateway.log.left.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    gateway.log.clear();
  };
  await run(requests / 4);
  const [memory, sockets] = [await gateway.memory(), socketsOf(pid)];
  await run(requests);
  expect((await gateway.memory()) - memory).toBeLessThan(most);
  expect(socketsOf(pid)).toBeLessThanOrEqual(sockets);
}, 3_600_000);
