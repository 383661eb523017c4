import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { gatewayFile } from "./support/gateway.ts";

// Real sockets and processes, counted and not timed: `npm run bench failures` is the long form, beside nginx, HAProxy and Envoy.

/** What the README recommends where endpoints fail, with a shorter time for an attempt. */
const options = `timeout: { connect: 1s, response: 20s }
retry: { attempts: 3, perTry: 2s }
health: { passive: { consecutive: 5, eject: 5m } }
breaker: { errorRate: 50% }`;

/** An endpoint of the benchmark, in a process of its own. */
class Endpoint {
  port = 0;
  child!: ChildProcess;

  async start(name: string): Promise<void> {
    const args = [JSON.stringify({ name, port: this.port, latency: 5 })];
    this.child = fork(join(repository, "test/bench/failures/endpoint.mjs"), args);
    const [{ port }] = (await once(this.child, "message")) as [{ port: number }];
    this.port = port;
  }

  /** Requests that it had. One that is frozen goes on, and reads what it was sent. */
  async count(): Promise<number> {
    if (!this.child.connected) return 0;
    this.child.kill("SIGCONT");
    this.child.send({ arrivals: true });
    const [{ arrivals }] = (await once(this.child, "message")) as [{ arrivals: [number, number][] }];
    return arrivals.reduce((sum, [, count]) => sum + count, 0);
  }
}

const endpoints = [new Endpoint(), new Endpoint(), new Endpoint()] as const;
const [bad] = endpoints;
let out = "";
let dispose = (): void => {};

/** All of them, new, at the ports that they had. */
const startEndpoints = () => Promise.all(endpoints.map((endpoint, index) => endpoint.start("abc"[index]!)));
const endEndpoints = () => {
  for (const { child } of endpoints) child.kill("SIGKILL");
};

beforeAll(async () => {
  await startEndpoints();
  endEndpoints();
  const urls = endpoints.map(({ port }) => `http://127.0.0.2:${port}`);
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(join(folder, "gateway.yaml"), gatewayFile(urls, options));
  const built = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  ({ out, dispose } = built);
});
afterAll(() => dispose());

/** A gateway whose clock goes by itself, before three endpoints that work. */
async function start(): Promise<number> {
  await startEndpoints();
  onTestFinished(endEndpoints);
  const program = new Program(`${out}/gateway.mjs`, [], { env: sampleEnvironment(["http://127.0.0.1:1"]), cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
  return Number(port);
}

/** Clients that each ask again as soon as they have an answer: of three endpoints, each has 40 requests at a time. */
const clients = 120;

/** So many requests; what became of each: a status, `cut` where the answer has no end, or `no answer`. */
async function ask(
  port: number,
  count: number,
  onAnswer = (_: number): void => {},
): Promise<ReadonlyMap<number | string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const outcomes = new Map<number | string, number>();
  let left = count;
  let answered = 0;
  const one = (): Promise<number | string> =>
    new Promise((resolve) => {
      get({ host: "127.0.0.1", port, path: "/orders", agent }, (response) => {
        response.resume();
        response.on("close", () => resolve(response.complete ? response.statusCode! : "cut"));
      }).on("error", () => resolve("no answer"));
    });
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await one();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      onAnswer(++answered);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return outcomes;
}

it.each<[string, (endpoint: ChildProcess) => void]>([
  // A breaker that counted the 40 that die at once would keep all requests from the two that work.
  ["is killed", (child) => child.kill("SIGKILL")],
  ["is frozen: connections stand, and nothing comes", (child) => child.kill("SIGSTOP")],
  ["answers 500 in 1 ms (linkerd2#11669)", (child) => child.send({ mood: "failing" })],
  ["resets connections", (child) => child.send({ mood: "reset" })],
])("all of 1,000 requests are answered well where one endpoint of three %s (traffic row 31)", async (_, happens) => {
  const port = await start();
  const outcomes = await ask(port, 1_000, (answered) => {
    if (answered === 150) happens(bad.child);
  });
  expect(outcomes).toEqual(new Map([[200, 1_000]]));
  // 50 while it worked, 40 that were under way, and no more than it takes to see what it is: in turn it would have 333.
  expect(await bad.count()).toBeLessThanOrEqual(150);
});

it("an answer that breaks off is not asked for again, and its endpoint soon gets no more (traffic row 43, envoy#36200)", async () => {
  const port = await start();
  bad.child.send({ mood: "cut" });
  const outcomes = await ask(port, 500);
  const { 200: good = 0, cut = 0 } = Object.fromEntries(outcomes);
  expect(good + cut).toBe(500);
  expect(cut).toBe(await bad.count());
  expect(cut).toBeLessThanOrEqual(60);
  const counts = await Promise.all(endpoints.map((endpoint) => endpoint.count()));
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(500);
});
