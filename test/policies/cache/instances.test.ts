import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { Program } from "../../harness/program.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { hit, kept } from "./shared-support.ts";
import { ask, HeldService } from "./support.ts";

const gateway = `gateway: test
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true } }
stores: { default: { memory: {} }, pages: { redis: { url: { env: REDIS_URL }, timeout: 10s, required: true } } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
cache: { purges: { store: pages, onStoreFailure: serve } }
routes:
  pages:
    match: { path: "/pages/**", methods: [GET] }
    service: backend
    policies: { public: pages, cache: { store: pages, memory: { checkAfter: 1h }, tags: { fields: [Surrogate-Key] } } }
  purge:
    match: { path: "/purge", methods: [POST] }
    service: backend
    policies: { public: pages, cache: { store: pages, memory: { checkAfter: 1h }, purge: { tags: ["'books'"] } } }
`;

let server: RedisServer;
let built: Awaited<ReturnType<typeof buildForTest>>;
const held = new HeldService();
let url: string;
const environment = () => ({ ...sampleEnvironment([url]), REDIS_URL: server.url });

async function start(): Promise<RunningGateway> {
  const one = await startGateway(built.out, environment());
  onTestFinished(() => one.stop());
  return one;
}

/** Of two workers. */
async function startGroup(): Promise<{ readonly port: number }> {
  const program = new Program(`${built.out}/gateway.mjs`, ["--workers", "2"], { env: environment(), cwd: built.out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+),.* 2 workers/, "stderr");
  return { port: Number(port) };
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(join(folder, "gateway.yaml"), gateway);
  [server, built, url] = await Promise.all([RedisServer.start(), buildForTest(join(folder, "gateway.yaml")), held.begin()]);
  rmSync(folder, { recursive: true });
  expect(built.diagnostics.map(({ code }) => code)).toEqual([]);
});
afterAll(async () => {
  await Promise.all([server.end(), held.end()]);
  built.dispose();
});

/** The next request that the service gets. */
const next = () => held.arrived(held.requests.length + 1);

it("two instances with two workers each have one fetch, one answer, and drop it together when its tag is purged", async () => {
  const instances = await Promise.all([startGroup(), startGroup()]);
  const first = next();
  const clients = Array.from({ length: 40 }, (_, index) => ask(instances[index % 2]!.port, get("/pages/cold")));
  const request = await first;
  // Some of them wait by then, others come behind: none asks for itself.
  for (const { port } of instances) {
    const other = next();
    const last = ask(port, get(`/pages/other/${port}`));
    (await other).send(ok("other"));
    await last.answer();
  }
  request.send(ok("whole", `${kept}Surrogate-Key: books\r\n`));
  for (const client of clients) expect((await client.answer()).body).toBe("whole");
  expect(held.requests.filter(({ head }) => head.includes("/pages/cold")).length).toBe(1);
  for (const { port } of instances) await hit(port, "/pages/cold");

  const purged = next();
  const writer = ask(instances[0]!.port, "POST /purge HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n");
  (await purged).send("HTTP/1.1 204 No Content\r\n\r\n");
  expect((await writer.answer()).status).toBe(204);
  // Purges are told by the records of the store, which each instance reads every few seconds at the latest.
  await vi.waitFor(
    async () => {
      const before = held.requests.length;
      const again = ask(instances[1]!.port, get("/pages/cold")).answer();
      await Promise.race([held.arrived(before + 1), again]);
      held.requests[before]?.send(ok("new", `${kept}Surrogate-Key: books\r\n`));
      expect((await again).body).toBe("new");
    },
    { interval: 50 },
  );
});

it("an instance that is killed while it fetches is taken over from when its lease is over", async () => {
  const [victim, other] = await Promise.all([start(), start()]);
  const first = next();
  const lost = ask(victim.port, get("/pages/led"));
  await first;
  const waiting = Array.from({ length: 10 }, () => ask(other.port, get("/pages/led")));
  for (const client of waiting) await client.sent();
  const second = next();
  await victim.stop();
  expect(await lost.rest()).toBe("");
  (await second).send(ok("whole", kept));
  for (const client of waiting) expect((await client.answer()).body).toBe("whole");
  expect(held.requests.filter(({ head }) => head.includes("/pages/led")).length).toBe(2);
});

it("streams of HTTP/2 share a fetch of another instance and hits, and one that is cancelled is no matter of the others", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const first = next();
  const leader = ask(one.port, get("/pages/stream"));
  const request = await first;
  const session = connect(`http://127.0.0.1:${other.port}`);
  onTestFinished(() => session.close());
  const left = session.request({ ":path": "/pages/stream", ":authority": "shop.example.com" });
  left.on("error", () => {});
  const staying = [stream(session), stream(session)];
  left.close(8);
  request.send(ok("whole", kept));
  await leader.answer();
  for (const body of await Promise.all(staying)) expect(body).toBe("whole");
  expect(await stream(session)).toBe("whole");
  expect(held.requests.filter(({ head }) => head.includes("/pages/stream")).length).toBe(1);
});

async function stream(session: ClientHttp2Session): Promise<string> {
  const asked = session.request({ ":path": "/pages/stream", ":authority": "shop.example.com" });
  let body = "";
  for await (const chunk of asked.setEncoding("latin1")) body += chunk;
  return body;
}
