import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { OpenClaims } from "../../../runtime/policies/idempotency/open-claims.ts";
import { createRedisClaims } from "../../../runtime/stores/redis/redis-claims.ts";
import { type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { startedStore } from "../../stores/support/redis-store.ts";
import { builtShop, eventually, post, Service, told } from "./support.ts";

let server: RedisServer;
let service: Service;
let shop: Awaited<ReturnType<typeof builtShop>>;
let one: RunningGateway;
let other: RunningGateway;

let keys = 0;
const newKey = (): string => `key-${++keys}`;

/** A gateway that is connected: it serves before it is. */
async function start(): Promise<RunningGateway> {
  const gateway = await startGateway(shop.out, { ...sampleEnvironment([service.url]), REDIS_URL: server.url });
  await eventually(() => post(gateway.port, { path: "/others", key: newKey() }), [201, "made"]);
  return gateway;
}

beforeAll(async () => {
  [server, service, shop] = await Promise.all([RedisServer.start(), Service.start(), builtShop("redis")]);
  [one, other] = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all([one.stop(), other.stop(), server.end()]);
  shop.dispose();
  service.end();
});
beforeEach(() => service.reset());

/** A key of a request that was answered, or of one that is under way: there is one. */
async function keyOf(state: "answered" | "under way"): Promise<string> {
  const keys = (await server.ask("keys", "shop:gw:{idempotency:*")) as string[];
  const isAnswered = await Promise.all(keys.map((key) => server.ask("hexists", key, "r")));
  return keys.find((_key, index) => isAnswered[index] === (state === "answered" ? 1 : 0))!;
}

it("instances share keys and answers, and an answer lies there for as long as it is kept", async () => {
  await server.ask("flushall");
  const key = newKey();
  const held = service.hold();
  const first = post(one.port, { key });
  const response = await held;
  expect(told(await post(other.port, { key }))).toEqual([409, "request-in-progress"]);
  expect(told(await post(other.port, { key, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
  response.writeHead(201).end("made");
  expect(told(await first)).toEqual([201, "made"]);
  await eventually(() => post(other.port, { key }), [201, "made", "replayed"]);
  expect(service.seen.length).toBe(1);
  expect(Number(await server.ask("pttl", await keyOf("answered")))).toBeGreaterThan(86_000_000);
});

it("an instance that is killed leaves a key that is held until its lease is over, and then an unknown result", async () => {
  const victim = await start();
  service.reset();
  await server.ask("flushall");
  const key = newKey();
  const held = service.hold();
  const first = post(victim.port, { key });
  await Promise.race([held, first.then((answer) => Promise.reject(new Error(`answered: ${JSON.stringify(answer)}`)))]);
  victim.process.kill("SIGKILL");
  await expect(first).rejects.toThrow();
  expect(told(await post(one.port, { key }))).toEqual([409, "request-in-progress"]);
  const name = await keyOf("under way");
  const until = Number(await server.ask("hget", name, "u"));
  const [seconds] = (await server.ask("time")) as [string];
  expect(until / 1000 - Number(seconds)).toBeLessThanOrEqual(31);
  // As if the time of its lease had passed.
  await server.ask("hset", name, "u", String(until - 31_000));
  expect(told(await post(one.port, { key }))).toEqual([409, "result-unknown"]);
  expect(told(await post(one.port, { key, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
  expect(service.seen.length).toBe(1);
});

it("what is under way keeps its key where the store has lost it, and is told once a store that was gone is back", async () => {
  await server.ask("flushall");
  const { store } = await startedStore(server.url);
  const claims = createRedisClaims().open(store, "idempotency");
  const open = new OpenClaims(claims, 60_000);
  const [work, other] = [
    { owner: "one", mark: "m" },
    { owner: "other", mark: "m" },
  ];
  const asked = () => claims.claim("key", other, { lease: 1_000, span: 60_000 }, true);
  const claim = open.begin("key", work);
  // As after the server began anew with nothing.
  await open.renew();
  expect(await asked()).toEqual({ state: "held", mark: "m" });
  await server.stop();
  open.keep(claim, "answer", "short");
  await vi.waitFor(() => expect(claim.telling).toBeUndefined());
  expect(open.size).toBe(1);
  await server.begin();
  await vi.waitFor(async () => {
    await open.renew();
    expect(open.size).toBe(0);
  });
  expect(await asked()).toEqual({ state: "kept", mark: "m", result: "answer" });
});

it("while the store is gone, requests with keys are refused, and who is under way gets an answer", async () => {
  const key = newKey();
  const held = service.hold();
  const first = post(one.port, { key });
  const response = await held;
  await server.stop();
  onTestFinished(() => server.begin().catch(() => undefined));
  expect(told(await post(other.port, { key: newKey() }))).toEqual([503, "idempotency-unavailable"]);
  // One without a key that it does not need is nobody's concern.
  expect(told(await post(other.port, { path: "/others" }))).toEqual([201, "made"]);
  response.writeHead(201).end("made while nobody could be told");
  expect(told(await first)).toEqual([201, "made while nobody could be told"]);
  expect(service.seen.length).toBe(2);
});
