import { expect, onTestFinished, test } from "vitest";
import { built } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { gatewright } from "../harness/program.ts";
import { type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { isPrimary, sentinelGroup } from "./support/sentinel-group.ts";

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

const setShare = async (gateway: RunningGateway, share: string): Promise<number> => {
  const headers = [
    ["Authorization", `Bearer ${sampleEnvironment([]).ACME_KEY}`],
    ["Content-Type", "application/json"],
  ] as const;
  return (await sendRequest(gateway.adminPort!, { method: "PUT", target: "/splits/things-2", headers, body: JSON.stringify({ next: share }) })).status; // biome-ignore format: one line
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

/** The same split, of which the release comes to one region after the other. */
const regionalYaml = (redis: string, next: string, others: string): string =>
  gatewayYaml(redis, next, "1")
    .replace("steps: [50%, { share: 100%, hold: true }]", "steps: [{ share: 50%, after: 1s }]")
    .replace(
      "analysis:",
      `regions: { here: "\${env:REGION}", order: [eu, { region: us, steps: [{ share: 40%, hold: true }, 100%] }], others: ${others} }\n        analysis:`,
    );

/** A gateway of each region, which share a Redis. */
async function regional(answer: () => string, others: string) {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.end());
  const backend = await rawUpstream(answering(ok("[]")));
  const next = await rawUpstream(answering(() => answer()));
  onTestFinished(() => backend.close());
  onTestFinished(() => next.close());
  const out = await built({ "gateway.yaml": regionalYaml(redis.url, next.url, others) });
  const start = async (region: string): Promise<RunningGateway> => {
    const gateway = await startGateway(out, { ...sampleEnvironment([backend.url]), REGION: region });
    onTestFinished(() => gateway.stop());
    return gateway;
  };
  return { eu: await start("eu"), us: await start("us"), start };
}

test("a release comes to one region after the other, and a roll-back in the second leaves the first alone where that is stated", async () => {
  let isGood = true;
  const { eu, us, start } = await regional(() => (isGood ? ok("[]") : failing), "hold");
  const both = [eu, us];
  const regions = async (gateway: RunningGateway): Promise<unknown> => (await told(gateway)).regions;
  await turning(both, "the first region has begun", async () => (await told(us)).region === "eu");
  expect(await regions(us)).toEqual({ eu: "50%", us: "0%" });
  // What is asked in the other region is no part of it yet.
  expect(new Set(await arms(us))).toEqual(new Set(["things-2=backend"]));

  await turning(both, "the second one has", async () => {
    await arms(eu);
    return (await told(us)).region === "us" && (await told(eu)).region === "us";
  });
  expect(await told(eu)).toMatchObject({
    here: "eu",
    phase: "running",
    regions: { eu: "50%", us: "40%" },
    steps: "eu 50%, us [40%] 100%",
  });
  const seen = new Set<string>();
  await until("users of both arms have come", async () => {
    for (const arm of await arms(us)) seen.add(arm);
    return seen.size === 2;
  });

  isGood = false;
  await turning(both, "it is rolled back there", async () => {
    await arms(us);
    return (await told(eu)).phase === "rolledBack" && (await told(us)).phase === "rolledBack";
  });
  expect((await told(eu)).why).toMatch(/^us: errors: bad are 100% of/);
  expect([await regions(eu), await regions(us)]).toEqual(Array(2).fill({ eu: "50%", us: "0%" }));
  expect(new Set(await arms(us))).toEqual(new Set(["things-2=backend"]));
  // Who starts later knows it as well.
  const late = await start("us");
  expect(await told(late)).toMatchObject({ here: "us", phase: "rolledBack", regions: { eu: "50%", us: "0%" } });

  const live = (...words: readonly string[]) =>
    gatewright(["live", "split", "things-2", ...words, "--url", `http://127.0.0.1:${us.adminPort}`, "--key-env", "ACME_KEY"], {
      env: sampleEnvironment([]),
    });
  const turned = async (done: ReturnType<typeof live>) => {
    let isDone = false;
    void done.finally(() => (isDone = true));
    await turning(both, "it is told", async () => isDone);
    return done;
  };
  expect(await turned(live("restart", "--region", "us"))).toMatchObject({ code: 0 });
  await turning(both, "it has begun anew in that region", async () => (await told(eu)).phase === "running");
  expect(await regions(eu)).toEqual({ eu: "50%", us: "40%" });
  expect(await turned(live("10%", "--region", "eu"))).toMatchObject({ code: 0 });
  await turning(both, "the share is set", async () => (await told(eu)).phase === "byHand");
  expect(await regions(us)).toEqual({ eu: "10%", us: "40%" });
  expect(await turned(live("next=10%"))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Say in which region: eu, us."),
  });
  expect(await turned(live("10%", "--region", "ap"))).toMatchObject({ code: 1 });
  expect(await turned(live("pause", "--region", "eu"))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is nothing that one region does"),
  });
});

