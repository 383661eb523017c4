import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricsOf, sumOf } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { Program } from "../../harness/program.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const operations = 500;

/** So many operations that a thread writes what is scraped. */
const file = `gateway: large
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
${Array.from({ length: operations }, (_, index) => `  r${index}: { match: { path: "/r${index}" }, policies: { public: test, respond: { body: hello } } }`).join("\n")}
policies: { metrics: {} }
`;

interface Started {
  readonly program: Program;
  readonly port: number;
  readonly admin: number;
}

let out: string;
let dispose: () => void;
const started: Started[] = [];

/** Node 20 has the permission model under another name. */
const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";

async function start(flags: readonly string[] = []): Promise<Started> {
  const program = new Program(`${out}/gateway.mjs`, [], { env: sampleEnvironment([]), cwd: out, flags });
  const [, port, admin] = await program.until(
    /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/,
    "stderr",
  );
  const one = { program, port: Number(port), admin: Number(admin) };
  started.push(one);
  for (const target of ["/r1", "/r2", "/r2", "/r499", "/nowhere"])
    await sendRequest(one.port, { method: "GET", target, headers: [["Host", "localhost"]], body: "" });
  return one;
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-many-"));
  writeFileSync(join(folder, "gateway.yaml"), file);
  const built = await buildForTest(join(folder, "gateway.yaml"));
  ({ out } = built);
  dispose = () => {
    built.dispose();
    rmSync(folder, { recursive: true });
  };
});

afterAll(async () => {
  await Promise.all(started.map(({ program }) => program.stop("SIGKILL")));
  dispose();
});

const scrape = ({ admin }: Started, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  fetch(`http://127.0.0.1:${admin}/metrics`, { headers, method });

const requestsIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    Array.from(text.matchAll(/^gatewright_requests_total\{operation="([^"]*)".* (\d+)$/gm), ([, id, value]) => [
      id!,
      Number(value),
    ]),
  );
const requests = { "routes.r1": 1, "routes.r2": 2, "routes.r499": 1, unmatched: 1 };

// telemetry row 32
describe("a gateway with many operations is scraped as any other one", () => {
  let gateway: Started;
  beforeAll(async () => {
    gateway = await start();
  });

  it("in each format, whole, and under the type that it has", async () => {
    const plain = await scrape(gateway);
    expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(requestsIn(await plain.text())).toEqual(requests);
    const open = await scrape(gateway, { Accept: "application/openmetrics-text" });
    expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    const text = await open.text();
    expect(requestsIn(text)).toEqual(requests);
    expect(text).toMatch(/\ngatewright_connections \d+[\s\S]*# EOF\n$/);
  });

  it("compressed where the scraper likes it, and then only once", async () => {
    const answer = await fetch(`http://127.0.0.1:${gateway.admin}/metrics`, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    // fetch has taken it off.
    expect(requestsIn(await answer.text())).toEqual(requests);
    expect((await scrape(gateway, { "Accept-Encoding": "identity" })).headers.get("content-encoding")).toBe(null);
  });

  it("with HEAD, which has the fields alone", async () => {
    const head = await scrape(gateway, {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("by several at once", async () => {
    const texts = await Promise.all(Array.from({ length: 4 }, async () => (await scrape(gateway)).text()));
    for (const text of texts) expect(requestsIn(text)).toEqual(requests);
  });
});

it("where the gateway may start no thread, scrapes are written all the same, and one line says what would help", async () => {
  const gateway = await start([
    permission,
    "--allow-fs-read=*",
    "--allow-fs-write=*",
    ...(process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : []),
  ]);
  expect(gateway.program.output).not.toMatch(/--allow-worker/);
  for (let round = 0; round < 2; round++) expect(requestsIn(await metricsOf(gateway.admin))).toEqual(requests);
  expect(sumOf(await metricsOf(gateway.admin), "gatewright_requests_total")).toBe(5);
  await gateway.program.until(/--allow-worker/, "stderr");
  expect(gateway.program.output.match(/--allow-worker/g)).toHaveLength(1);
});
