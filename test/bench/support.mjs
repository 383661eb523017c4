// What the benchmarks share: generated gateways, builds, CPU time and memory of a process.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const cli = join(root, "dist/compiler/main.js");

const atExit = [];
process.on("exit", () => {
  for (const cleanUp of atExit) cleanUp();
});

/** A folder that is removed when the benchmark ends. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-bench-"));
  atExit.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A REST-like spec with `count` operations: five to a resource. */
export function spec(count) {
  const paths = {};
  const responses = { 200: { description: "ok" } };
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  for (let index = 0; Object.keys(paths).length * 2.5 < count; index++) {
    const name = `resource-${index}`;
    const operation = (verb) => ({ operationId: `${verb}Resource${index}`, tags: [verb], responses });
    paths[`/${name}`] = { get: operation("list"), post: operation("create") };
    paths[`/${name}/{id}`] = { parameters: [id], get: operation("get"), put: operation("replace"), delete: operation("drop") };
  }
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Bench", version: "1" },
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Api-Key" } } },
    paths,
  });
}

export const gatewayYaml = (policies, upstream = "http://127.0.0.1:9", authenticated = true) => `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
apis: { bench: { versions: { v1: { spec: openapi.json, policies: policies.yaml } }, service: backend } }
services: { backend: { endpoints: ["${upstream}"] } }
${authenticated ? "identity: { schemes: { key: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }" : ""}
policies: ${JSON.stringify(policies)}
`;

export const key = "a-key-for-the-benchmark";

/** Builds with the command line program, or with that of another checkout; returns seconds. */
export function build(folder, out, program = cli) {
  const started = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/env", ["node", program, "build", folder, "--out", out], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return (performance.now() - started) / 1000;
}

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** User and system time of a process and its threads, in microseconds (proc(5), fields 14 and 15). */
export function cpuMicroseconds(pid) {
  const fields = cpuFields(pid);
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
}

/** User time alone. */
export const userMicroseconds = (pid) => (Number(cpuFields(pid)[11]) / ticksPerSecond) * 1e6;

/** The same of its main thread alone, in which requests are served, as precise as the system's scheduler is (proc(5), schedstat). */
export const mainThreadMicroseconds = (pid) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1000;

/** Of all threads that it has, as precise. */
export const threadsMicroseconds = (pid) =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1000,
    0,
  );

const cpuFields = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");

/** Resident memory in MiB. */
export const residentMebibytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Ends the benchmark where a program is missing that it needs. */
export function requireProgram(name, debianPackage) {
  if (spawnSync("/usr/bin/env", ["sh", "-c", `command -v ${name}`]).status === 0) return;
  console.error(`There is no ${name}. Install it: apt-get install ${debianPackage}`);
  process.exit(2);
}
