import { describe, expect, it, onTestFinished } from "vitest";
import { Load } from "../harness/load.ts";
import { admin, ask, EachWorker, oneOwnerEach, patient, started } from "./support/workers.ts";

/** The processes that serve when `pid` is gone and another has its place. */
async function without(port: number, pid: number, count: number): Promise<EachWorker> {
  let each: EachWorker | undefined;
  await expect
    .poll(async () => {
      each?.close();
      each = await EachWorker.of(port, count);
      return each.pids.includes(pid);
    }, patient)
    .toBe(false);
  return each!;
}

/** Who fetches the lists, as each of the processes that answer says it. */
const ownersOf = async (each: EachWorker): Promise<readonly (readonly number[])[]> => {
  const seen = await each.seen();
  return ["a", "b", "c"].map((name) => seen.filter(({ owns }) => owns.includes(name)).map(({ pid }) => pid));
};

describe("a worker", () => {
  it("that is killed loses its work to the others, which go on fetching, and the group counts on", {
    timeout: 180_000,
  }, async () => {
    const { child, port } = await started(["--workers", "3"]);
    let each = await oneOwnerEach(port, 3);
    let count = 0;
    for (let round = 0; round < 3; round++) {
      expect(await ask(port, "/count?1")).toBe(++count);
      const [owner] = (await ownersOf(each))[0]!;
      process.kill(owner!, "SIGKILL");
      await child.untilPrinted(/a worker ended \(SIGKILL\)/);
      each.close();
      each = await without(port, owner!, 3);
      each.close();
      each = await oneOwnerEach(port, 3);
      expect((await each.seen()).every(({ lists }) => !lists.includes(`${owner}`))).toBe(true);
      expect((await each.seen()).map(({ group }) => group.index).toSorted()).toEqual([0, 1, 2]);
    }
    expect(await ask(port, "/count?look")).toBe(3);
  });

  it.each([
    ["is stopped", (pid: number) => Promise.resolve(process.kill(pid, "SIGSTOP"))],
    ["is in an endless loop", (pid: number, each: EachWorker) => Promise.resolve(void each.ask(pid, "/hang").catch(() => {}))],
  ])("that %s keeps its work until that is known, and then another has it", async (_what, hang) => {
    const { child, port } = await started(["--workers", "3", "--worker-timeout", "2"]);
    const each = await oneOwnerEach(port, 3);
    const [owner] = (await ownersOf(each))[0]!;
    const others = each.pids.filter((pid) => pid !== owner);
    await hang(owner!, each);
    let mostOwners = 0;
    const look = async (): Promise<boolean> => {
      const owns = (await Promise.all(others.map((pid) => each.ask(pid, "/seen")))) as { owns: string[] }[];
      const owners = owns.filter((one) => one.owns.includes("a")).length;
      mostOwners = Math.max(mostOwners, owners);
      return owners > 0;
    };
    await expect.poll(look, patient).toBe(true);
    expect(mostOwners).toBe(1);
    await child.untilPrinted(/a worker ended \(it did not respond\)/);
  });

  it("that hangs is missing from what all are asked, which is said, and nobody waits for it long", {
    timeout: 120_000,
  }, async () => {
    const { port, adminPort } = await started(["--workers", "3", "--worker-timeout", "60"]);
    const each = await oneOwnerEach(port, 3);
    const [stopped, ...others] = each.pids;
    process.kill(stopped!, "SIGSTOP");
    onTestFinished(() => void process.kill(stopped!, "SIGCONT"));
    const answer = (await admin(adminPort, "/toys")).json as { answered: number; asked: number; answers: number[] };
    expect([answer.answered, answer.asked]).toEqual([2, 3]);
    expect(answer.answers.toSorted()).toEqual(others.toSorted());
    expect(others).toContain((await admin(adminPort, "/toy")).json);
    expect((await admin(adminPort, "/readyz")).status).toBe(200);
  });
});

