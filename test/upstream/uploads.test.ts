import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createBreakers } from "../../runtime/upstream/attempts/breakers.ts";
import { createEjection } from "../../runtime/upstream/attempts/ejection.ts";
import { createManagedService, type ManagedServiceConfig } from "../../runtime/upstream/attempts/managed-service.ts";
import { createRetryingService } from "../../runtime/upstream/attempts/retrying-service.ts";
import { createUploads } from "../../runtime/upstream/attempts/uploads.ts";
import { createEndpointLoads } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createZones } from "../../runtime/upstream/balance/zones/zones.ts";
import type { Endpoint } from "../../runtime/upstream/endpoint.ts";
import type { LoadBalancer } from "../../runtime/upstream/load-balancer.ts";
import { compileProject } from "../harness/compile-project.ts";
import { forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function origin(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers once it has the whole request. */
const whole: RequestListener = (request, response) => void request.resume().once("end", () => response.end("ok"));

/** Uploads go to the first endpoint, all else to the second. */
const byMethod: LoadBalancer = {
  over: (endpoints) => ({
    pick: (x) => endpoints[x.method === "POST" ? 0 : 1]!,
    another: (_, tried) => endpoints.find((endpoint) => !tried.includes(endpoint)),
  }),
};

const configOf = (urls: readonly string[], loadBalancer: LoadBalancer = byMethod): ManagedServiceConfig => ({
  name: "orders",
  endpoints: urls.map((url) => ({ url, weight: 1 })),
  loadBalancer,
  watchers: [createEndpointLoads()],
  uploads: createUploads(),
  timeout: { connect: 2_000, response: 30_000 },
  connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
  required: false,
});

/** A body of four bytes, of which the client has sent half. */
async function begun(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  socket.write("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab");
  return socket;
}

const patience = { timeout: 60_000 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

async function answered(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (data: Buffer) => (text += data.toString()));
  await new Promise<void>((resolve) => void socket.once("close", resolve));
  return text;
}

/** Uploads in which the client takes its time in the middle. */
const slowUploads = (port: number, count: number, ms: number): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const socket = await begun(port);
      await pause(ms);
      socket.write("cd");
      return answered(socket);
    }),
  );

const latencyOf = ({ load }: Endpoint): number => (load!.isKnown ? load!.latency(performance.now(), 0) : 0);

describe("the time in which a client sends its body is not that of the endpoint", () => {
  it("in its latency, in ejections, breakers and zones", async () => {
    const passive = { service: "orders", minimum: 5, window: 10_000, eject: 30_000, maxEject: 60_000, most: 0.5 };
    const breaker = {
      service: "orders",
      perOperation: false,
      window: 10_000,
      minimum: 5,
      open: 1_000,
      maxOpen: 1_000,
      probes: 1,
    };
    const zones = createZones({
      service: "orders",
      places: [{ zone: "a" }, { zone: "b" }],
      zone: "a",
      byLatency: false,
      slower: 2,
      probe: 0.01,
    });
    const config = configOf([await origin(whole), await origin(whole)]);
    const service = createManagedService({
      ...config,
      watchers: [...config.watchers, zones],
      ejection: createEjection({ ...passive, slower: 3 }),
      breakers: createBreakers({ ...breaker, slowMs: 300, slowRate: 0.1 }),
    });
    await using(gateway(forwarding(service, {}, plainForward)), async ({ port }) => {
      for (let count = 0; count < 8; count++) expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      // Apart, so that the samples of the zone are not one.
      const all: Promise<readonly string[]>[] = [];
      for (let count = 0; count < 8; count++) {
        all.push(slowUploads(port, 1, 600));
        await pause(90);
      }
      for (const [text] of await Promise.all(all)) expect(text).toMatch(/^HTTP\/1.1 200 /);
      expect(service.ejection!.count()).toBe(0);
      expect(service.breakers!.states()).toMatchObject([{ state: "closed" }]);
      const [first] = service.endpoints;
      expect(latencyOf(first!)).toBeGreaterThan(0);
      expect(latencyOf(first!)).toBeLessThan(500);
      const times = zones.of(first!).samples.sorted(performance.now());
      expect(times.length).toBeGreaterThanOrEqual(5);
      expect(times.at(-1)).toBeLessThan(500);
    });
  });

  it("also where it leaves in the middle", async () => {
    const service = createManagedService(configOf([await origin(whole), await origin(whole)]));
    const [first] = service.endpoints;
    await using(gateway(forwarding(service, {}, plainForward)), async ({ port }) => {
      const socket = await begun(port);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(1), patience);
      await pause(800);
      socket.destroy();
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(0), patience);
      expect(latencyOf(first!)).toBeLessThan(600);
    });
  });

  it("but for that in which the endpoint does not take more of it", async () => {
    const lazy: RequestListener = (request, response) => {
      request.pause();
      setTimeout(() => whole(request, response), 500);
    };
    const service = createManagedService(configOf([await origin(lazy), await origin(whole)]));
    await using(gateway(forwarding(service, {}, plainForward)), async ({ port }) => {
      const body = Buffer.alloc(32 * 1024 * 1024);
      expect((await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body })).status).toBe(200);
      expect(latencyOf(service.endpoints[0]!)).toBeGreaterThan(300);
    });
  });
});

