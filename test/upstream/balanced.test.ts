import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import { createEndpointLoads } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createLeastRequests, createPowerOfTwo } from "../../runtime/upstream/balance/two-choices.ts";
import type { LoadBalancer } from "../../runtime/upstream/load-balancer.ts";
import type { Service } from "../../runtime/upstream/service.ts";
import { forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";

const servers: Server[] = [];
let service: Service;

async function origin(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function balanced(urls: readonly string[], loadBalancer: LoadBalancer): Service {
  return createManagedService({
    name: "orders",
    endpoints: urls.map((url) => ({ url, weight: 1 })),
    loadBalancer,
    watchers: [createEndpointLoads()],
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
    required: false,
  });
}

const underWay = (): number => service.endpoints.reduce((sum, { load }) => sum + load!.inFlight, 0);

beforeEach(() => {
  servers.length = 0;
});

afterEach(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

describe("what is under way at an endpoint is over", () => {
  it.each<[string, RequestListener]>([
    ["when the answer is whole", (_, response) => response.end("{}")],
    ["when the service answers with an error", (_, response) => response.writeHead(500).end()],
    ["when the service breaks off before the head", (request) => request.socket.destroy()],
    [
      "when the service breaks off in the middle of the body",
      (request, response) => {
        response.writeHead(200, { "Content-Length": "100" });
        response.write("part", () => request.socket.destroy());
      },
    ],
    ["when what comes is no HTTP", (request) => request.socket.end("SSH-2.0-OpenSSH\r\n\r\n")],
    ["when the service takes too long", () => {}],
  ])("%s", async (_, listener) => {
    service = balanced([await origin(listener), await origin(listener)], createPowerOfTwo());
    const operation = forwarding(service, {}, { ...plainForward, responseTimeout: 300 });
    await using(gateway(operation), async ({ port }) => {
      for (let count = 0; count < 4; count++) {
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        await answer.text().catch(() => "");
      }
      await vi.waitFor(() => expect(underWay()).toBe(0), { timeout: 20_000 });
    });
  });

  it("when nothing listens there", async () => {
    const url = await origin(() => {});
    servers[0]!.close();
    service = balanced([url, url.replace("127.0.0.1", "localhost")], createLeastRequests());
    await using(gateway(forwarding(service)), async ({ port }) => {
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(502);
      expect(underWay()).toBe(0);
    });
  });

  it("when the client leaves", async () => {
    let asked = 0;
    const silent: RequestListener = () => void asked++;
    service = balanced([await origin(silent), await origin(silent)], createLeastRequests());
    await using(gateway(forwarding(service)), async ({ port }) => {
      const client = connect(port, "127.0.0.1", () => client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
      await vi.waitFor(() => expect(asked).toBe(1), { timeout: 20_000 });
      expect(underWay()).toBe(1);
      client.destroy();
      await vi.waitFor(() => expect(underWay()).toBe(0), { timeout: 20_000 });
    });
  });
});

it("one of three endpoints that fails at once gets few requests, and those that may be sent again are answered", async () => {
  let failed = 0;
  const well: RequestListener = (_, response) => response.end("{}");
  const broken: RequestListener = (_, response) => {
    failed++;
    response.writeHead(500).end();
  };
  service = balanced([await origin(broken), await origin(well), await origin(well)], createPowerOfTwo());
  await using(gateway(forwarding(service)), async ({ port }) => {
    for (let count = 0; count < 300; count++) await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(failed).toBeLessThan(15);
  });
});
