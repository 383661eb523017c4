import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { createFileList } from "../../../runtime/policies/ip-filter/file-list.ts";
import { createLiveIpFilter, type LiveIpFilterConfig } from "../../../runtime/policies/ip-filter/live.ts";
import { createRemoteList } from "../../../runtime/policies/ip-filter/remote-list.ts";
import { makeAuthority } from "../../harness/certificates.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { startParty } from "../../harness/party.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { NotedLog } from "../../life/support/things.ts";

/** A filter that lives, in the only process. */
function living(config: Partial<LiveIpFilterConfig>) {
  const filter = createLiveIpFilter({ at: "gateway.yaml:7", allow: null, deny: [], allowLists: [], denyLists: [], ...config });
  const log = new NotedLog();
  const house = new Household([filter], new Alone([filter]), log);
  onTestFinished(() => house.stop());
  /** 200 where the request goes on. */
  const status = (ip: string): number => {
    const x = fakeExchange({ peer: { ip } });
    return filter.request(x) ? (problemOf(x) as { status: number }).status : 200;
  };
  return { filter, house, log, status };
}

const until = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 20 });

describe("ipFilter with a list from a URL", () => {
  const remote = (url: string, change = {}) => createRemoteList({ url, intervalMs: 20, required: true, ...change });

  it("has it before the gateway listens, and takes a changed one over; while it has not changed, it does not come again", async () => {
    const party = await startParty();
    party.on("/list", { body: "192.0.2.0/24\n", etag: true });
    const { house, status, log } = living({ deny: ["10.0.0.0/8"], denyLists: [remote(`${party.origin}/list`)] });
    await house.start();
    expect(["192.0.2.1", "10.1.1.1", "203.0.113.1", "unknown"].map(status)).toEqual([403, 403, 200, 403]);
    await until(() => expect(party.requests.length).toBeGreaterThan(3));
    expect(log.lines.filter((line) => line.includes("list of addresses fetched"))).toHaveLength(1);
    party.on("/list", { body: '["203.0.113.0/24"]', etag: true });
    await until(() => expect(["192.0.2.1", "203.0.113.1"].map(status)).toEqual([200, 403]));
  });

  it("is fetched with the fields that the server wants, from servers that its authorities vouch for alone", async () => {
    const authority = await makeAuthority();
    const party = await startParty(authority.issue("lists", ["DNS:localhost"]));
    party.on("/list", { body: "192.0.2.0/24\n" });
    const headers = [{ name: "authorization", value: "Bearer of-the-list" as StartValue }];
    const url = `${party.origin}/list`;
    const { house, status } = living({ denyLists: [remote(url, { headers, ca: authority.certificate as StartValue })] });
    await house.start();
    expect(status("192.0.2.1")).toBe(403);
    expect(party.requests[0]!.headers.authorization).toBe("Bearer of-the-list");
    const stranger = await makeAuthority("another");
    const other = living({ denyLists: [remote(url, { required: false, ca: stranger.certificate as StartValue })] });
    await other.house.start();
    expect(other.status("192.0.2.1")).toBe(503);
    expect(() => remote(url, { ca: "nothing" as StartValue })).toThrow(
      /`ca` of the list at .* does not hold certificates in PEM/,
    );
  });

  it("keeps the last good one while the server is gone, slow or says something else", async () => {
    const party = await startParty();
    party.on("/list", { body: "192.0.2.0/24\n" });
    const { house, status, log, filter } = living({ denyLists: [remote(`${party.origin}/list`)] });
    await house.start();
    for (const [behaviour, reason] of [
      [{ body: "<html>Service unavailable</html>" }, "neither an address nor a CIDR block"],
      [{ body: "" }, "it is empty"],
      [{ status: 500 }, "answered with 500"],
      ["truncated", "ended before its answer was whole"],
      [{ redirect: "http://127.0.0.1:9/" }, "which is not followed"],
    ] as const) {
      party.on("/list", behaviour);
      await until(() => expect(log.lines.at(-1)).toContain(reason));
      expect(log.lines.at(-1)).toContain("the one before stays in force");
      expect(status("192.0.2.1")).toBe(403);
    }
    await party.leave();
    await until(() => expect(log.lines.at(-1)).toContain("nothing listens there"));
    expect([status("192.0.2.1"), filter.readiness()]).toEqual([403, { ready: true }]);
    await party.comeBack();
    party.on("/list", { body: "203.0.113.0/24" });
    await until(() => expect(status("203.0.113.1")).toBe(403));
  });

  it("refuses what it cannot decide yet where the gateway does not wait for it", async () => {
    const party = await startParty();
    party.on("/list", { status: 503 });
    const options = { required: false };
    const { house, status } = living({
      allow: ["198.51.100.0/24"],
      deny: ["10.0.0.0/8"],
      denyLists: [remote(`${party.origin}/list`, options)],
    });
    await house.start();
    // Denied, not allowed, and allowed unless the list says otherwise.
    expect(["10.1.1.1", "203.0.113.1", "198.51.100.1"].map(status)).toEqual([403, 403, 503]);
    party.on("/list", { body: "198.51.100.7" });
    await until(() => expect(["198.51.100.1", "198.51.100.7"].map(status)).toEqual([200, 403]));
  });

  it("lets in whom its list allows, and nobody where there is none yet", async () => {
    const party = await startParty();
    party.on("/list", { body: "192.0.2.0/24" });
    const { house, status } = living({ allow: [], allowLists: [remote(`${party.origin}/list`, { required: false })] });
    expect(status("192.0.2.1")).toBe(503);
    await house.start();
    await until(() => expect(["192.0.2.1", "203.0.113.1", ""].map(status)).toEqual([200, 403, 403]));
  });

  it("tells what is in force, as state and as metrics", async () => {
    const party = await startParty();
    party.on("/list", { body: "192.0.2.0/24\n192.0.2.7\n" });
    // A query may hold a token, and is told to nobody.
    const { house, filter, log } = living({ denyLists: [remote(`${party.origin}/list?token=geheim`)] });
    await house.start();
    expect(JSON.stringify([log.lines, filter.name, filter.state(), filter.metrics()])).not.toContain("geheim");
    expect(filter.state()).toEqual([{ source: `${party.origin}/list`, entries: 2, since: expect.any(String) }]);
    expect(filter.metrics()[0]).toMatchObject({
      name: "gatewright_address_list_entries",
      samples: [{ labels: `list="${party.origin}/list"`, value: 2 }],
    });
  });
});

describe("ipFilter with a list from a file", () => {
  it("follows it", async () => {
    const file = join(temporaryFolder({ "blocks.txt": "192.0.2.0/24\n" }), "blocks.txt");
    const { house, status, log } = living({ denyLists: [createFileList({ file, required: true })] });
    await house.start();
    expect(status("192.0.2.1")).toBe(403);
    writeFileSync(file, "not a list");
    await until(() => expect(log.lines.at(-1)).toContain("neither an address nor a CIDR block"));
    expect(status("192.0.2.1")).toBe(403);
    writeFileSync(file, "203.0.113.0/24\n");
    await until(() => expect(["192.0.2.1", "203.0.113.1"].map(status)).toEqual([200, 403]));
  });

  it("does not let the gateway start without it, and says what to do", async () => {
    const { house } = living({ denyLists: [createFileList({ file: "/nowhere/blocks.txt", required: true })] });
    await expect(house.start()).rejects.toThrow(
      "gateway.yaml:7 ipFilter file /nowhere/blocks.txt did not start, and the gateway does not serve without it: file /nowhere/blocks.txt cannot be read: it does not exist. Mount it there",
    );
  });
});
