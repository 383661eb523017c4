import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { sendRequest } from "../harness/http-client.ts";
import { compiler, Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer } from "../stores/support/redis-server.ts";
import { EtcdServer } from "./support/etcd-server.ts";
import { EurekaServer } from "./support/eureka-server.ts";

const waiting = { timeout: 20_000, interval: 50 };

const servers: Server[] = [];
async function listening(listener: RequestListener, make: (listener: RequestListener) => Server = createServer): Promise<string> {
  const server = make(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

const origin = (name: string): Promise<string> => listening((_, response) => void response.end(name));

interface Running {
  readonly program: Program;
  ask(path: string): Promise<string>;
  admin(path: string): Promise<string>;
}

/** `services`: of gateway.yaml. Each has a route of its name. */
const textOf = (services: string, names: readonly string[], more = ""): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
${more}routes:
${names.map((name) => `  ${name}: { match: { path: "/${name}/**" }, service: ${name}, policies: { public: sample, metrics: {} } }`).join("\n")}
services:
${services}
`;

async function run(
  text: string,
  { workers = 2, env = {}, files = {} }: { workers?: number; env?: Record<string, string>; files?: Record<string, string> } = {},
) {
  const folder = temporaryFolder({ "gateway.yaml": text, ...files });
  const built = await buildForTest(join(folder, "gateway.yaml"));
  expect(built.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  const program = new Program(join(built.out, "gateway.mjs"), ["--workers", String(workers)], { cwd: folder, env });
  onTestFinished(async () => {
    await program.stop("SIGKILL");
    built.dispose();
  });
  return { folder, program };
}

async function started(text: string, options: Parameters<typeof run>[1] = {}): Promise<Running & { readonly folder: string }> {
  const { folder, program } = await run(text, options);
  const [, port, adminPort] = await program.until(/listens on http:\/\/\S+:(\d+), admin on http:\/\/\S+:(\d+)/, "stderr");
  return {
    folder,
    program,
    // On a connection of its own, so that each worker is asked now and then.
    ask: async (target) => {
      const headers: [string, string][] = [["Host", "shop"], ["Connection", "close"]]; // biome-ignore format: one line
      const { status, body } = await sendRequest(Number(port), { method: "GET", target, headers, body: "" });
      return status === 200 ? body : String(status);
    },
    admin: async (path) => (await fetch(`http://127.0.0.1:${adminPort}${path}`)).text(),
  };
}

/** All answers of some requests. */
async function answers(ask: Running["ask"], path: string): Promise<string[]> {
  const found = new Set<string>();
  for (let count = 0; count < 12; count++) found.add(await ask(path));
  return [...found].sort();
}

