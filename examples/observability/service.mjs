// The service behind the gateway: mostly well, at times slow, and now and then with an error.
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const server = createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.url === "/healthz") return answer(200, {});
  await pause(Math.random() < 0.02 ? 800 : 5 + Math.random() * 40);
  if (Math.random() < 0.01) return answer(503, { error: "the database is busy" });
  answer(request.method === "POST" ? 201 : 200, { id: 1 });
});
server.listen(Number(process.env.PORT ?? 9000));
process.on("SIGTERM", () => process.exit(0));
