import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { built } from "../faults/gateway.ts";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { type EchoUpstream, echoUpstream } from "../listeners/support/echo-upstream.ts";

/** What `runtime/HARDENING.md` says of flags of Node, with the bundle of the shop. */
const allowsOnly = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
const restrictsNet = process.allowedNodeEnvironmentFlags.has("--allow-net");
const net = restrictsNet ? ["--allow-net"] : [];
const reads = (...paths: string[]): string[] => paths.map((path) => `--allow-fs-read=${path}`);

let shop: Awaited<ReturnType<typeof buildForTest>>;
let upstream: EchoUpstream;

beforeAll(async () => {
  upstream = await echoUpstream();
  shop = await buildForTest(join(repository, "examples/shop/gateway.yaml"));
});

afterAll(async () => {
  shop.dispose();
  await upstream.close();
});

const bundle = (): string => join(shop.out, "gateway.mjs");
const environment = (): Readonly<Record<string, string>> => ({
  PORT: "0",
  ADMIN_PORT: "0",
  ACME_KEY: "not-a-key-of-anybody",
  BAZAAR_KEY: "not-a-key-of-anybody-else",
  LEDGER_KEY: "nor-is-this-a-key-of-one",
  ...Object.fromEntries(["ORDERS_URL_1", "ORDERS_URL_2", "CATALOG_URL", "LEGACY_URL"].map((name) => [name, upstream.url])),
});

/** Runs for the length of one test. */
function run(flags: readonly string[], args: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Program {
  const program = new Program(bundle(), args, { env: { ...environment(), ...more }, cwd: shop.out, flags });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  return program;
}

const started = /listens on http:\/\/localhost:(\d+) .*admin on http:\/\/127\.0\.0\.1:(\d+)/;

/** It forwards, refuses and counts. */
async function serves(program: Program): Promise<{ readonly metrics: string }> {
  const [, port, admin] = await program.until(started, "stderr");
  const statuses = await Promise.all(
    ["/legacy/imprint.html", "/v2/orders"].map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status),
  );
  expect(statuses).toEqual([200, 401]);
  await program.until(/"status":401/);
  return { metrics: await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text() };
}

