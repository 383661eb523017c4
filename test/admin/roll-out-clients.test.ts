import { createServer, type RequestListener } from "node:http";
import type { Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { built, startWorkers } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { listening } from "../upstream/support/http2.ts";

const serving = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listening(server as Server)}`;
};

/** Counts are told each second. */
const patience = { timeout: 10_000 };

interface Metric {
  readonly metric: string;
  readonly new: string;
  readonly old: string;
}

/** A roll-out whose new service answers as it is told to, at half of the requests. */
async function rollingOut(answer: RequestListener, split: string) {
  const next = await serving(answer);
  const out = await built({
    "gateway.yaml": `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] }, next: { endpoints: ["${next}"] } }
routes:
  things:
    match: { path: /things }
    service: backend
    policies:
      public: sample
      split:
        name: things-2
        to: { next: 0% }
        steps: [50%, 100%]
        responseField: X-Arm
        analysis: { errors: 0.1%, latency: { p99: 1s } }
        ${split}
`,
  });
  const gateway = await startWorkers(
    out,
    await serving((request, response) => {
      request.resume();
      response.end();
    }),
  );
  const told = async (): Promise<{ readonly phase: string; readonly metrics: readonly Metric[] }> => {
    const asked = { method: "GET", target: "/splits/things-2", headers: [], body: "" };
    return JSON.parse((await sendRequest(gateway.admin, asked)).body) as Awaited<ReturnType<typeof told>>;
  };
  await expect.poll(async () => (await told()).phase, patience).toBe("running");
  const metric = async (name: string): Promise<Metric> => (await told()).metrics.find((one) => one.metric === name)!;
  return { port: gateway.port, told, metric };
}

const requests = (text: string): number => Number(/ of (\d+)$/.exec(text)?.[1] ?? 0);

test("an upload that takes its time is no slow answer, unless it is the service that does not read", async () => {
  const { port, metric } = await rollingOut((request, response) => {
    // Reads nothing for a while, of what is more than fits into buffers.
    const rests = Number(request.headers["content-length"]) > 1_000_000;
    setTimeout(() => request.resume().on("end", () => response.end()), rests ? 1_500 : 0);
  }, "otherwise: random");
  const slowly = async (): Promise<void> => {
    const client = new RawClient(port).write("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await client.write("def").answer();
    client.close();
  };
  await Promise.all(Array.from({ length: 12 }, slowly));
  await expect.poll(async () => requests((await metric("p99")).new) + requests((await metric("p99")).old), patience).toBe(12);
  expect(await metric("p99")).toMatchObject({
    new: expect.stringMatching(/^0% of/) as string,
    old: expect.stringMatching(/^0% of/) as string,
  });
  const body = "x".repeat(6_000_000);
  const large = async (): Promise<void> => {
    const client = new RawClient(port).write(`POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.answer();
    client.close();
  };
  await Promise.all(Array.from({ length: 8 }, large));
  await expect.poll(async () => (await metric("p99")).new, patience).not.toMatch(/^0% of/);
});

test("a client that leaves before the head of an answer shows that it was slow, if it waited for long enough", async () => {
  const seen = { short: 0, long: 0 };
  const { port, metric } = await rollingOut((request) => {
    seen[request.url!.endsWith("long") ? "long" : "short"]++;
    request.resume();
  }, "otherwise: random");
  const leave = async (how: "short" | "long"): Promise<void> => {
    const client = new RawClient(port).write(get(`/things?${how}`));
    const late = new Promise((resolve) => setTimeout(resolve, how === "long" ? 1_500 : 50));
    await Promise.race([client.answer().catch(() => {}), late]);
    client.close();
  };
  await Promise.all(Array.from({ length: 12 }, () => leave("short")));
  await Promise.all(Array.from({ length: 12 }, () => leave("long")));
  expect(seen.long).toBeGreaterThan(0);
  await expect.poll(async () => (await metric("p99")).new, patience).toBe(`100% of ${seen.long}`);
  expect((await metric("errors")).new).toBe(`0% of ${seen.long}`);
});

test("one client that chooses the new service, and fails there, is one bad request", async () => {
  const { port, told, metric } = await rollingOut(
    (_, response) => void response.writeHead(500).end(),
    "sticky: \"'x-user' in request.headers ? request.headers['x-user'] : ''\"",
  );
  const arm = async (user: number): Promise<string> =>
    (await exchange(port, get("/things", `X-User: u${user}\r\n`))).field("x-arm")!;
  let failed = 0;
  for (let user = 0; user < 150; user++) if ((await arm(user)) === "things-2=next") failed++;
  expect(failed).toBeGreaterThan(40);
  await expect.poll(async () => (await metric("errors")).new, patience).toBe("100% of 1");
  expect(await told()).toMatchObject({ phase: "running", hasWrongShares: false });
});
