import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { register } from "../../examples/registry/register.ts";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";
import { RedisServer } from "../stores/support/redis-server.ts";

const waiting = { timeout: 20_000, interval: 50 };
const folder = join(repository, "examples/registry");

let redis: RedisServer;
let gateway: Program;
let url = "";
let admin = "";
let service = "";
let dispose = (): void => {};

beforeAll(async () => {
  redis = await RedisServer.start();
  const built = await buildForTest(join(folder, "gateway.yaml"));
  ({ dispose } = built);
  // As `node service.ts` does in releases that run TypeScript.
  service = join(built.out, "service.cjs");
  await build({ entryPoints: [join(folder, "service.ts")], bundle: true, platform: "node", format: "cjs", outfile: service });
  const env = { PORT: "0", ADMIN_PORT: "0", REDIS_URL: redis.url };
  gateway = new Program(join(built.out, "gateway.mjs"), ["--workers", "2"], { env });
  const [, port, adminPort] = await gateway.until(/listens on http:\/\/\S+:(\d+).*admin on http:\/\/\S+:(\d+)/, "stderr");
  [url, admin] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${adminPort}`];
});

afterAll(async () => {
  await gateway?.stop("SIGKILL");
  await redis?.end();
  dispose();
});

/** Who answers, of some requests on connections of their own. */
async function answering(): Promise<unknown[]> {
  const found = new Set<unknown>();
  for (let count = 0; count < 12; count++) {
    const answer = await fetch(`${url}/orders/1`, { headers: { connection: "close" } });
    const body = (await answer.json()) as { readonly answeredBy?: number };
    found.add(answer.status === 200 ? body.answeredBy : answer.status);
  }
  return [...found].sort();
}

const start = async (ttl: number): Promise<Program> => {
  const program = new Program(service, [], { env: { REDIS_URL: redis.url, TTL: String(ttl) } });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  await program.until(/is registered/);
  return program;
};

it("instances that start get requests, one that ends gets no more, and one that dies does when its key expires", async () => {
  expect(await answering()).toEqual([503]);
  const [ends, dies, stays] = [await start(60), await start(2), await start(2)];
  await vi.waitFor(async () => expect(await answering()).toEqual([ends, dies, stays].map(({ pid }) => pid).sort()), waiting);
  expect((await ends.stop("SIGTERM")).code).toBe(0);
  await vi.waitFor(async () => expect(await answering()).toEqual([dies, stays].map(({ pid }) => pid).sort()), waiting);
  await dies.stop("SIGKILL");
  await vi.waitFor(async () => expect(await answering()).toEqual([stays.pid]), waiting);
  // Its first key has expired as well by now.
  expect(await (await fetch(`${admin}/status`)).text()).toContain("Redis store default, keys registry:{orders}:*");
});

it("what an instance did not write itself stays where it deregisters", async () => {
  const deregister = await register({ redis: redis.url, service: "billing", address: "10.0.0.7:80" });
  const [key] = (await redis.ask("keys", "registry:{billing}:*")) as string[];
  await redis.ask("set", key!, "10.0.0.8:80");
  await deregister();
  expect(await redis.ask("get", key!)).toBe("10.0.0.8:80");
});

it("without Redis an instance is told so", async () => {
  const noise = vi.spyOn(console, "error").mockReturnValue();
  await expect(register({ redis: "redis://127.0.0.1:1", service: "orders", address: "10.0.0.7:80" })).rejects.toThrow();
  noise.mockRestore();
});

it("the commands of the page do what the protocol says", async () => {
  const page = readFileSync(join(folder, "README.md"), "utf8");
  const commands = [...page.matchAll(/^redis-cli (\w+) '([^']+)' (?:'([^']+)'|(\S+))(?: EX (\d+))?$/gm)];
  expect(commands.map(([, name]) => name)).toEqual(["SET", "PUBLISH"]);
  for (const [, name, key, quoted, plain, seconds] of commands)
    await redis.ask(name!, key!, quoted ?? plain!, ...(seconds === undefined ? [] : ["EX", seconds]));
  await vi.waitFor(async () => expect(await (await fetch(`${admin}/status`)).text()).toContain("http://10.0.0.7:8080"), waiting);
});
