import { describe, expect, it } from "vitest";
import { metricsOf } from "../faults/gateway.ts";
import { admin, ask, EachWorker, oneOwnerEach, patient, started, toys } from "./support/workers.ts";

describe("one process", () => {
  it("holds, owns and serves; what throws in the background does not take it along", async () => {
    const { child, port, adminPort } = await started([]);
    expect(await ask(port, "/count?1")).toBe(1);
    expect(await ask(port, "/count?1")).toBe(2);
    expect(await ask(port, "/nobody")).toBe("NobodyHolds");
    const [seen] = await (await oneOwnerEach(port, 1)).seen();
    expect(seen).toMatchObject({ owns: ["a", "b", "c"], group: { size: 1, index: 0 }, adopted: "" });
    await child.untilPrinted(/background work failed, and is tried again.*background work of a toy/);
    expect((await admin(adminPort, "/readyz")).status).toBe(200);
    await ask(port, "/stick");
    expect(await admin(adminPort, "/readyz")).toEqual({ status: 503, json: { status: "unready", unready: ["toy"] } });
    expect((await admin(adminPort, "/status")).json).toMatchObject({
      things: [
        { name: "counter", required: true, ready: true },
        { name: "lists.a", ready: true, isOwned: true },
        { name: "lists.b" },
        { name: "lists.c" },
        { name: "toy", ready: false, why: "it was told to be stuck", state: { build: "one", pid: seen!.pid } },
      ],
    });
    expect([await admin(adminPort, "/toys"), await admin(adminPort, "/toy"), await admin(adminPort, "/count")]).toEqual([
      { status: 200, json: seen!.pid },
      { status: 200, json: seen!.pid },
      { status: 200, json: 2 },
    ]);
    child.signal("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it.each([[[]], [["--workers", "2"]]])(
    "does not start without a thing that it needs (%j): one line says which, and why",
    async (args) => {
      const { child } = await toys(args, { TEST_FAIL: "start" });
      expect((await child.exited).code).toBe(69);
      const lines = child.stderr.split("\n").filter((line) => line.startsWith("gatewright:"));
      expect(lines).toEqual([
        "gatewright: toy did not start, and the gateway does not serve without it: its registry cannot be reached",
      ]);
    },
  );

  it.each([[[]], [["--workers", "2"]]])("ends as it is told to while it waits for a thing to start (%j)", async (args) => {
    const { child } = await toys(args, { TEST_FAIL: "never" });
    await child.untilPrinted(/the toy begins to start/);
    child.signal("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

describe("several processes", () => {
  it("count together, share values and events, and one works for all", async () => {
    const { port, adminPort } = await started(["--workers", "3"]);
    const each = await oneOwnerEach(port, 3);
    const [one, two, three] = each.pids;
    const counts = await Promise.all(each.pids.map((pid) => each.ask(pid, "/count?1")));
    expect(counts.toSorted()).toEqual([1, 2, 3]);
    expect((await admin(adminPort, "/count")).json).toBe(3);
    expect(await each.ask(two!, "/nobody")).toBe("NobodyHolds");
    await each.ask(one!, "/publish?shared%20by%20one");
    await each.ask(two!, "/event?first");
    await each.ask(two!, "/event?second");
    await expect
      .poll(async () => (await each.seen()).map(({ shared, events }) => [shared, ...events]), patient)
      .toEqual(each.pids.map(() => ["shared%20by%20one", "first", "second"]));
    const seen = await each.seen();
    expect(seen.map(({ group }) => group.index).toSorted()).toEqual([0, 1, 2]);
    expect(seen.map(({ owns }) => owns.length)).toEqual([1, 1, 1]);
    expect(await metricsOf(adminPort)).toContain("toy_alive 3\n");
    await each.ask(three!, "/stick");
    expect((await admin(adminPort, "/readyz?verbose")).json).toMatchObject({
      status: "unready",
      checks: expect.arrayContaining([
        { name: "toy", required: true, ready: false, why: "it was told to be stuck (1 of 3 workers)" },
      ]),
    });
    expect((await admin(adminPort, "/toys")).json).toMatchObject({
      answered: 3,
      asked: 3,
      answers: expect.arrayContaining([...each.pids]),
    });
    expect(each.pids).toContain((await admin(adminPort, "/toy")).json);
  });

  it("get a hundred values of a megabyte to each other, and to one that starts later before it is ready", {
    timeout: 180_000,
  }, async () => {
    const { port } = await started(["--workers", "2"]);
    const each = await EachWorker.of(port, 2);
    const [one, other] = each.pids;
    for (let index = 0; index < 100; index++) await each.ask(one!, `/large?${index}`);
    await expect.poll(() => each.ask(other!, "/larges"), { interval: 100, timeout: 100_000 }).toBe(100);
    process.kill(other!, "SIGKILL");
    let fresh: number | undefined;
    await expect
      .poll(async () => (fresh = (await EachWorker.of(port, 2)).pids.find((pid) => !each.pids.includes(pid))), patient)
      .toBeDefined();
    expect(await (await EachWorker.of(port, 2)).ask(fresh!, "/larges")).toBe(100);
  });
});
