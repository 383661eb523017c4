import { expect, onTestFinished, test } from "vitest";
import { built } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { RedisServer, until } from "./support/redis-server.ts";

const failing = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";

const gatewayYaml = (redis: string, next: string, release: string): string => `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
stores:
  default: { redis: { url: "${redis}" } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
  next: { endpoints: ["${next}"], retry: { attempts: 2, on: [502] } }
routes:
  things:
    match: { path: /things, methods: [GET] }
    service: backend
    policies:
      public: sample
      split:
        name: things-2
        to: { next: 0% }
        steps: [50%, { share: 100%, hold: true }]
        analysis: { errors: 0.1%, minimum: 5, release: "${release}" }
        responseField: X-Arm
`;

const told = async (gateway: RunningGateway): Promise<Record<string, unknown>> => {
  const { body } = await sendRequest(gateway.adminPort!, { method: "GET", target: "/splits/things-2", headers: [], body: "" });
  return JSON.parse(body) as Record<string, unknown>;
};

/** The clock of each goes on while it is waited for. */
const turning = (gateways: readonly RunningGateway[], what: string, holds: () => Promise<boolean>): Promise<void> =>
  until(what, async () => {
    for (const gateway of gateways) await gateway.advance(100);
    return holds();
  });

const arms = (gateway: RunningGateway): Promise<readonly string[]> =>
  Promise.all(Array.from({ length: 6 }, async () => (await exchange(gateway.port, get("/things", ""))).field("x-arm") ?? "none"));

const ordered = async (gateway: RunningGateway, wanted: string): Promise<number> => {
  const headers = [
    ["Authorization", `Bearer ${sampleEnvironment([]).ACME_KEY}`],
    ["Content-Type", "application/json"],
  ] as const;
  const body = JSON.stringify({ do: wanted });
  return (await sendRequest(gateway.adminPort!, { method: "POST", target: "/splits/things-2/roll-out", headers, body })).status;
};

test("instances that share a Redis decide as one, hold while it is gone, and know what was decided when they start", async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.end());
  const backend = await rawUpstream(answering(ok("[]")));
  const next = await rawUpstream(answering(failing));
  onTestFinished(() => backend.close());
  onTestFinished(() => next.close());
  const start = async (release = "1"): Promise<RunningGateway> => {
    const out = await built({ "gateway.yaml": gatewayYaml(redis.url, next.url, release) });
    const gateway = await startGateway(out, sampleEnvironment([backend.url]));
    onTestFinished(() => gateway.stop());
    return gateway;
  };
  const [one, other] = [await start(), await start()] as const;
  const both = [one, other];
  const phases = async (): Promise<readonly unknown[]> => Promise.all(both.map(async (gateway) => (await told(gateway)).phase));
  await turning(both, "both have begun", async () => (await phases()).every((phase) => phase === "running"));

  // Gone: whatever comes, nothing is decided.
  await redis.stop();
  await turning(both, "both hold", async () =>
    (await Promise.all(both.map(told))).every(({ why }) => String(why).startsWith("held: the store does not answer")),
  );
  for (let round = 0; round < 6; round++) for (const gateway of both) await arms(gateway);
  expect(await phases()).toEqual(["running", "running"]);
  expect((await told(one)).share).toBe("50%");
  expect(await ordered(one, "continue")).toBe(503);

  // Back, and each of them sees a half of the failures: neither would have enough by itself.
  await redis.begin();
  await turning(both, "both decide", async () =>
    (await Promise.all(both.map(told))).every(({ why }) => !String(why).startsWith("held: the store does not answer")),
  );
  for (let round = 0; round < 10; round++) for (const gateway of both) await arms(gateway);
  await turning(both, "both have rolled back", async () => (await phases()).every((phase) => phase === "rolledBack"));
  for (const gateway of both) expect(new Set(await arms(gateway))).toEqual(new Set(["things-2=backend"]));
  const verdicts = await Promise.all(both.map(async (gateway) => (await told(gateway)).why));
  expect(verdicts[0]).toMatch(/^errors: bad are 100% of \d+ requests, 0% of \d+ with the old service/);
  expect(verdicts[1]).toBe(verdicts[0]);

  // What another instance is told holds everywhere.
  const third = await start();
  expect((await told(third)).phase).toBe("rolledBack");
  expect(await ordered(third, "restart")).toBe(200);
  await turning(both, "all have begun anew", async () => (await phases()).every((phase) => phase === "running"));
  expect(await ordered(other, "rollBack")).toBe(200);
  await turning(both, "all are back", async () => (await phases()).every((phase) => phase === "rolledBack"));

  // Another release is another roll-out.
  const fourth = await start("2");
  await turning([fourth], "it has begun", async () => (await told(fourth)).phase === "running");
  expect((await told(one)).phase).toBe("rolledBack");
});
