// From the start of the process to its first answer, and memory at rest, with 1,000 operations.
import { spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { build, gatewayYaml, key, median, residentMebibytes, scratch, spec, writeFiles } from "./support.mjs";

const folder = writeFiles(scratch(), {
  "gateway.yaml": gatewayYaml({ requestId: {}, securityHeaders: {}, metrics: {} }),
  "policies.yaml": "{}\n",
  "openapi.json": spec(1000),
});
build(folder, join(folder, "out"));

const runs = [];
let memory = 0;
for (let run = 0; run < 9; run++) {
  const started = performance.now();
  const child = spawn(process.execPath, [join(folder, "out/gateway.mjs")], {
    env: { ...process.env, ACME_KEY: key },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { port } = await new Promise((resolve) =>
    child.on("message", (message) => message.gatewright === "ready" && resolve(message)),
  );
  await new Promise((resolve, reject) =>
    request({ port, path: "/nothing-here" }, (answer) => answer.resume().on("end", resolve))
      .on("error", reject)
      .end(),
  );
  runs.push(performance.now() - started);
  memory = residentMebibytes(child.pid);
  child.kill("SIGKILL");
}
console.log(`start to first answer, 1,000 operations   ${median(runs).toFixed(0)} ms (goal 250 ms)`);
console.log(`resident memory after it                  ${memory.toFixed(0)} MiB`);
