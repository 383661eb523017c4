// Loaded into a gateway with `--import`: answers as many bytes as a scrape has, after a thread as nice as the one that writes
// scrapes has worked as long as that does, in bursts as it does. What requests feel of this is the machine's, whatever a
// scrape is made of. Tells its port to who started the process.
import { createServer } from "node:http";
import { Worker } from "node:worker_threads";

const code = `
const { parentPort } = require("node:worker_threads");
if (process.platform === "linux") require("node:os").setPriority(0, 10);
const asleep = new Int32Array(new SharedArrayBuffer(4));
parentPort.on("message", (milliseconds) => {
  for (let done = 0; done < milliseconds; done += 0.1) {
    const until = performance.now() + 0.1;
    while (performance.now() < until);
    Atomics.wait(asleep, 0, 0, 0.5);
  }
  parentPort.postMessage("over");
});`;

if (process.send !== undefined) {
  const worker = new Worker(code, { eval: true, env: {}, argv: [], execArgv: [] });
  worker.unref();
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url, "http://localhost");
    const bytes = Buffer.alloc(Number(searchParams.get("bytes")), "x");
    worker.once("message", () => response.end(bytes));
    worker.postMessage(Number(searchParams.get("milliseconds")));
  });
  server.listen(0, "127.0.0.1", () => {
    process.send({ gatewright: "static", port: server.address().port });
    server.unref();
  });
}
