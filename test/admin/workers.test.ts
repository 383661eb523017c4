import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { built, running, startWorkers, type Workers, workersOf } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { Load } from "../harness/load.ts";
import { Program } from "../harness/program.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { asking, bearer, json, key } from "./support.ts";

/** Each answer of the service is reported by whichever worker it came through, at the level `warning`. */
const files = {
  "gateway.yaml": `gateway: levels
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { file: admin.key } } } }
apis:
  things: { service: backend, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
policies: { metrics: {} }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200": { description: fine, content: { application/json: { schema: { type: array } } } }
`,
  "policies.yaml": "all: { public: a test, validate: { response: report } }\n",
  "admin.key": key,
};

const answeringItself = `gateway: busy
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
  all: { match: { path: "/**" }, policies: { public: faults, respond: { body: hello } } }
`;

const change = (admin: number, level: string) => asking(admin, "PUT /log-level", [bearer, json], JSON.stringify({ level }));

/** Requests, each on a connection of its own, so that every worker gets some. */
async function bother({ port }: Workers): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 12 }, () => exchange(port, get("/things"))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
}

const warnings = ({ program }: Workers): number => program.output.split("an answer is not as the spec says").length - 1;

/** Sets a level, and says whether requests leave lines then. */
async function isHeard(gateway: Workers, level: string): Promise<boolean> {
  expect((await change(gateway.admin, level)).status).toBe(200);
  const before = warnings(gateway);
  await bother(gateway);
  // This line of the primary comes behind those of its workers, which were written before the answers.
  const changes = changesOf(gateway);
  await change(gateway.admin, level);
  await expect.poll(() => changesOf(gateway)).toBeGreaterThan(changes);
  return warnings(gateway) > before;
}

const changesOf = ({ program }: Workers): number => program.output.split('"message":"admin change"').length - 1;

test("the log level is changed in all workers, and in those that come after", async () => {
  const upstream = await rawUpstream(answering(ok("{}", "Content-Type: application/json\r\n")));
  const out = await built(files);
  writeFileSync(join(out, "admin.key"), key);
  const gateway = await startWorkers(out, upstream.url);
  await expect.poll(() => isHeard(gateway, "warning")).toBe(true);
  // The answer does not wait until the last worker has heard of it.
  await expect.poll(() => isHeard(gateway, "error")).toBe(false);
  const before = await workersOf(gateway.admin);
  process.kill(before[0]!, "SIGKILL");
  const fresh = async () => (await workersOf(gateway.admin)).filter((pid) => !before.includes(pid)).length;
  await expect.poll(fresh, { timeout: 20_000 }).toBe(1);
  expect(await isHeard(gateway, "error")).toBe(false);
  await expect.poll(() => isHeard(gateway, "warning")).toBe(true);
  await upstream.close();
});

test("while every worker hangs, the admin listener answers: it is of the process that serves nothing", async () => {
  const out = await built(files);
  writeFileSync(join(out, "admin.key"), key);
  const gateway = await startWorkers(out, "http://127.0.0.1:1", ["--worker-timeout", "0"]);
  const pids = await workersOf(gateway.admin);
  expect(pids.length).toBe(2);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  try {
    for (const path of ["/healthz", "/readyz", "/status", "/log-level", "/openapi.json"])
      expect([path, (await asking(gateway.admin, `GET ${path}`)).status]).toEqual([path, 200]);
    expect((await change(gateway.admin, "error")).status).toBe(200);
    // What the workers said last stands in for what they do not say.
    expect((await sendRequest(gateway.admin, { method: "GET", target: "/metrics", headers: [], body: "" })).body).toContain(
      "gatewright_build_info",
    );
  } finally {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  }
});

test("under more load than it can serve, a single process answers on the admin listener in its turn", async () => {
  const out = await built({ "gateway.yaml": answeringItself });
  const gateway = await running(out, "");
  const clients = 200;
  const load = new Load(gateway.port, { clients, most: 1_000_000 });
  await load.further(2_000);
  // Each client has one request in flight, so whoever has to wait for more than some rounds of all of them is passed over.
  const rounds: number[] = [];
  for (let time = 0; time < 20; time++) {
    const before = load.answered;
    expect((await asking(gateway.adminPort!, "GET /healthz")).status).toBe(200);
    rounds.push((load.answered - before) / clients);
  }
  await load.stop();
  expect(rounds.toSorted((a, b) => a - b).at(-2)).toBeLessThan(10);
  expect(load.failures).toEqual([]);
});

test("a reload is two lines: that it was asked for, and which build serves now, as /status says", async () => {
  const out = await built(files);
  writeFileSync(join(out, "admin.key"), key);
  const gateway = await startWorkers(out, "http://127.0.0.1:1");
  const status = async () => JSON.parse((await asking(gateway.admin, "GET /status")).body) as { readonly digest: string };
  const before = await status();
  // Another build of the same gateway, as far as its digest says.
  const digest = `${before.digest.slice(0, -2)}${before.digest.endsWith("00") ? "11" : "00"}`.split("").reverse().join("");
  const bundle = readFileSync(join(out, "gateway.mjs"), "utf8");
  writeFileSync(join(out, "gateway.mjs"), bundle.replace(before.digest, digest));
  process.kill(gateway.program.pid, "SIGHUP");
  const [, reported] = await gateway.program.until(
    /^gatewright: levels reloads \(SIGHUP\)\ngatewright: levels: 2 new workers serve \(digest ([0-9a-f]{12})\), the old ones drain\n/m,
    "stderr",
  );
  expect([reported, (await status()).digest]).toEqual([digest.slice(0, 12), digest]);
});

test("--log-format json: every line of every process is JSON, from the start to the end, and a start that fails is one line", async () => {
  const out = await built(files);
  writeFileSync(join(out, "admin.key"), key);
  const gateway = await startWorkers(out, "http://127.0.0.1:1", ["--log-format", "json"]);
  const { stderr } = await gateway.program.stop("SIGTERM");
  const lines = stderr.trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    expect.stringMatching(/^levels listens on .*, 2 workers$/) as string,
    expect.stringMatching(/^levels stops \(SIGTERM\)/) as string,
    "levels has stopped",
  ]);
  const env = { ...sampleEnvironment(["http://127.0.0.1:1"]), PORT: String(gateway.admin), ADMIN_PORT: String(gateway.admin) };
  const taken = await running(out, "http://127.0.0.1:1", { ADMIN_PORT: String(gateway.admin) });
  expect(taken.adminPort).toBe(gateway.admin);
  const failed = await new Program(join(out, "gateway.mjs"), ["--log-format", "json"], { env, cwd: out }).ended;
  expect([failed.code, JSON.parse(failed.stderr)]).toMatchObject([
    69,
    { level: "error", message: expect.stringContaining("is in use") as string },
  ]);
});
