import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { resultInSlices } from "../../runtime/life/in-slices.ts";
import { createEurekaSource, type EurekaSourceConfig } from "../../runtime/upstream/discovery/eureka/eureka-source.ts";
import { endpointOf, type Instance, instancesIn } from "../../runtime/upstream/discovery/eureka/instances.ts";
import { repository } from "../harness/sample.ts";
import { startValue } from "../stores/support/redis-store.ts";
import { EurekaServer } from "./support/eureka-server.ts";
import { following } from "./support/following.ts";

const waiting = { timeout: 20_000, interval: 20 };

/** Of `.ci/eureka`: a real server that was just started. */
const real = process.env.EUREKA_URL;
const record = join(repository, "test/discovery/support/eureka-answers.json");

type Fields = Readonly<Record<string, unknown>>;

/** What an instance says of itself, as clients of Netflix and Spring do. */
const instance = (id: string, change: Fields = {}): Fields => ({
  instanceId: id,
  hostName: `${id === "" ? "nameless" : id}.internal`,
  app: "ORDERS",
  ipAddr: "10.0.0.7",
  vipAddress: "orders",
  status: "UP",
  port: { $: 8080, "@enabled": "true" },
  securePort: { $: 8443, "@enabled": "false" },
  dataCenterInfo: { "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", name: "MyOwn" },
  metadata: { zone: "eu-1", weight: "3" },
  ...change,
});

async function send(url: string, method: string, path: string, body?: object): Promise<void> {
  const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  expect(answer.status, `${method} ${path}`).toBeLessThan(300);
}

const register = (url: string, app: string, id: string, change: Fields = {}): Promise<void> =>
  send(url, "POST", `/apps/${app}`, { instance: instance(id, { app, ...change }) });

const follow = (addresses: readonly string[], change: Partial<EurekaSourceConfig> = {}) =>
  following(
    createEurekaSource({
      addresses,
      app: "orders",
      delta: false,
      interval: 100,
      secure: false,
      preferIpAddress: false,
      ...change,
    }),
  );

const instancesOf = (document: unknown): Promise<Instance[]> => resultInSlices(instancesIn(document));

let eureka: EurekaServer;
beforeEach(async () => {
  eureka = await EurekaServer.start();
  onTestFinished(() => eureka.close());
});