describe("etcd, Redis and Eureka before a gateway of two workers", () => {
  let etcd: EtcdServer;
  let redis: RedisServer;
  let eureka: EurekaServer;
  beforeAll(async () => {
    [etcd, redis, eureka] = await Promise.all([EtcdServer.start(), RedisServer.start(), EurekaServer.start()]);
  });
  afterAll(async () => {
    eureka.close();
    await Promise.all([etcd.end(), redis.end()]);
  });

  it("list endpoints that come and go without a rebuild, and are shown with their age", async () => {
    const services = `  kept: { discover: { etcd: { addresses: ["${etcd.url}"], prefix: services/kept/ }, confirm: 0s } }
  self: { discover: { redis: { service: self }, confirm: 0s } }
  spring: { discover: { eureka: { addresses: ["${eureka.url}"], app: spring, interval: 200ms }, confirm: 0s } }`;
    const stores = `stores: { default: { redis: { url: "${redis.url}" } } }\n`;
    const { ask, admin, folder } = await started(textOf(services, ["kept", "self", "spring"], stores));
    const [a, b] = [await origin("a"), await origin("b")];
    const register: Readonly<Record<string, (name: string, address: string) => Promise<unknown>>> = {
      kept: (name, address) => etcd.put(`services/kept/${name}`, { address, zone: "eu-1" }),
      self: async (name, address) => {
        await redis.ask("set", `registry:{self}:${name}`, address, "ex", "60");
        return redis.ask("publish", "registry:{self}", name);
      },
      spring: (name, address) => {
        const [hostName, port] = address.split(":");
        const instance = { instanceId: name, hostName, status: "UP", port: { $: Number(port), "@enabled": "true" } };
        return fetch(`${eureka.url}/apps/SPRING`, { method: "POST", body: JSON.stringify({ instance }) });
      },
    };
    const remove: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
      kept: (name) => etcd.delete(`services/kept/${name}`),
      self: async (name) => {
        await redis.ask("del", `registry:{self}:${name}`);
        return redis.ask("publish", "registry:{self}", name);
      },
      spring: (name) => fetch(`${eureka.url}/apps/SPRING/${name}`, { method: "DELETE" }),
    };
    for (const name of ["kept", "self", "spring"]) {
      const path = `/${name}/1`;
      expect(await ask(path), name).toBe("503");
      await register[name]!("a", a);
      await vi.waitFor(async () => expect(await answers(ask, path), name).toEqual(["a"]), waiting);
      await register[name]!("b", b);
      await vi.waitFor(async () => expect(await answers(ask, path), name).toEqual(["a", "b"]), waiting);
      await remove[name]!("a");
      await vi.waitFor(async () => expect(await answers(ask, path), name).toEqual(["b"]), waiting);
    }
    const status = await admin("/status");
    for (const source of [
      `etcd ${etcd.url}, prefix services/kept/`,
      "Redis store default, keys registry:{self}:*",
      "application SPRING",
    ])
      expect(status).toContain(source);
    expect(status).toMatch(/"seen": ?"\d{4}-/);
    // The owner tells when it looks the next time.
    await vi.waitFor(async () => {
      const metrics = await admin("/metrics");
      for (const name of ["kept", "self", "spring"]) {
        expect(metrics).toMatch(new RegExp(`^gatewright_discovery_endpoints\\{service="${name}"\\} 1$`, "m"));
        expect(metrics).toMatch(new RegExp(`^gatewright_discovery_age_seconds\\{service="${name}"\\} [\\d.]+$`, "m"));
      }
    }, waiting);
    const { stdout } = await new Program(compiler, ["explain", "GET /kept/1"], { cwd: folder }).ended;
    expect(stdout).toContain("prefix services/kept/");
  });
});

/** A registry of `http`, what it is asked with, and what it answers. */
async function registry(make?: (listener: RequestListener) => Server) {
  const state = { list: "[]", asked: [] as number[], tokens: [] as unknown[], isDown: false };
  const address = await listening((request, response) => {
    state.asked.push(Date.now());
    state.tokens.push(request.headers.authorization);
    if (state.isDown) request.socket.destroy();
    else response.setHeader("Content-Type", "application/json").end(state.list);
  }, make);
  return { state, address };
}

it("`maxStale`: endpoints that nobody has seen for so long are used no more, which is shown, and are when they are seen again", async () => {
  const { state, address } = await registry();
  state.list = JSON.stringify([await origin("a")]);
  const { ask, admin } = await started(
    textOf(`  orders: { discover: { http: { url: "http://${address}/", interval: 200ms }, maxStale: 4s }, required: true }`, [
      "orders",
    ]),
  );
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["a"]), waiting);
  state.isDown = true;
  await vi.waitFor(async () => expect(await admin("/status")).toMatch(/"failures": ?\d/), waiting);
  expect(await ask("/orders/1")).toBe("a");
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["503"]), waiting);
  expect(await admin("/status")).toMatch(/"isStale": ?true/);
  expect(await admin("/readyz?verbose")).toContain("were not seen for too long");
  state.isDown = false;
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["a"]), waiting);
});

