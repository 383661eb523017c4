import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { built } from "../../faults/gateway.ts";
import { makeAuthority } from "../../harness/certificates.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { startParty } from "../../harness/party.ts";
import { Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const [authority, stranger] = [await makeAuthority(), await makeAuthority("somebody else")];

/** Decides only for clients with a certificate of the authority; says whose it was, and which credential came along. */
async function decider() {
  const { certificate, key } = authority.issue("decider", ["DNS:localhost"]);
  const asked: string[] = [];
  const server = createServer(
    { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      asked.push(`${subject.CN} ${request.headers.authorization}`);
      // So that what is replaced counts from the next question on.
      response.writeHead(200, { connection: "close" }).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { asked, url: `https://localhost:${(server.address() as AddressInfo).port}/verify` };
}

const until = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 50 });

it("a decision service with a certificate of its own authority is asked with that of the gateway; files count as they are replaced", {
  timeout: 60_000,
}, async () => {
  const [{ asked, url }, service] = [await decider(), await startParty()];
  service.on("/", { body: "ok" });
  const [one, other] = [authority.issue("gateway-1", []), authority.issue("gateway-2", [])];
  const files = temporaryFolder({
    "ca.pem": stranger.certificate,
    "own.pem": one.certificate,
    "own.key": one.key,
    token: "old\n",
  });
  const at = (name: string): string => `{ file: "${join(files, name)}" }`;
  const out = await built({
    "gateway.yaml": `gateway: decided
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" }, admin: { port: "\${env:ADMIN_PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: tests } } }
policies:
  metrics: {}
  externalAuthorization:
    forwardAuth: { url: "${url}" }
    headers: { Authorization: ${at("token")} }
    tls: { ca: ${at("ca.pem")}, certificate: ${at("own.pem")}, key: ${at("own.key")} }
`,
  });
  const program = new Program(join(out, "gateway.mjs"), [], { env: sampleEnvironment([service.origin]), cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port, admin] = await program.until(/listens on http:\S+:(\d+), admin on http:\S+:(\d+)/, "stderr");
  const ask = async (target = "/", to = port): Promise<{ readonly status: number; readonly body: string }> =>
    sendRequest(Number(to), { method: "GET", target, headers: [], body: "" });

  expect((await ask()).status).toBe(503);
  expect(program.output).toContain("not trusted here; name that under `ca`");
  writeFileSync(join(files, "ca.pem"), authority.certificate);
  await until(async () => expect((await ask()).status).toBe(200));
  expect(asked.at(-1)).toBe("gateway-1 old");

  // A certificate without its key changes nothing.
  writeFileSync(join(files, "own.pem"), other.certificate);
  await until(async () => expect(program.output).toContain("`certificate` and `key` do not fit together"));
  expect((await ask()).status).toBe(200);
  expect(asked.at(-1)).toBe("gateway-1 old");
  writeFileSync(join(files, "own.key"), other.key);
  writeFileSync(join(files, "token"), "new\n");
  await until(async () => {
    expect((await ask()).status).toBe(200);
    expect(asked.at(-1)).toBe("gateway-2 new");
  });

  const metrics = (await ask("/metrics", admin)).body;
  const at200 = Number(
    new RegExp(`^gatewright_decisions_total\\{service="${url}",outcome="allowed"\\} (\\d+)$`, "m").exec(metrics)?.[1],
  );
  expect(at200).toBe(asked.length);
  expect(metrics).toMatch(/^gatewright_decisions_total\{service="\S+",outcome="(unclear|unreachable)"\} [1-9]/m);
  expect(metrics).toMatch(/^gatewright_decision_duration_seconds_bucket\{service="\S+",le="\+Inf"\} [1-9]/m);
});