describe("what is under way at an endpoint", () => {
  it("has no upload whose client has been waited for a second, until it has sent the rest", async () => {
    let answer = (): void => {};
    const late: RequestListener = (request, response) =>
      void request.resume().once("end", () => (answer = () => void response.end("ok")));
    const service = createManagedService(configOf([await origin(late), await origin(whole)]));
    const [first] = service.endpoints;
    await using(gateway(forwarding(service, {}, plainForward)), async ({ port }) => {
      const socket = await begun(port);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(1), patience);
      await pause(300);
      expect(first!.load!.inFlight).toBe(1);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(0), patience);
      // A byte now and then changes nothing about it.
      socket.write("c");
      await pause(100);
      expect(first!.load!.inFlight).toBe(0);
      socket.write("d");
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(1), patience);
      const text = answered(socket);
      answer();
      expect(await text).toMatch(/^HTTP\/1.1 200 /);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(0), patience);
      expect(latencyOf(first!)).toBeLessThan(1_000);
    });
  });

  it.each(["the client leaves", "the endpoint breaks off", "the endpoint answers before it has all"])(
    "counts no such upload twice when %s",
    async (end) => {
      const requests: { destroy: () => void; respond: () => void }[] = [];
      const service = createManagedService(
        configOf([
          await origin((request, response) => {
            request.resume().on("error", () => {});
            requests.push({ destroy: () => request.socket.destroy(), respond: () => void response.end("early") });
          }),
          await origin(whole),
        ]),
      );
      const [first] = service.endpoints;
      await using(gateway(forwarding(service, {}, plainForward)), async ({ port }) => {
        const socket = await begun(port);
        await vi.waitFor(() => expect(first!.load!.inFlight).toBe(1), patience);
        await vi.waitFor(() => expect(first!.load!.inFlight).toBe(0), patience);
        const text = answered(socket);
        if (end === "the client leaves") socket.destroy();
        else if (end === "the endpoint breaks off") requests[0]!.destroy();
        else requests[0]!.respond();
        await text;
        await pause(50);
        expect(first!.load!.inFlight).toBe(0);
        expect(first!.load!.total.inFlight).toBe(0);
      });
    },
  );

  it("has such an upload again, and not, where another endpoint gets it after the first one broke off", async () => {
    const broken: RequestListener = (request) => void setTimeout(() => request.socket.destroy(), 1_300);
    const service = createRetryingService({
      ...configOf([await origin(broken), await origin(whole)]),
      retry: {
        attempts: 2,
        on: ["reset"],
        perTry: 0,
        backoff: { base: 1, max: 1 },
        budget: { ratio: 1, min: 100 },
        bodyBytes: 1_024,
      },
    });
    const [first, second] = service.endpoints;
    const operation = forwarding(service, {}, { ...plainForward, retry: { isIdempotent: true } });
    await using(gateway(operation), async ({ port }) => {
      const socket = await begun(port);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(1), patience);
      await vi.waitFor(() => expect(first!.load!.inFlight).toBe(0), patience);
      await pause(600);
      // The client is still waited for, whichever endpoint has the rest of the upload to come.
      expect([first!.load!.inFlight, second!.load!.inFlight]).toEqual([0, 0]);
      const text = answered(socket);
      socket.write("cd");
      expect(await text).toMatch(/^HTTP\/1.1 200 /);
      await vi.waitFor(() => expect(second!.load!.total.inFlight).toBe(0), patience);
      expect([first!.load!.inFlight, second!.load!.inFlight]).toEqual([0, 0]);
      expect(latencyOf(second!)).toBeLessThan(500);
    });
  });
});

it("is told apart where something hangs on it, and costs nothing elsewhere", async () => {
  const timed = async (options: string): Promise<boolean> => {
    const { ir, diagnostics } = await compileProject(
      new Map([
        [
          "gateway.yaml",
          `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
routes: { all: { match: { path: "/**" }, service: orders, policies: { public: a test } } }
services: { orders: { ${options} } }
`,
        ],
      ]),
    );
    expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
    return JSON.stringify(ir!.services).includes("createUploads");
  };
  const two = "endpoints: [http://127.0.0.1:9001, http://127.0.0.1:9002]";
  expect(await timed(two)).toBe(true);
  expect(await timed(`${two}, loadBalancer: { algorithm: roundRobin }`)).toBe(false);
  expect(await timed(`${two}, loadBalancer: { algorithm: leastRequests }`)).toBe(true);
  expect(await timed("endpoints: [http://127.0.0.1:9001], breaker: {}")).toBe(false);
  expect(await timed("endpoints: [http://127.0.0.1:9001], breaker: { slow: 1s, slowRate: 50% }")).toBe(true);
  expect(await timed(`${two}, loadBalancer: { algorithm: random }, health: { passive: { slower: 3 } }`)).toBe(true);
  expect(await timed("endpoints: [http://127.0.0.1:9001]")).toBe(false);
});
