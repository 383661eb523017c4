import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { bytesAgreed, bytesHandshake, client, type Line } from "../tunnels/support.ts";
import { gatewayFile, start } from "./support/gateway.ts";

/** Agrees to every upgrade, and keeps the connections. */
async function endpoint(): Promise<{ readonly url: string; readonly open: Set<Socket> }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.once("data", () => {
      open.add(socket);
      socket.write(bytesAgreed);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}

it("tunnels count as under way until they are closed: of two endpoints each has as many", async () => {
  const [one, two] = [await endpoint(), await endpoint()];
  const file = gatewayFile([one.url, two.url], "loadBalancer: { algorithm: leastRequests }").replace(
    "policies: { public: attempts } }\nservices",
    "policies: { public: attempts, upgrade: { protocols: [bytes] } } }\nservices",
  );
  const gateway = await start(file);
  const lines: Line[] = [];
  const open = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const line = client(gateway.port, bytesHandshake);
      lines.push(line);
      await line.has("101 Switching Protocols");
    }
  };
  await open(12);
  expect([one.open.size, two.open.size]).toEqual([6, 6]);
  for (const socket of [...one.open]) socket.resetAndDestroy();
  // The gateway has heard of all of them when it has told their clients.
  await expect.poll(() => lines.filter((line) => line.isEnded || line.isClosed)).toHaveLength(6);
  // Those that were closed make room at their endpoint.
  await open(6);
  expect(Math.abs(one.open.size - two.open.size)).toBeLessThan(2);
});
