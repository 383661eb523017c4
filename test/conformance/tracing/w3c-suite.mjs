// Runs the W3C Trace Context suite itself against a built gateway. It is not a part of the tests, which have its cases as rows: it
// needs Python with aiohttp, a checkout of w3c/trace-context, and port 7777.
//
//   npm run -s build && node test/conformance/tracing/w3c-suite.mjs CHECKOUT/test [PYTHON]
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [suite, python = "python3"] = process.argv.slice(2);
if (suite === undefined) {
  console.error("Name the folder `test` of a checkout of w3c/trace-context.");
  process.exit(2);
}
const cli = fileURLToPath(new URL("../../../dist/compiler/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let gatewayPort = 0;

/** The service that the suite wants to see: it calls back, through the gateway, with the trace that it was told. */
const service = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { rawHeaders } = request;
  const told = rawHeaders.filter((_, index) => /^(traceparent|tracestate)$/i.test(rawHeaders[index - (index % 2)]));
  for (const { url, arguments: further } of JSON.parse(Buffer.concat(chunks).toString())) {
    const headers = [...told, "Host", "harness", "Content-Type", "application/json"];
    const path = `/callback${new URL(url).pathname}`;
    await new Promise((resolve, reject) => {
      const call = httpRequest({ host: "127.0.0.1", port: gatewayPort, path, method: "POST", headers });
      call.on("response", (answer) => answer.resume().on("end", resolve)).on("error", reject);
      call.end(JSON.stringify(further));
    });
  }
  response.end("{}");
});
await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));

writeFileSync(
  join(folder, "gateway.yaml"),
  `gateway: suite
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
policies: { tracing: { sample: 0%, trust: always } }
routes:
  test: { match: { path: /test }, service: service, policies: { public: suite } }
  callback: { match: { path: "/callback/{id}" }, service: harness, policies: { public: suite, rewrite: { path: "/{id}" } } }
services:
  service: { endpoints: ["http://127.0.0.1:${service.address().port}"] }
  harness: { endpoints: ["http://127.0.0.1:7777"] }
`,
);
const out = join(folder, "out");
const built = spawnSync(process.execPath, [cli, "build", folder, "--out", out], { encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);
const gateway = spawn(process.execPath, [join(out, "gateway.mjs")], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
gatewayPort = await new Promise((resolve, reject) => {
  gateway.on("message", (message) => resolve(message.port)).on("exit", reject);
});

let isMissed = false;
for (const level of ["1", "2"]) {
  const env = { ...process.env, SPEC_LEVEL: level, STRICT_LEVEL: "2", SERVICE_ENDPOINT: `http://127.0.0.1:${gatewayPort}/test` };
  const run = spawn(python, ["test.py"], { cwd: suite, env, stdio: "inherit" });
  isMissed ||= (await new Promise((resolve) => run.on("exit", resolve))) !== 0;
}
gateway.removeAllListeners("exit");
gateway.kill("SIGKILL");
service.close();
process.exitCode = isMissed ? 1 : 0;
