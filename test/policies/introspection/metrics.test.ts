import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startParty } from "../../harness/party.ts";
import { buildForTest, startGateway } from "../../harness/running-gateway.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const gateway = `gateway: sample
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["http://127.0.0.1:9"] } }
identity:
  schemes:
    opaque:
      introspection:
        endpoint: "\${env:ISSUER}/introspect"
        audience: things
        client: { id: gateway, secret: { env: ACME_KEY } }
policies: { metrics: {} }
routes: { things: { match: { path: /things }, service: backend, policies: { security: [{ opaque: [] }] } } }
`;

it("what was asked of an issuer is among the metrics of a built gateway", async () => {
  const party = await startParty();
  party.on("/introspect", { body: '{"active":false}' });
  const folder = temporaryFolder();
  writeFileSync(join(folder, "gateway.yaml"), gateway);
  const { out, dispose } = await buildForTest(join(folder, "gateway.yaml"));
  onTestFinished(dispose);
  const running = await startGateway(out, { ISSUER: party.origin, ACME_KEY: "a-secret-of-tests" }, { cwd: folder });
  onTestFinished(() => running.stop());
  const answer = await fetch(`http://127.0.0.1:${running.port}/things`, { headers: { authorization: "Bearer made-up" } });
  expect(answer.status).toBe(401);
  const metrics = await fetch(`http://127.0.0.1:${running.adminPort}/metrics`);
  expect(metrics.status).toBe(200);
  expect(await metrics.text()).toContain('gatewright_introspections_total{scheme="opaque",outcome="asked"} 1');
});