test("a roll-back in one region is one of all, unless others is written", async () => {
  const { eu, us } = await regional(() => failing, "rollBack");
  const both = [eu, us];
  await turning(both, "the first region has begun", async () => (await told(us)).region === "eu");
  await turning(both, "it is rolled back", async () => {
    await arms(eu);
    return (await told(us)).phase === "rolledBack";
  });
  expect(await told(us)).toMatchObject({ regions: { eu: "0%", us: "0%" }, share: "0%" });
});

test("a primary that dies during a roll-out takes nothing of it along: it is held, and goes on where it was on the replica", async () => {
  const { primary, replica, sentinel } = await sentinelGroup();
  const backend = await rawUpstream(answering(ok("[]")));
  const next = await rawUpstream(answering(failing));
  onTestFinished(() => backend.close());
  onTestFinished(() => next.close());
  const where = `{ redis: { sentinel: { nodes: ["127.0.0.1:${sentinel.port}"], name: main } } }`;
  const text = gatewayYaml("REDIS", next.url, "1").replace('{ redis: { url: "REDIS" } }', where);
  const out = await built({ "gateway.yaml": text });
  const start = async (): Promise<RunningGateway> => {
    const gateway = await startGateway(out, sampleEnvironment([backend.url]));
    onTestFinished(() => gateway.stop());
    return gateway;
  };
  const both = [await start(), await start()];
  const phases = async (): Promise<readonly unknown[]> => Promise.all(both.map(async (gateway) => (await told(gateway)).phase));
  await turning(both, "both have begun", async () => (await phases()).every((phase) => phase === "running"));
  // A hand has set it, which nobody could find out anew.
  expect(await setShare(both[0]!, "20%")).toBe(200);
  await turning(both, "both know", async () => (await phases()).every((phase) => phase === "byHand"));
  await until("it is replicated", async () => {
    const primaryAt = /master_repl_offset:(\d+)/.exec(String(await primary.ask("info", "replication")))![1];
    return String(await replica.ask("info", "replication")).includes(`slave_repl_offset:${primaryAt}`);
  });

  await primary.stop();
  await turning(both, "both hold", async () =>
    (await Promise.all(both.map(told))).every(({ why }) => String(why).startsWith("held: the store does not answer")),
  );
  expect((await told(both[1]!)).share).toBe("20%");
  await until("the replica has taken over", () => isPrimary(replica));
  // Whoever decides is asked by way of the new primary, and what it decides reaches the other one.
  await turning(both, "an order is followed", async () => (await ordered(both[1]!, "continue")) === 200);
  await turning(both, "both go on", async () => (await phases()).every((phase) => phase === "running"));
  await turning(both, "both have rolled back", async () => {
    if ((await phases()).includes("rolledBack") === false) for (const gateway of both) await arms(gateway);
    return (await phases()).every((phase) => phase === "rolledBack");
  });
});
