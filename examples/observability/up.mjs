// Builds the gateway and starts it with Prometheus, Alertmanager, Grafana and Jaeger, until Ctrl-C. Needs Docker.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (program, args) => spawnSync(program, args, { cwd: here("."), stdio: "inherit" });

const build = run(process.execPath, [here("../../dist/compiler/main.js"), "build", "gateway.yaml", "--out", ".gatewright/out"]);
if (build.status !== 0) process.exit(build.status ?? 1);
console.log(`
gateway       http://localhost:8080/orders
Grafana       http://localhost:3000/dashboards
Prometheus    http://localhost:9091/alerts
Alertmanager  http://localhost:9093
Jaeger        http://localhost:16686
`);
const compose = run("docker", ["compose", "up", "--build", "--remove-orphans"]);
if (compose.error !== undefined) {
  console.error(`Docker cannot be started (${compose.error.message}). The build is in ${here(".gatewright/out")}.`);
  process.exit(1);
}
process.exit(compose.status ?? 0);
