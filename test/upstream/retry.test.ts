import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import { OriginPool } from "../../runtime/upstream/origin-pool.ts";
import { createTls } from "../../runtime/upstream/tls.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { forwarding, gateway, service, using } from "../runtime/support/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";

test("a client that leaves while its request is to be sent again leaves nothing that waits", async () => {
  const authority = await makeAuthority();
  const { certificate: cert, key } = authority.issue("orders", ["IP:127.0.0.1"]);
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    // The second connection never ends its handshake.
    if (sockets.push(socket) > 1) return;
    const secure = new TLSSocket(socket, { isServer: true, cert, key });
    secure.on("error", () => {});
    secure.on("data", () => {
      if (requests++ === 0) secure.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const ca = { pem: authority.certificate as StartValue, from: "a file" };
  const orders = service([`https://127.0.0.1:${(server.address() as AddressInfo).port}`], {
    tls: createTls({ service: "orders", ca, protocol: "http/1.1" }),
    timeout: { connect: 60_000, response: 60_000 },
  });
  const { pool } = orders.endpoints[0]!;
  if (!(pool instanceof OriginPool)) throw new Error("another pool");
  onTestFinished(() => orders.close());
  await using(gateway(forwarding(orders)), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("ok");
    const client = new RawClient(port).write(get("/"));
    await vi.waitFor(() => expect([sockets.length, pool.counts.waiting]).toEqual([2, 1]));
    client.close();
    await vi.waitFor(() => expect(pool.counts.waiting).toBe(0));
  });
});
