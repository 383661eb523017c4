// How evenly the workers of a gateway are used: the share of each in CPU time, with connections that are kept and with new
// ones for each request. 1 would be even.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build, cpuMicroseconds, requireProgram, scratch, writeFiles } from "./support.mjs";

requireProgram("wrk", "wrk");
const folder = writeFiles(scratch(), {
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes: { all: { match: { path: "/**" }, policies: { public: bench, respond: { body: hello } } } }
policies: { metrics: {} }
`,
});
build(folder, join(folder, "out"));

for (const workers of new Set([2, Math.max(2, availableParallelism()), availableParallelism() * 2])) {
  const gateway = spawn(process.execPath, [join(folder, "out/gateway.mjs"), "--workers", String(workers)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.on("exit", () => gateway.kill("SIGKILL"));
  const [, port, admin] = await new Promise((resolve) => {
    gateway.stderr.on("data", (bytes) => {
      const match = /:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/.exec(String(bytes));
      if (match !== null) resolve(match);
    });
  });
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const pids = [...metrics.matchAll(/^process_resident_memory_bytes\{pid="(\d+)"\}/gm)].map(([, pid]) => Number(pid));
  for (const [name, headers] of [
    ["kept", []],
    ["new", ["-H", "Connection: close"]],
  ]) {
    const before = pids.map(cpuMicroseconds);
    const wrk = spawn("wrk", ["-t1", "-c128", "-d5s", ...headers, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
    await new Promise((resolve) => wrk.on("exit", resolve));
    const used = pids.map((pid, index) => cpuMicroseconds(pid) - before[index]);
    const mean = used.reduce((sum, one) => sum + one, 0) / pids.length;
    const shares = used.map((one) => (one / mean).toFixed(2)).sort();
    console.log(`${workers} workers, ${name.padEnd(4)} connections: ${shares.join(" ")}`);
  }
  gateway.kill("SIGTERM");
  await new Promise((resolve) => gateway.on("exit", resolve));
}
