// What the benchmarks share: generated gateways, started processes, CPU time of a process, load from wrk.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const cli = join(root, "dist/compiler/main.js");

/** A folder that is removed when the benchmark ends. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
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

/** Builds with the command line program; returns seconds and peak memory of its process. */
export function build(folder, out) {
  const started = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/env", ["node", cli, "build", folder, "--out", out], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return (performance.now() - started) / 1000;
}

/** Starts a bundle and waits until it listens. */
export async function start(bundle, options = []) {
  const child = spawn(process.execPath, [...options, bundle], {
    env: { ...process.env, ACME_KEY: key },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  const ready = await new Promise((resolve, reject) => {
    child.on("message", (message) => message.gatewright === "ready" && resolve(message));
    child.on("exit", (code) => reject(new Error(`exited with ${code}`)));
  });
  return { child, ...ready };
}

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** User and system time of a process and its threads, in microseconds (proc(5), fields 14 and 15). */
export function cpuMicroseconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
}

/** Resident memory in MiB. */
export const residentMebibytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

export function requireProgram(name, debianPackage) {
  if (spawnSync("which", [name]).status !== 0) {
    console.error(`This benchmark needs ${name}: apt-get install -y ${debianPackage}`);
    process.exit(1);
  }
}

/** One run of wrk: requests done, requests a second, and CPU microseconds per request of `pid`. */
export async function load(url, pid, { seconds = 3, connections = 64, headers = [] } = {}) {
  const before = cpuMicroseconds(pid);
  const text = await new Promise((resolve, reject) => {
    const wrk = spawn("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, ...headers.flatMap((header) => ["-H", header]), url]);
    let output = "";
    wrk.stdout.on("data", (chunk) => (output += chunk));
    wrk.on("error", reject);
    wrk.on("exit", () => resolve(output));
  });
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${url} failed under load:\n${text}`);
  const requests = Number(/(\d+) requests in/.exec(text)[1]);
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    cpu: (cpuMicroseconds(pid) - before) / requests,
  };
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
