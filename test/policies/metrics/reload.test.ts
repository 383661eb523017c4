import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { metricsOf, workersOf } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { Program } from "../../harness/program.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const file = (...routes: string[]): string => `gateway: reloaded
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
${routes.map((name) => `  ${name}: { match: { path: "/${name}" }, policies: { public: test, respond: { body: hello } } }`).join("\n")}
policies: { metrics: {} }
`;

async function built(...routes: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-reload-"));
  writeFileSync(join(folder, "gateway.yaml"), file(...routes));
  const { out, dispose } = await buildForTest(join(folder, "gateway.yaml"));
  onTestFinished(() => {
    dispose();
    rmSync(folder, { recursive: true });
  });
  return out;
}

const requestsIn = (text: string): Record<string, number> => {
  const found = text.matchAll(/^gatewright_requests_total\{operation="([^"]*)".* (\d+)$/gm);
  return Object.fromEntries(Array.from(found, ([, id, value]) => [id!, Number(value)]));
};

it("after a reload, operations that are gone have no series any more, and those that stay count on", async () => {
  const [out, next] = [await built("kept", "removed"), await built("kept", "added")];
  const program = new Program(`${out}/gateway.mjs`, ["--workers", "2"], { env: sampleEnvironment([]), cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const pattern = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/;
  const [, port, admin] = (await program.until(pattern, "stderr")).map(Number);
  const ask = (target: string) => sendRequest(port!, { method: "GET", target, headers: [["Host", "localhost"]], body: "" });
  for (const target of ["/kept", "/kept", "/removed", "/nowhere"]) await ask(target);
  expect(requestsIn(await metricsOf(admin!))).toEqual({ "routes.kept": 2, "routes.removed": 1, unmatched: 1 });
  const before = await workersOf(admin!);
  copyFileSync(join(next, "gateway.mjs"), join(out, "gateway.mjs"));
  process.kill(program.pid, "SIGHUP");
  await expect
    .poll(async () => (await workersOf(admin!)).filter((pid) => !before.includes(pid)).length, { timeout: 30_000 })
    .toBe(2);
  for (const target of ["/kept", "/added"]) await ask(target);
  // `unmatched` is not asked again: what every build has goes on without a request.
  await expect
    .poll(async () => requestsIn(await metricsOf(admin!)), { timeout: 30_000 })
    .toEqual({ "routes.kept": 3, "routes.added": 1, unmatched: 1 });
});
