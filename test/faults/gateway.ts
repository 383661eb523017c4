import { cpSync } from "node:fs";
import { afterAll, onTestFinished } from "vitest";
import { sendRequest } from "../harness/http-client.ts";
import { Program } from "../harness/program.ts";
import { buildForTest, type RunningGateway, type StartOptions, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

/** A gateway with one route to one service, and what a test adds to it. */
export const gatewayFile = (more = "", limits = ""): string => `gateway: faults
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}"${limits === "" ? "" : `, limits: ${limits}`} }
  admin: { port: "\${env:ADMIN_PORT}", names: [shop.example.com] }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: faults } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"], timeout: { response: 60s } }
${more}`;

/** What the tests of a file have built, by the text of all files. */
const builds = new Map<string, Promise<{ readonly out: string; readonly dispose: () => void }>>();
afterAll(async () => {
  for (const build of await Promise.allSettled(builds.values())) if (build.status === "fulfilled") build.value.dispose();
});

/** Output folder of a gateway, for one test, which may change what is in it; the same files are built once. */
export async function built(files: Readonly<Record<string, string>>): Promise<string> {
  const key = JSON.stringify(files);
  let build = builds.get(key);
  if (build === undefined) builds.set(key, (build = buildOf(files)));
  const { out } = await build;
  const own = temporaryFolder();
  cpSync(out, own, { recursive: true });
  return own;
}

async function buildOf(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(files);
  const made = await buildForTest(`${folder}/gateway.yaml`);
  const errors = made.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    made.dispose();
    throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  }
  return made;
}

/** Runs for the length of one test. */
export async function running(
  out: string,
  upstream: string,
  environment: Readonly<Record<string, string>> = {},
  options: StartOptions = {},
): Promise<RunningGateway> {
  const gateway = await startGateway(out, { ...sampleEnvironment([upstream]), ...environment }, options);
  onTestFinished(() => gateway.stop());
  return gateway;
}

export interface Workers {
  readonly program: Program;
  readonly port: number;
  readonly admin: number;
}

/** A primary and two workers, for the length of one test. Their clock goes by itself. */
export async function startWorkers(out: string, upstream: string, args: readonly string[] = []): Promise<Workers> {
  const program = new Program(`${out}/gateway.mjs`, ["--workers", "2", ...args], {
    env: sampleEnvironment([upstream]),
    cwd: out,
  });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port, admin] = await program.until(
    /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 2 workers/,
    "stderr",
  );
  return { program, port: Number(port), admin: Number(admin) };
}

export async function metricsOf(admin: number): Promise<string> {
  return (await sendRequest(admin, { method: "GET", target: "/metrics", headers: [], body: "" })).body;
}

/** The sum of all samples of a metric. */
export function sumOf(metrics: string, name: string): number {
  const samples = [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Process ids of the workers, as `/metrics` tells them. */
export async function workersOf(admin: number): Promise<readonly number[]> {
  const metrics = await metricsOf(admin);
  return [...metrics.matchAll(/^gatewright_worker_info\{worker="\d+",pid="(\d+)"\}/gm)].map(([, pid]) => Number(pid));
}