it.each([
  ["forward, as at the start of a machine: another look shows that nothing is too old", 3, ["a"]],
  ["back: endpoints that nobody sees are too old after that time all the same", -3, ["503"]],
])("`maxStale` where a clock is set %s", async (_, days, expected) => {
  const { state, address } = await registry();
  state.list = JSON.stringify([await origin("a")]);
  const turn = `const now = Date.now; Date.now = () => now() + (require("node:fs").existsSync("turned") ? ${days} : 0) * 86_400_000;`;
  const discover = days > 0 ? `interval: 20m }, maxStale: 24h` : `interval: 200ms }, maxStale: 4s`;
  const { ask, folder, program } = await started(
    textOf(`  orders: { discover: { http: { url: "http://${address}/", ${discover} } }`, ["orders"]),
    { files: { "turn.cjs": turn }, env: { NODE_OPTIONS: "--require ./turn.cjs" } },
  );
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["a"]), waiting);
  const before = state.asked.length;
  writeFileSync(join(folder, "turned"), "");
  if (days > 0) await vi.waitFor(() => expect(state.asked.length).toBeGreaterThan(before), waiting);
  else state.isDown = true;
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(expected), waiting);
  expect(program.output.includes("endpoints are too old")).toBe(days < 0);
});

it("one worker asks for all, and another one does when it has died", async () => {
  const { state, address } = await registry();
  state.list = JSON.stringify([await origin("a")]);
  const interval = 400;
  const { ask, program } = await started(
    textOf(`  orders: { discover: { http: { url: "http://${address}/", interval: ${interval}ms } } }`, ["orders"]),
    { workers: 3 },
  );
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["a"]), waiting);
  const workers = async (): Promise<number[]> => {
    const { readFile } = await import("node:fs/promises");
    const children = await readFile(`/proc/${program.pid}/task/${program.pid}/children`, "utf8");
    return children.trim().split(" ").map(Number);
  };
  // Whoever it is, it is among these.
  const first = await workers();
  expect(first).toHaveLength(3);
  for (const pid of first) {
    process.kill(pid, "SIGKILL");
    const before = state.asked.length;
    await vi.waitFor(() => expect(state.asked.length).toBeGreaterThan(before + 3), waiting);
    expect(await answers(ask, "/orders/1")).toEqual(["a"]);
  }
  // Never two at once for long: a look each interval, give or take a tenth.
  const looks = state.asked.slice(-3);
  expect(looks[2]! - looks[0]!).toBeGreaterThan(interval * 1.5);
  state.list = JSON.stringify([await origin("b")]);
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["b"]), waiting);
});

it("a registry over TLS is verified, and a token in a file is read again when it changes", async () => {
  const authority = await makeAuthority();
  const { certificate, key } = authority.issue("registry", ["IP:127.0.0.1"]);
  const { state, address } = await registry((listener) => createSecureServer({ cert: certificate, key }, listener));
  state.list = JSON.stringify([await origin("a")]);
  const http = `url: "https://${address}/", interval: 200ms, token: { file: token }`;
  const services = `  orders: { discover: { http: { ${http}, ca: { file: ca.pem } } } }
  unknown: { discover: { http: { ${http} } } }`;
  const { ask, admin, folder } = await started(textOf(services, ["orders", "unknown"]), {
    files: { token: "first\n", "ca.pem": authority.certificate },
  });
  await vi.waitFor(async () => expect(await answers(ask, "/orders/1")).toEqual(["a"]), waiting);
  expect(await ask("/unknown/1")).toBe("503");
  expect(await admin("/status")).toContain("name that under `ca`");
  expect(new Set(state.tokens)).toEqual(new Set(["Bearer first"]));
  writeFileSync(join(folder, "token"), "second\n");
  await vi.waitFor(() => expect(state.tokens.at(-1)).toBe("Bearer second"), waiting);
});

