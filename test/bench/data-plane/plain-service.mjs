// The service for counted requests: 184 bytes of JSON to whatever it is asked, which under `/kept` may be kept for an hour.
import { createServer } from "node:http";

const json = JSON.stringify({ id: "ord_123", status: "shipped", note: "x".repeat(146) });
// The gateway gives up idle connections ahead of the service, however slowly it runs.
createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url.startsWith("/kept")) response.setHeader("Cache-Control", "max-age=3600");
  request.resume().on("end", () => response.setHeader("Content-Type", "application/json").end(json));
})
  .on("connection", (socket) => socket.setNoDelay(true))
  .listen(0, "127.0.0.1", function () {
    process.send(this.address().port);
  });
