import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { register } from "./register.ts";

const { PORT = "0", HOST = "127.0.0.1", REDIS_URL = "redis://127.0.0.1:6379", TTL = "15" } = process.env;

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ answeredBy: process.pid }));
});
server.listen(Number(PORT), HOST, async () => {
  const { port } = server.address() as AddressInfo;
  // Behind `listen`: from here on requests may come.
  const deregister = await register({ redis: REDIS_URL, service: "orders", address: `${HOST}:${port}`, ttl: Number(TTL) });
  console.log(`orders ${process.pid} is registered at ${HOST}:${port}`);
  process.once("SIGTERM", async () => {
    // Before it closes: the gateway sends nothing new, and what is under way is answered.
    await deregister();
    setTimeout(() => server.close(), 500);
  });
});