it.each([
  ["etcd", `etcd: { prefix: orders/, user: gateway, password: { env: REGISTRY_PASSWORD } }`, "REGISTRY_PASSWORD"],
  ["etcd", `etcd: { prefix: orders/, addresses: ["\${env:REGISTRY_URL}"] }`, "REGISTRY_URL"],
  ["eureka", `eureka: { addresses: ["http://e/eureka"], app: a, user: u, password: { file: missing } }`, "missing"],
])("%s: a start without what %s needs ends, and names it", async (_, discover, named) => {
  const { program } = await run(textOf(`  orders: { discover: { ${discover} } }`, ["orders"]));
  const { code, stderr } = await program.ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain(named);
});

it("a bundle has no byte of a registry that it does not use", async () => {
  const marks = { etcd: "/v3/kv/range", redis: "registered by two at once", eureka: "apps__hashcode", secret: "secret of " };
  const marksIn = async (discover: string, more = ""): Promise<string[]> => {
    const folder = temporaryFolder({ "gateway.yaml": textOf(`  orders: { discover: { ${discover} } }`, ["orders"], more) });
    const built = await buildForTest(join(folder, "gateway.yaml"));
    onTestFinished(built.dispose);
    const code = readFileSync(join(built.out, "gateway.mjs"), "utf8");
    return Object.entries(marks).flatMap(([name, mark]) => (code.includes(mark) ? [name] : []));
  };
  expect(await marksIn("http: { url: http://registry/ }")).toEqual([]);
  expect(await marksIn("etcd: { prefix: orders/, user: u, password: { env: P } }")).toEqual(["etcd"]);
  expect(await marksIn("etcd: { prefix: orders/, user: u, password: { file: p } }")).toEqual(["etcd", "secret"]);
  expect(await marksIn("redis: { service: orders }", "stores: { default: { redis: { url: redis://r } } }\n")).toEqual(["redis"]);
  expect(await marksIn("eureka: { addresses: [http://e/eureka], app: orders }")).toEqual(["eureka"]);
});

describe("the build", () => {
  const codesOf = async (discover: string, more = ""): Promise<string[]> => {
    const folder = temporaryFolder({ "gateway.yaml": textOf(`  orders: { discover: { ${discover} } }`, ["orders"], more) });
    return (await checkGateway(join(folder, "gateway.yaml"))).diagnostics.map(({ code }) => code);
  };

  it.each([
    [`redis: { service: orders }`, "", ["check/store-lacks"]],
    [`redis: { service: orders, store: shared }`, "stores: { other: { redis: { url: redis://r } } }\n", ["check/unknown-store"]],
    [`redis: { service: "or*" }`, "", ["load/bad-format"]],
    [`http: { url: "http://r/", interval: 0s }`, "", ["service/no-time"]],
    [`http: { url: "http://r/", interval: 1m }, maxStale: 1m`, "", ["service/stale-between-looks"]],
    [`srv: { name: a.b }, maxStale: 4m`, "", ["service/stale-between-looks"]],
    [`consul: { service: a }, maxStale: 30s`, "", ["service/stale-between-looks"]],
    [`file: { path: a.json }, maxStale: 0s`, "", ["service/stale-between-looks"]],
    [`file: { path: a.json }, maxStale: 31s`, "", []],
    [`etcd: { prefix: orders }`, "", ["load/bad-format"]],
    [`etcd: { prefix: orders/, addresses: [etcd-1:2379] }`, "", ["service/registry-url"]],
    [`etcd: { prefix: orders/, key: { env: KEY } }`, "", ["service/registry-half"]],
    [`eureka: { addresses: ["http://u:p@e/eureka"], app: orders }`, "", ["service/registry-url"]],
    [`eureka: { addresses: ["http://e/eureka"], app: orders, password: { env: P } }`, "", ["service/registry-half"]],
    [`eureka: { addresses: ["http://e/eureka"], app: orders }, etcd: { prefix: a/ }`, "", ["service/discover-kind"]],
  ])("%s", async (discover, more, codes) => {
    expect(await codesOf(discover, more)).toEqual(codes);
  });
});