/** Without what depends on the time, and in an order of its own. */
function settled(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(settled).toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  const ofTime = /^(?:leaseInfo|last.*Timestamp|countryId|isCoordinatingDiscoveryServer|versions__delta|timestamp|path)$/;
  const entries = Object.entries(value).filter(([name]) => !ofTime.test(name));
  return Object.fromEntries(
    entries.map(([name, member]) => [name, settled(member)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

it("the server of these tests answers as a real one did", async () => {
  const url = real ?? eureka.url;
  const answers: unknown[] = [];
  const look = async (path: string): Promise<void> => {
    // A real one answers from a cache of half a second, and of whole seconds where its configuration is that of production.
    if (real !== undefined) await new Promise((resolve) => setTimeout(resolve, 1_500));
    const answer = await fetch(`${url}${path}`, { headers: { Accept: "application/json" } });
    answers.push({ path, status: answer.status, body: answer.status === 200 ? settled(await answer.json()) : null });
  };
  for (const path of ["/apps", "/apps/delta", "/apps/ORDERS", "/nothing"]) await look(path);
  await register(url, "ORDERS", "orders-1");
  for (const path of ["/apps", "/apps/delta", "/apps/ORDERS", "/apps/orders"]) await look(path);
  await register(url, "ORDERS", "orders-2", { status: "STARTING" });
  await register(url, "ORDERS", "");
  await register(url, "BILLING", "billing-1", { status: "DOWN", securePort: { $: 8443, "@enabled": "true" } });
  for (const path of ["/apps", "/apps/delta"]) await look(path);
  await send(url, "PUT", "/apps/ORDERS/orders-1/status?value=OUT_OF_SERVICE");
  for (const path of ["/apps/ORDERS", "/apps/delta"]) await look(path);
  await send(url, "DELETE", "/apps/BILLING/billing-1");
  for (const path of ["/apps", "/apps/delta", "/apps/BILLING"]) await look(path);
  if (real !== undefined && process.env.UPDATE === "1") writeFileSync(record, `${JSON.stringify(answers, undefined, 2)}\n`);
  expect(answers).toEqual(JSON.parse(readFileSync(record, "utf8")));
  if (real !== undefined) await Promise.all(["orders-1", "orders-2"].map((id) => send(url, "DELETE", `/apps/ORDERS/${id}`)));
});

describe.each([
  ["of the application", false],
  ["by delta", true],
])("instances %s", (_, delta) => {
  it("that are UP are endpoints, and come and go", async () => {
    const url = real ?? eureka.url;
    const app = delta ? "DELTA" : "WHOLE";
    await register(url, app, "orders-1");
    await register(url, app, "orders-2", { status: "STARTING" });
    await register(url, "OTHER", "other-1");
    const { told, addresses } = follow([url], { app: app.toLowerCase(), delta });
    const expected = { address: "orders-1.internal:8080", id: "orders-1", weight: "3", zone: "eu-1" };
    await vi.waitFor(() => expect(told.listed).toEqual([expect.objectContaining(expected)]), waiting);
    await register(url, app, "orders-2");
    await vi.waitFor(() => expect(addresses()).toEqual(["orders-1.internal:8080", "orders-2.internal:8080"]), waiting);
    await send(url, "PUT", `/apps/${app}/orders-1/status?value=OUT_OF_SERVICE`);
    await vi.waitFor(() => expect(addresses()).toEqual(["orders-2.internal:8080"]), waiting);
    await send(url, "DELETE", `/apps/${app}/orders-2`);
    await vi.waitFor(() => expect(addresses()).toEqual([]), waiting);
    await send(url, "DELETE", `/apps/${app}/orders-1`);
    const { times } = told;
    await vi.waitFor(() => expect(told.times).toBeGreaterThan(times + 2), waiting);
    expect([told.listed, told.failures]).toEqual([[], []]);
  });

  it("are those of the next server where one does not answer", async () => {
    const second = await EurekaServer.start();
    onTestFinished(() => second.close());
    for (const { url } of [eureka, second]) await register(url, "ORDERS", "orders-1");
    const { told, addresses } = follow(["http://127.0.0.1:1/eureka", eureka.url, `${second.url}/`], { delta });
    await vi.waitFor(() => expect(addresses()).toHaveLength(1), waiting);
    expect(eureka.asked.length).toBeGreaterThan(0);
    eureka.close();
    await register(second.url, "ORDERS", "orders-2");
    await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
    expect(told.fewest).toBe(1);
  });

  it.each([
    [401, "{}", "give `discover.eureka` a `user` and `password`"],
    [403, "{}", "may not read it"],
    [500, "{}", "answers with 500"],
    [200, "<applications/>", "not JSON"],
    [200, "{}", "not Eureka"],
  ])("stay where a server answers with %i %s", async (status, body, why) => {
    await register(eureka.url, "ORDERS", "orders-1");
    const { told, addresses } = follow([eureka.url], { delta });
    await vi.waitFor(() => expect(addresses()).toHaveLength(1), waiting);
    for (const path of ["/apps", "/apps/delta", "/apps/ORDERS"]) eureka.instead.set(path, { status, body });
    await vi.waitFor(() => expect(told.failure).toContain(why), waiting);
    expect(addresses()).toHaveLength(1);
    eureka.instead.clear();
    await vi.waitFor(() => expect(told.failure).toBeUndefined(), waiting);
  });
});

it("traffic row 24: changes that do not add up are read as a whole, once in an interval", async () => {
  await register(eureka.url, "ORDERS", "orders-1");
  const { told, addresses } = follow([eureka.url], { delta: true });
  await vi.waitFor(() => expect(eureka.asked.filter((path) => path === "/apps/delta").length).toBeGreaterThan(3), waiting);
  expect(eureka.asked.filter((path) => path === "/apps")).toHaveLength(1);
  const instances = { versions__delta: "9", apps__hashcode: "UP_7_", application: [] };
  eureka.instead.set("/apps/delta", { status: 200, body: JSON.stringify({ applications: instances }) });
  await register(eureka.url, "ORDERS", "orders-2");
  await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
  eureka.asked.length = 0;
  await vi.waitFor(() => expect(eureka.asked.length).toBeGreaterThan(8), waiting);
  // In turn, as fast as the interval is and no faster.
  const pairs = eureka.asked.slice(eureka.asked.indexOf("/apps/delta"));
  for (const [index, path] of pairs.entries()) expect(path).toBe(index % 2 === 0 ? "/apps/delta" : "/apps");
  expect(told.failures).toEqual([]);
});

it("a server without a delta is read as a whole each time", async () => {
  eureka.instead.set("/apps/delta", { status: 403, body: "" });
  await register(eureka.url, "ORDERS", "orders-1");
  const { told, addresses } = follow([eureka.url], { delta: true });
  await vi.waitFor(() => expect(addresses()).toHaveLength(1), waiting);
  await register(eureka.url, "ORDERS", "orders-2");
  await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
  expect(told.failures).toEqual([]);
});

it("a path without Eureka is no application without instances", async () => {
  const { told } = follow([eureka.url.replace("/eureka", "/nothing/here")]);
  await vi.waitFor(() => expect(told.failure).toContain("It mostly ends with `/eureka`"), waiting);
  expect(told.listed).toBeUndefined();
  const { told: ofEmpty } = follow([eureka.url]);
  await vi.waitFor(() => expect(ofEmpty.listed).toEqual([]), waiting);
});

it("user and password are shown to it, and it is asked for JSON", async () => {
  follow([eureka.url], { user: "gateway", password: startValue("pä:ss") });
  await vi.waitFor(() => expect(eureka.fields.length).toBeGreaterThan(0), waiting);
  const { authorization, accept } = eureka.fields[0]!;
  expect([Buffer.from(authorization!.split(" ")[1]!, "base64").toString(), accept]).toEqual([
    "gateway:pä:ss",
    "application/json",
  ]);
});

describe("what an instance says", () => {
  const plain = { secure: false, preferIpAddress: false };
  const listed = async (change: Fields, terms: Partial<typeof plain> = {}, id = "orders-1") => {
    const [one] = await instancesOf({ application: { name: "orders", instance: instance(id, change) } });
    return endpointOf(one!, { ...plain, ...terms });
  };

  it.each([
    [{}, {}, "orders-1.internal:8080"],
    [{}, { preferIpAddress: true }, "10.0.0.7:8080"],
    [{ hostName: "2001:db8::7" }, {}, "[2001:db8::7]:8080"],
    [{ hostName: "" }, {}, "10.0.0.7:8080"],
    [{ securePort: { $: 8443, "@enabled": "true" } }, { secure: true }, "orders-1.internal:8443"],
    [{ securePort: { $: 8443, "@enabled": true } }, { secure: true }, "orders-1.internal:8443"],
    // `MemberReader` says of both that the configuration wants the other scheme.
    [{}, { secure: true }, "http://orders-1.internal:8080"],
    [
      { port: { $: 8080, "@enabled": "false" }, securePort: { $: 8443, "@enabled": "true" } },
      {},
      "https://orders-1.internal:8443",
    ],
    [{ port: { $: 0, "@enabled": "true" } }, {}, "orders-1.internal"],
    [{ port: undefined, securePort: undefined }, {}, "orders-1.internal"],
  ])("%j with %j is reached at %s", async (change, terms, address) => {
    expect((await listed(change, terms)).address).toBe(address);
  });

  it("an empty name is that of the data centre or of the host, and its zone too", async () => {
    const amazon = { name: "Amazon", metadata: { "instance-id": "i-07", "availability-zone": "eu-central-1a" } };
    expect(await listed({ dataCenterInfo: amazon, metadata: {} }, {}, "")).toMatchObject({ id: "i-07", zone: "eu-central-1a" });
    expect(await listed({ metadata: {} }, {}, "")).toMatchObject({ id: "nameless.internal", zone: undefined, weight: undefined });
  });

  it("a single one is no list in the JSON of older servers", async () => {
    expect(await instancesOf({ application: { name: "orders", instance: [instance("a"), instance("b")] } })).toHaveLength(2);
    expect(
      await instancesOf({
        application: [
          { name: "a", instance: instance("a") },
          { name: "b", instance: [] },
        ],
      }),
    ).toMatchObject([{ app: "A", id: "a", status: "UP" }]);
    await expect(instancesOf({})).rejects.toThrow("not Eureka");
  });
});
