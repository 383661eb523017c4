import { onTestFinished } from "vitest";
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

/** Output folder of a gateway; gone when the test is over. */
export async function built(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder(files);
  const { out, dispose, diagnostics } = await buildForTest(`${folder}/gateway.yaml`);
  onTestFinished(dispose);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return out;
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
