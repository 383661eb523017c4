import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { timers } from "../../runtime/life/timers.ts";
import { createLog } from "../../runtime/log/log.ts";
import { createEtcdSource } from "../../runtime/upstream/discovery/etcd/etcd-source.ts";
import { createHttpSource } from "../../runtime/upstream/discovery/http-source.ts";
import { Pacing } from "../../runtime/upstream/discovery/pacing.ts";
import type { EndpointSource } from "../../runtime/upstream/discovery/source.ts";
import { startValue } from "../stores/support/redis-store.ts";

/** What a registry is asked by whom looks every `interval`, of which the first `failing` looks fail. Gives the pauses between. */
async function pausesOf(interval: number, failing: number, looks: number): Promise<number[]> {
  const pauses: number[] = [];
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) => {
    pauses.push(milliseconds);
    return after(milliseconds >= interval * 0.9 && count <= failing ? 60_000 : 0, owner, callback);
  });
  const ending = new AbortController();
  onTestFinished(() => {
    ending.abort();
    vi.restoreAllMocks();
  });
  let count = 0;
  const every: Life["every"] = (milliseconds, work) =>
    new Repeat({ milliseconds, work, signal: ending.signal, log: createLog() });
  const failures: unknown[] = [];
  const work = async (): Promise<undefined> => {
    if (++count <= failing) throw new Error(`look ${count}`);
  };
  new Pacing({ every, signal: ending.signal } as unknown as Life, interval, work, (error) => failures.push(error));
  await vi.waitFor(() => expect(count).toBeGreaterThanOrEqual(looks), { interval: 5 });
  ending.abort();
  expect(failures).toHaveLength(Math.min(failing, count));
  return pauses;
}

it("after failures the pauses double, with jitter, up to the interval", async () => {
  const pauses = await pausesOf(10_000, 5, 5);
  // Those of the interval stand beside them: the earlier one counts.
  const growing = pauses.filter((pause) => pause < 9_000);
  for (const [index, bound] of [200, 400, 800, 1_600].entries()) {
    expect(growing[index]).toBeGreaterThanOrEqual(bound / 2);
    expect(growing[index]).toBeLessThanOrEqual(bound);
  }
});

it("a look that succeeds begins anew, and instances do not come back together", async () => {
  const first = new Set<number>();
  for (let count = 0; count < 3; count++) {
    const pauses = await pausesOf(100_000, 1, 2);
    first.add(pauses.find((pause) => pause <= 200)!);
    vi.restoreAllMocks();
  }
  expect(first.size).toBe(3);
});

it("an interval that is shorter than the pause counts", async () => {
  const pauses = await pausesOf(200, 0, 6);
  expect(pauses.every((pause) => pause >= 180 && pause <= 220)).toBe(true);
});

describe("a registry that answers when it wants to be asked again", () => {
  const registry = async (
    status: number,
    after: string,
    list = "[]",
  ): Promise<{ readonly url: string; readonly asked: number[] }> => {
    const asked: number[] = [];
    const server = createServer((_, response) => {
      asked.push(performance.now());
      if (asked.length < 3) response.writeHead(status, { "Retry-After": after }).end();
      else response.end(list);
    });
    onTestFinished(() => void server.close().closeAllConnections());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`, asked };
  };
  /** What asks it each tenth of a second, unless it says otherwise. */
  const follow = (url: string) => followSource(createHttpSource({ url, interval: 100 }));
  const followSource = (source: EndpointSource): { readonly found: () => number; readonly failures: string[] } => {
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const every: Life["every"] = (milliseconds, work) =>
      new Repeat({ milliseconds, work, signal: ending.signal, log: createLog() });
    const failures: string[] = [];
    let found = 0;
    source.follow({ every, signal: ending.signal, log: createLog() } as unknown as Life, {
      read: (listed) => listed,
      found: () => void found++,
      failed: (why) => void failures.push(why),
    });
    return { found: () => found, failures };
  };

  it.each([429, 503])("with %i is left alone for as long, whatever the interval", async (status) => {
    const { url, asked } = await registry(status, "1");
    const { found, failures } = follow(url);
    await vi.waitFor(() => expect(found()).toBeGreaterThan(0), { timeout: 60_000, interval: 20 });
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(990);
    expect(asked[2]! - asked[1]!).toBeGreaterThanOrEqual(990);
    expect(failures).toEqual(Array(2).fill(`${url} answered with ${status}, and 200 is expected`));
  });

  const range = JSON.stringify({ header: { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" }, count: "0" });

  it.each([
    ["its keys", {}],
    ["a token", { user: "shop", password: startValue("p") }],
  ])("is left alone for as long where it is an etcd that is asked for %s", async (_, credentials) => {
    const { url, asked } = await registry(503, "1", range);
    const { failures } = followSource(createEtcdSource({ addresses: [new URL(url).origin], prefix: "a/", ...credentials }));
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2), { timeout: 60_000, interval: 20 });
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(990);
    expect(asked[2]! - asked[1]!).toBeGreaterThanOrEqual(990);
    expect(failures[0]).toBe(`${new URL(url).origin} answers with 503`);
  });

  const pausesUntil = async (isDone: () => boolean): Promise<readonly number[]> => {
    const pauses: number[] = [];
    const { after } = timers;
    vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) => {
      pauses.push(milliseconds);
      return after(milliseconds, owner, callback);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await vi.waitFor(() => expect(isDone()).toBe(true), { timeout: 60_000, interval: 20 });
    return pauses;
  };

  it.each(["soon", "-1", "0", "1.5", ""])("with what says nothing (%j) is asked as any that fails", async (after) => {
    const { url } = await registry(429, after);
    const { found } = follow(url);
    // But for the bounds of each call.
    const pauses = (await pausesUntil(() => found() > 0)).filter((ms) => ms < 5_000);
    expect(Math.max(...pauses)).toBeLessThan(500);
  });

  it("and asks for more than a minute is asked after a minute", async () => {
    const { url, asked } = await registry(503, "86400");
    const { failures } = follow(url);
    const longest = Math.max(...(await pausesUntil(() => failures.length === 1)));
    expect(longest).toBeGreaterThanOrEqual(60_000);
    expect(longest).toBeLessThanOrEqual(66_000);
    await new Promise((resolve) => void setTimeout(resolve, 400));
    expect(asked).toHaveLength(1);
  });
});
