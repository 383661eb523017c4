import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Program } from "../../harness/program.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { type EchoUpstream, echoUpstream } from "../../listeners/support/echo-upstream.ts";
import { type OpenIdProvider, startOpenIdProvider } from "./support/open-id-provider.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "gatewright-")));
const programs: Program[] = [];
let upstream: EchoUpstream;
let provider: OpenIdProvider;

const audience = "https://shop.example.com/";

beforeAll(async () => {
  upstream = await echoUpstream({ "/things": (_, response) => void response.end("served") });
  provider = await startOpenIdProvider(audience);
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop("SIGKILL")));
  await provider.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: string): Promise<(token?: string, method?: string) => Promise<Response>> {
  const home = mkdtempSync(join(folder, "gateway-"));
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, "gateway.yaml"),
    `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
apis: { things: { versions: { v1: { spec: openapi.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
identity: { schemes: { login: { jwt: { issuer: "${provider.issuer}", audience: "${audience}"${options} } } } }
`,
  );
  writeFileSync(
    join(home, "openapi.yaml"),
    `openapi: 3.1.0
info: { title: Things, version: "1" }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: "${provider.issuer}/.well-known/openid-configuration" } } }
paths:
  /things:
    get: { operationId: listThings, security: [{ login: ["things:read"] }], responses: { "200": { description: ok } } }
    delete: { operationId: deleteThings, security: [{ login: ["things:write"] }], responses: { "200": { description: ok } } }
`,
  );
  const { out, diagnostics } = await buildForTest(join(home, "gateway.yaml"));
  expect(diagnostics).toEqual([]);
  const program = new Program(join(out, "gateway.mjs"), ["--workers", "4"], { env: sampleEnvironment([upstream.url]), cwd: out });
  programs.push(program);
  const [line] = await program.until(/gatewright: shop listens on .*, 4 workers\n/, "stderr");
  const port = /:(\d+)/.exec(line)![1];
  return (token, method = "GET") =>
    // Each on a connection of its own, so that every worker gets some.
    fetch(`http://127.0.0.1:${port}/things`, {
      method,
      headers: { connection: "close", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
}

test("tokens of an OpenID provider count in each of four workers, with the scopes that it gave them", {
  timeout: 120_000,
}, async () => {
  const ask = await start("");
  const token = await provider.token("things:read");
  const statuses = async (method: string): Promise<number[]> => {
    const all = await Promise.all(Array.from({ length: 40 }, () => ask(token, method)));
    return [...new Set(all.map(({ status }) => status))];
  };
  expect(await statuses("GET")).toEqual([200]);
  expect(await statuses("DELETE")).toEqual([403]);
  expect((await ask()).headers.get("www-authenticate")).toBe('Bearer realm="login"');
  // One worker has fetched them for all.
  expect(provider.looks).toBe(1);
});

test("a key that the provider withdrew counts in no worker behind the next look, and its successor in all", {
  timeout: 120_000,
}, async () => {
  const ask = await start(", refresh: 1s, cooldown: 1s");
  const before = await provider.token("things:read");
  const statuses = async (token: string): Promise<number[]> => {
    const all = await Promise.all(Array.from({ length: 40 }, () => ask(token)));
    return [...new Set(all.map(({ status }) => status))].sort();
  };
  expect(await statuses(before)).toEqual([200]);
  provider.rotate("withdrawn");
  const looks = provider.looks;
  await vi.waitFor(() => expect(provider.looks).toBeGreaterThan(looks), { timeout: 30_000, interval: 10 });
  const after = await provider.token("things:read");
  await vi.waitFor(
    async () => {
      expect(await statuses(before)).toEqual([401]);
      expect(await statuses(after)).toEqual([200]);
    },
    { timeout: 30_000, interval: 50 },
  );
});

test("a token with the provider's new key is never 401: it works behind one look", async () => {
  const ask = await start(", refresh: 1h, cooldown: 1s");
  const started = Date.now();
  const before = await provider.token("things:read");
  expect((await ask(before)).status).toBe(200);
  // The cool-down behind the look of the start, of which no worker tells: they have no clock that could be turned.
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(started + 1_000), { interval: 50 });
  provider.rotate("kept");
  const after = await provider.token("things:read");
  const seen = new Set<number>();
  await vi.waitFor(
    async () => {
      const all = await Promise.all(Array.from({ length: 20 }, () => ask(after)));
      for (const { status } of all) seen.add(status);
      expect(all.every(({ status }) => status === 200)).toBe(true);
    },
    { timeout: 30_000, interval: 20 },
  );
  expect([...seen].sort()).toEqual([200, 503]);
  expect((await ask(before)).status).toBe(200);
});
