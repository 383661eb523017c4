import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { timers } from "../../runtime/life/timers.ts";
import { createLog } from "../../runtime/log/log.ts";
import { createConsulSource } from "../../runtime/upstream/discovery/consul/consul-source.ts";
import { healthList } from "../../runtime/upstream/discovery/consul/health-list.ts";
import type { Listed } from "../../runtime/upstream/discovery/member.ts";
import { consulInstance, consulServer } from "./support/consul-server.ts";

const waiting = { timeout: 20_000, interval: 20 };

/** Milliseconds of the pauses between queries, which pass at once here. */
const pauses: number[] = [];
beforeEach(() => {
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) => {
    const isPause = milliseconds <= 1_000;
    if (isPause) pauses.push(milliseconds);
    return after(isPause ? 0 : milliseconds, owner, callback);
  });
  onTestFinished(() => void vi.restoreAllMocks());
});

function following(address: string) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const log = createLog();
  const every: Life["every"] = (milliseconds, work) => new Repeat({ milliseconds, work, signal: ending.signal, log });
  const told = { listed: undefined as readonly Listed[] | undefined, failure: undefined as string | undefined, times: 0 };
  const source = createConsulSource({ address, service: "orders", datacenter: "dc1", tag: "v2" });
  // A source uses nothing else of it.
  const look = source.follow({ every, log, signal: ending.signal } as unknown as Life, {
    found: (listed) => void Object.assign(told, { listed, failure: undefined, times: told.times + 1 }),
    read: (listed) => listed,
    failed: (failure) => void Object.assign(told, { failure }),
  });
  return { told, look };
}

it("instances that pass are asked for, and a change is seen when it happens", async () => {
  const { state, blocked, change, address } = await consulServer();
  const { told } = following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  expect(told.listed).toEqual([{ address: "10.1.10.12:8000", id: "orders-1", weight: 10, metadata: {} }]);
  expect(state.asked.map(({ pathname }) => pathname)).toEqual(["/v1/health/service/orders", "/v1/health/service/orders"]);
  const [first, second] = state.asked.map(({ searchParams }) => Object.fromEntries(searchParams));
  expect(first).toEqual({ passing: "1", dc: "dc1", tag: "v2" });
  expect(second).toEqual({ ...first, index: "1200", wait: "30s" });
  change({
    index: "1201",
    list: [consulInstance("orders-1"), consulInstance("orders-2", { Address: "10.1.10.13", Port: 9000 })],
  });
  await vi.waitFor(() => expect(told.listed).toHaveLength(2), waiting);
});

it("traffic row 18: an index that goes back begins anew, and one of 0 is no busy loop", async () => {
  const { state, blocked, change, address } = await consulServer();
  following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  change({ index: "7" });
  await vi.waitFor(() => expect(state.asked).toHaveLength(4), waiting);
  const indexes = state.asked.map(({ searchParams }) => searchParams.get("index"));
  expect(indexes).toEqual([null, "1200", null, "7"]);
  // From now on every answer comes at once: a query a second.
  pauses.length = 0;
  change({ index: "0" });
  await vi.waitFor(() => expect(state.asked.length).toBeGreaterThanOrEqual(10), waiting);
  expect(Math.min(...pauses)).toBeGreaterThan(500);
  expect(new Set(state.asked.slice(5).map(({ searchParams }) => searchParams.get("index")))).toEqual(new Set([null, "1"]));
});

it("changes that follow each other are each asked for at once, but for a server that makes them up", async () => {
  const { state, blocked, change, address } = await consulServer();
  const { told } = following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  pauses.length = 0;
  for (let next = 1; next <= 5; next++) {
    change({ index: String(1_200 + next), list: [consulInstance("orders-1", { Port: 9_000 + next })] });
    await vi.waitFor(() => expect(told.listed).toMatchObject([{ address: `10.1.10.12:${9_000 + next}` }]), waiting);
    await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  }
  // None of them was waited for: the first answer of all is behind a pause.
  expect(pauses.filter((pause) => pause > 0 && pause < 5_000)).toEqual([]);
  // From now on every answer comes at once, with another index each time.
  state.isLying = true;
  change({ index: "2000" });
  await vi.waitFor(() => expect(state.asked.length).toBeGreaterThanOrEqual(25), waiting);
  expect(pauses.filter((pause) => pause > 500 && pause <= 1_000).length).toBeGreaterThanOrEqual(5);
});

it("an index is larger than a double holds (uint64)", async () => {
  const { state, blocked, change, address } = await consulServer();
  following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  change({ index: "18446744073709551615" });
  await vi.waitFor(() => expect(state.asked.at(-1)!.searchParams.get("index")).toBe("18446744073709551615"), waiting);
});

it("a further look does not wait for a change", async () => {
  const { state, blocked, address } = await consulServer();
  const { told, look } = following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  const before = told.times;
  look.soon();
  await vi.waitFor(() => expect(told.times).toBe(before + 1), waiting);
  expect([state.asked.at(2)!.searchParams.get("index"), told.failure]).toEqual([null, undefined]);
});

it.each([
  ["an error", { status: 500 }, "answers with 500"],
  ["no right to ask", { status: 403 }, "service:read"],
  ["no leader", { leader: "false", index: "1300" }, "no leader"],
])("%s changes nothing", async (_, answer, why) => {
  const { blocked, change, address } = await consulServer();
  const { told } = following(address);
  await vi.waitFor(() => expect(blocked.size).toBe(1), waiting);
  const { listed } = told;
  change(answer);
  await vi.waitFor(() => expect(told.failure).toContain(why), waiting);
  expect(told.listed).toBe(listed);
});

it("addresses of nodes, IPv6, weights and zones", async () => {
  const instances = [
    consulInstance("a", { Address: "2001:db8::7", Weights: { Passing: 0 }, Meta: { zone: "eu-1" } }),
    consulInstance("b", { Address: "orders.internal", Weights: { Passing: 65_000 } }),
  ];
  expect(await healthList(JSON.stringify(instances), (listed) => listed)).toEqual([
    { address: "[2001:db8::7]:8000", id: "a", zone: "eu-1", metadata: { zone: "eu-1" } },
    { address: "orders.internal:8000", id: "b", weight: 1_000, metadata: {} },
  ]);
  await expect(healthList("{}", (listed) => listed)).rejects.toThrow("no list");
});