describe("under Node's permission model", () => {
  test("the shop serves, logs and counts with no more than its bundle and /proc/self", async () => {
    const program = run([allowsOnly, ...reads(bundle(), "/proc/self"), ...net]);
    expect((await serves(program)).metrics).toMatch(/^process_open_fds/m);
    expect((await program.stop("SIGTERM")).code).toBe(0);
  });

  test("without /proc/self it serves, and does not count descriptors", async () => {
    const { metrics } = await serves(run([allowsOnly, ...reads(bundle()), ...net]));
    expect(metrics).not.toMatch(/^process_open_fds/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes/m);
  });

  test("workers need --allow-child-process, and the message says so", async () => {
    const flags = [allowsOnly, ...reads(bundle()), ...net];
    const { code, stderr } = await run(flags, ["--workers", "2"]).ended;
    expect([code, stderr]).toEqual([
      78,
      expect.stringMatching(
        /gatewright: Node's permission model denies what the gateway needs to start\. Start Node with the flag `--allow-child-process` as well\.\n$/,
      ),
    ]);
    await serves(run([...flags, "--allow-child-process"], ["--workers", "2"]));
  });

  test.runIf(restrictsNet)("where Node restricts sockets, the message names --allow-net", async () => {
    const { code, stderr } = await run([allowsOnly, ...reads(bundle())]).ended;
    expect([code, stderr]).toEqual([78, expect.stringContaining("Start Node with the flag `--allow-net` as well.")]);
  });

  const small = (more: string): string => `gateway: small
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
routes: { all: { match: { path: "/**" }, ${more}
`;

  test("a secret in a file needs to be readable, and the message names the path", async () => {
    const out = await built({
      "gateway.yaml": `${small("service: backend, policies: { security: [{ partner: [] }] } } }")}services: { backend: { endpoints: [http://127.0.0.1:1] } }
identity: { schemes: { partner: { apiKey: { in: header, name: X-Key, keys: { acme: { key: { file: key } } } } } } }
`,
    });
    const key = join(out, "key");
    writeFileSync(key, "a-key-that-is-long-enough-0123456789");
    const start = (...flags: string[]) =>
      new Program(join(out, "gateway.mjs"), [], { cwd: out, flags: [allowsOnly, ...net, ...flags] });
    const { code, stderr } = await start(...reads(join(out, "gateway.mjs"))).ended;
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining(
        "file key cannot be read: Node's permission model denies it. Start Node with the flag `--allow-fs-read=key` as well.",
      ),
    ]);
    const program = start(...reads(join(out, "gateway.mjs"), key));
    await program.until(/listens on/, "stderr");
    await program.stop();
  });

  test("a Unix socket needs to be readable and writable, and the message names each", async () => {
    const path = join(temporaryFolder(), "public.sock");
    const out = await built({
      "gateway.yaml": small("policies: { public: socket, respond: {} } } }").replace(
        "host: 127.0.0.1, port: 0",
        `socket: ${path}`,
      ),
    });
    const start = (...flags: string[]) =>
      new Program(join(out, "gateway.mjs"), [], {
        cwd: out,
        flags: [allowsOnly, ...net, ...reads(join(out, "gateway.mjs")), ...flags],
      });
    for (const [given, missing] of [
      [[], "--allow-fs-read"],
      [[`--allow-fs-read=${path}`], "--allow-fs-write"],
    ] as const) {
      const { code, stderr } = await start(...given).ended;
      expect([code, stderr]).toEqual([69, expect.stringContaining(`Start Node with the flag \`${missing}=${path}\` as well.`)]);
    }
    const program = start(`--allow-fs-read=${path}`, `--allow-fs-write=${path}`);
    await program.until(/listens on/, "stderr");
    expect((await program.stop("SIGTERM")).code).toBe(0);
  });

  test("names of services need the files of the system, because another machine could answer to the name else", async () => {
    const out = await built({
      "gateway.yaml": `${small("service: backend, policies: { public: names } } }")}services: { backend: { endpoints: [http://orders:1] } }\n`,
    });
    const start = (...paths: string[]) =>
      new Program(join(out, "gateway.mjs"), [], {
        cwd: out,
        flags: [allowsOnly, ...net, ...reads(join(out, "gateway.mjs"), ...paths)],
      });
    for (const paths of [[], ["/etc/hosts"]]) {
      const { code, stderr } = await start(...paths).ended;
      const missing = paths.length === 0 ? "/etc/hosts" : "/etc/resolv.conf";
      expect([code, stderr]).toEqual([
        78,
        expect.stringContaining(
          `looked up as ${missing} says, and Node's permission model denies reading it. Start Node with the flag \`--allow-fs-read=${missing}\` as well`,
        ),
      ]);
    }
    const program = start("/etc/hosts", "/etc/resolv.conf");
    await program.until(/listens on/, "stderr");
    await program.stop();
  });
});

test("the shop serves with frozen intrinsics, without code from strings and without __proto__", async () => {
  await serves(run(["--frozen-intrinsics", "--disallow-code-generation-from-strings", "--disable-proto=throw"]));
});

test("workers get the flags of Node that their primary got", async () => {
  const program = run(["--max-old-space-size=96", "--disable-proto=throw"], ["--workers", "2"]);
  const { metrics } = await serves(program);
  const pids = [...metrics.matchAll(/^gatewright_worker_info\{worker="\d+",pid="(\d+)"\}/gm)].map(([, pid]) => pid!);
  expect(pids.length).toBe(2);
  for (const pid of pids) {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    expect(command).toEqual(expect.arrayContaining(["--max-old-space-size=96", "--disable-proto=throw"]));
  }
});

test.runIf(process.getuid?.() === 0)("the shop serves as a user who owns nothing and may write nowhere", async () => {
  chmodSync(shop.out, 0o755);
  const child = spawn(process.execPath, [bundle()], {
    cwd: shop.out,
    env: { PATH: process.env.PATH, ...environment() },
    stdio: ["ignore", "ignore", "pipe"],
    uid: 65_534,
    gid: 65_534,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
      const match = started.exec(errors);
      if (match !== null) resolve(match[1]!);
    });
    child.once("exit", () => reject(new Error(errors)));
  });
  expect((await fetch(`http://127.0.0.1:${port}/legacy/imprint.html`)).status).toBe(200);
});