describe("a take-over", () => {
  it("under load loses no count and no value, and the work of all moves to the new ones, once each", {
    timeout: 180_000,
  }, async () => {
    const { child, rebuild, port, adminPort } = await started(["--workers", "2"]);
    let each = await oneOwnerEach(port, 2);
    await each.ask(each.pids[0]!, "/publish?kept");
    await expect.poll(async () => (await each.seen()).map(({ shared }) => shared), patient).toEqual(["kept", "kept"]);
    const load = new Load(port, { clients: 20, most: 1_000_000, target: "/count?1" });
    for (const build of ["two", "three"]) {
      const before = each.pids;
      const asked = (await admin(adminPort, "/count")).json as number;
      await load.further(300);
      rebuild(build === "two" ? 'TEST_BUILD = "one"' : 'TEST_BUILD = "two"', `TEST_BUILD = "${build}"`);
      child.signal("SIGHUP");
      await child.untilPrinted(new RegExp(`(?:2 new workers serve[^]*){${build === "two" ? 1 : 2}}`));
      each.close();
      await load.further(300);
      each = await oneOwnerEach(port, 2);
      const seen = await each.seen();
      expect(seen.filter(({ pid }) => before.includes(pid))).toEqual([]);
      expect(seen.map((one) => [one.build, one.shared, one.seenBeforeReady])).toEqual([
        [build, "kept", "kept"],
        [build, "kept", "kept"],
      ]);
      // Of one of the old ones, both.
      expect(before.map((pid) => `from ${pid}`)).toContain(seen[0]!.adopted);
      expect(seen[1]!.adopted).toBe(seen[0]!.adopted);
      expect(seen.map(({ group }) => group.index).toSorted()).toEqual([0, 1]);
      expect((await admin(adminPort, "/count")).json).toBeGreaterThanOrEqual(asked + 600);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    // Neither lost nor doubled.
    expect((await admin(adminPort, "/count")).json).toBe(load.answered);
  });

  it("by one whose toys do not start leaves everything with the old ones", async () => {
    const { child, rebuild, port } = await started(["--workers", "2"]);
    const each = await oneOwnerEach(port, 2);
    const before = await ownersOf(each);
    rebuild('TEST_FAIL = ""', 'TEST_FAIL = "start"');
    child.signal("SIGHUP");
    await child.untilPrinted(/the new workers did not start, the old ones serve on/);
    expect(child.stderr).toContain("toy did not start, and the gateway does not serve without it");
    await expect.poll(() => ownersOf(each), patient).toEqual(before);
  });

  it("from a build in which nothing lives: each works for itself, and a line says what to do", async () => {
    const { child, rebuild, port } = await started(["--workers", "2"], (text) =>
      text.replace('TEST_LIVING = "yes"', 'TEST_LIVING = "no"'),
    );
    expect(await ask(port, "/seen")).toBe("not alive");
    rebuild('TEST_LIVING = "no"', 'TEST_LIVING = "yes"');
    child.signal("SIGHUP");
    await child.untilPrinted(/2 new workers serve/);
    expect(child.stderr).toMatch(/the primary process is of a build that holds nothing for its workers.*Start the gateway again/);
    const each = await EachWorker.of(port, 2);
    expect(await ask(port, "/count?1")).toBe("NobodyHolds");
    for (const { owns, lists, pid, group } of await each.seen()) {
      expect([owns, group]).toEqual([["a", "b", "c"], { size: 2, index: 1 }]);
      expect(new Set(lists)).toEqual(new Set([`${pid}`]));
    }
  });

  it("to a build in which nothing lives, and back, leaves the counts with the primary", async () => {
    const { child, rebuild, port } = await started(["--workers", "2"]);
    expect(await ask(port, "/count?1")).toBe(1);
    rebuild('TEST_LIVING = "yes"', 'TEST_LIVING = "no"');
    child.signal("SIGHUP");
    await child.untilPrinted(/2 new workers serve/);
    expect(await ask(port, "/seen")).toBe("not alive");
    rebuild('TEST_LIVING = "no"', 'TEST_LIVING = "yes"');
    child.signal("SIGHUP");
    await child.untilPrinted(/(?:2 new workers serve[^]*){2}/);
    await oneOwnerEach(port, 2);
    expect(await ask(port, "/count?1")).toBe(2);
  });
});
