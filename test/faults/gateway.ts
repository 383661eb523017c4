import { onTestFinished } from "vitest";
import { buildForTest, type RunningGateway, type StartOptions, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

/** A gateway with one route to one service, and what a test adds to it. */
export const gatewayFile = (more = ""): string => `gateway: faults
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
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
