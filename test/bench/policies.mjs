// CPU per request of gateways with policies, as ratios to the bare proxy, all in one run: rounds take turns, so that a
// slower moment of the machine meets all of them.

import { fork } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, gatewayYaml, key, load, median, requireProgram, scratch, start, writeFiles } from "./support.mjs";

if (process.argv[2] === "upstream") {
  const body = JSON.stringify({ id: 1, items: Array.from({ length: 10 }, (_, index) => ({ sku: `sku-${index}` })) });
  const server = createServer((_, response) =>
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length }).end(body),
  );
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
} else await compare();

async function compare() {
  requireProgram("wrk", "wrk");
  const upstream = fork(fileURLToPath(import.meta.url), ["upstream"]);
  process.on("exit", () => upstream.kill());
  const port = await new Promise((resolve) => upstream.once("message", resolve));
  const cases = {
    "bare proxy": {},
    requestId: { requestId: {} },
    securityHeaders: { securityHeaders: {} },
    rateLimit: { rateLimit: { limit: "1000000/s" } },
    metrics: { metrics: { process: false } },
    "all of them and apiKey": {
      requestId: {},
      securityHeaders: {},
      rateLimit: { limit: "1000000/s", by: "identity.subject" },
      metrics: { process: false },
    },
  };
  const open = JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Bench", version: "1" },
    paths: {
      "/things/{id}": {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
        get: { responses: { 200: { description: "ok" } } },
      },
    },
  });
  const guarded = JSON.stringify({
    ...JSON.parse(open),
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Api-Key" } } },
  });
  const subjects = [];
  for (const [name, policies] of Object.entries(cases)) {
    const withKey = name.includes("apiKey");
    const folder = writeFiles(scratch(), {
      "gateway.yaml": gatewayYaml(policies, `http://127.0.0.1:${port}`, withKey),
      "policies.yaml": withKey ? "{}\n" : "all: { public: benchmark }\n",
      "openapi.json": withKey ? guarded : open,
    });
    build(folder, join(folder, "out"));
    subjects.push({ name, ...(await start(join(folder, "out/gateway.mjs"))), runs: [] });
  }
  const rounds = Number(process.env.ROUNDS ?? 5);
  for (let round = -1; round < rounds; round++) {
    for (const subject of subjects) {
      const run = await load(`http://127.0.0.1:${subject.port}/things/7`, subject.child.pid, {
        seconds: round < 0 ? 1 : 2,
        headers: [`X-Api-Key: ${key}`],
      });
      if (round >= 0) subject.runs.push(run);
    }
  }
  const base = median(subjects[0].runs.map(({ cpu }) => cpu));
  for (const { name, runs } of subjects) {
    const cpu = median(runs.map((run) => run.cpu));
    console.log(`${name.padEnd(24)} ${cpu.toFixed(1).padStart(6)} µs CPU per request   ${(cpu / base).toFixed(2)} × bare proxy`);
  }
  console.log("goal: all of them at most 1.25 × bare proxy");
  process.exit(0);
}
