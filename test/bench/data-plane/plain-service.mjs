// The service for counted requests: 184 bytes of JSON to whatever it is asked.
import { createServer } from "node:http";

const json = JSON.stringify({ id: "ord_123", status: "shipped", note: "x".repeat(146) });
createServer((request, response) => {
  request.resume().on("end", () => response.setHeader("Content-Type", "application/json").end(json));
})
  .on("connection", (socket) => socket.setNoDelay(true))
  .listen(0, "127.0.0.1", function () {
    process.send(this.address().port);
  });
