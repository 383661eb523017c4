import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { createLog } from "../../runtime/log/log.ts";
import { askDns } from "../../runtime/upstream/discovery/dns/client.ts";
import { createDnsSource, type DnsSourceConfig } from "../../runtime/upstream/discovery/dns/dns-source.ts";
import { dnsAnswer, dnsQuery } from "../../runtime/upstream/discovery/dns/message.ts";
import type { Listed } from "../../runtime/upstream/discovery/member.ts";
import { component } from "../harness/component.ts";
import { freePort } from "../harness/free-port.ts";

const never = new AbortController().signal;
const waiting = { timeout: 20_000, interval: 50 };

let port = 0;
let dnsmasq: ChildProcess;
let folder = "";

/** Debian's dnsmasq, which others run as well. */
beforeAll(async () => {
  const program = await component("dnsmasq");
  port = await freePort();
  folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const many = Array.from({ length: 200 }, (_, index) => `host-record=many.test,10.9.${index >> 4}.${index & 15}`);
  writeFileSync(
    join(folder, "dnsmasq.conf"),
    [
      "no-resolv",
      "no-hosts",
      "no-daemon",
      "listen-address=127.0.0.1",
      "bind-interfaces",
      `port=${port}`,
      "local=/test/",
      "local-ttl=7",
      "host-record=orders.test,10.0.0.1",
      "host-record=orders.test,10.0.0.2",
      "host-record=orders.test,2001:db8::1",
      "cname=alias.test,orders.test",
      "srv-host=_http._tcp.orders.test,a.test,8080,0,60000",
      "srv-host=_http._tcp.orders.test,b.test,8081,0,30000",
      "srv-host=_http._tcp.orders.test,c.test,8082,10,0",
      "txt-record=text.test,no address",
      ...many,
    ].join("\n"),
  );
  dnsmasq = spawn(program, ["-C", join(folder, "dnsmasq.conf")], { stdio: "ignore" });
  await vi.waitFor(() => askDns(servers(), "orders.test", "A", never), waiting);
});

afterAll(() => {
  dnsmasq?.kill("SIGKILL");
  if (folder !== "") rmSync(folder, { recursive: true });
});

const servers = () => [{ host: "127.0.0.1", port }];

describe("dnsmasq is asked", () => {
  it("for addresses of both families, with their TTL", async () => {
    expect(await askDns(servers(), "orders.test", "AAAA", never)).toMatchObject({
      rcode: 0,
      records: [{ type: "AAAA", address: "2001:db8:0:0:0:0:0:1" }],
      ttl: 7,
    });
    const { records } = await askDns(servers(), "Orders.TEST.", "A", never);
    expect(records.map((record) => (record.type === "A" ? record.address : "")).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  it("by an alias (RFC 1034 §3.6.2), for services, and for more than UDP carries, over TCP", async () => {
    expect((await askDns(servers(), "alias.test", "A", never)).records).toHaveLength(2);
    expect((await askDns(servers(), "_http._tcp.orders.test", "SRV", never)).records).toContainEqual({
      type: "SRV",
      priority: 10,
      weight: 0,
      port: 8082,
      target: "c.test",
    });
    expect((await askDns(servers(), "many.test", "A", never)).records).toHaveLength(200);
  });

  it("for a name without addresses and for one that does not exist, which are told apart", async () => {
    expect(await askDns(servers(), "text.test", "A", never)).toMatchObject({ rcode: 0, records: [] });
    expect(await askDns(servers(), "nobody.test", "A", never)).toMatchObject({ rcode: 3 });
  });

  it("another server is asked where one fails, and the reason is told where all do", async () => {
    const silent = await freePort();
    const two = [{ host: "127.0.0.1", port: silent }, ...servers()];
    expect((await askDns(two, "orders.test", "A", never)).records).toHaveLength(2);
    await expect(askDns(servers(), "elsewhere.example", "A", never)).rejects.toThrow("REFUSED");
  });
});

/** The life of an owner, up to the end of the test. */
function tenure(): Life {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const log = createLog();
  const every: Life["every"] = (milliseconds, work) => new Repeat({ milliseconds, work, signal: ending.signal, log });
  // A source uses nothing else of it.
  return { every, log, signal: ending.signal } as unknown as Life;
}

/** What the source told last. */
function following(change: Partial<DnsSourceConfig>) {
  const told: { listed: readonly Listed[] | undefined; failure: string | undefined } = { listed: undefined, failure: undefined };
  const source = createDnsSource({
    service: "orders",
    name: "orders.test",
    kind: "addresses",
    servers: [`127.0.0.1:${port}`],
    ttl: { min: 200, max: 300_000 },
    maxStale: 60_000,
    ...change,
  });
  const look = source.follow(tenure(), {
    found: (listed) => void Object.assign(told, { listed, failure: undefined }),
    read: (listed) => listed,
    failed: (failure) => void Object.assign(told, { failure }),
  });
  return { told, look };
}

describe("endpoints in DNS", () => {
  it("are the addresses of a name", async () => {
    const { told } = following({});
    await vi.waitFor(() => expect(told.listed).toHaveLength(3), waiting);
    expect(told.listed).toContainEqual({ address: "[2001:db8:0:0:0:0:0:1]" });
  });

  it("or what SRV records name, with weights on our scale and priorities by rank (RFC 2782)", async () => {
    const { told } = following({ kind: "services", name: "_http._tcp.orders.test" });
    await vi.waitFor(() => expect(told.listed).toHaveLength(3), waiting);
    expect(told.listed).toEqual(
      expect.arrayContaining([
        { address: "a.test:8080", weight: 1_000, priority: 0 },
        { address: "b.test:8081", weight: 500, priority: 0 },
        { address: "c.test:8082", weight: 1, priority: 1 },
      ]),
    );
  });

  it("a name that does not exist is a failure, and no empty set", async () => {
    const { told } = following({ name: "nobody.test" });
    await vi.waitFor(() => expect(told.failure).toContain("NXDOMAIN"), waiting);
    expect(told.listed).toBeUndefined();
  });
});

describe("a server of our own, that is what others are in bad hours", () => {
  /** Answers with code 2 for A once `isFailing`, and spoils what `spoil` says. */
  async function server() {
    const socket = createSocket("udp4");
    const state = { isFailing: false, asked: 0, spoiled: [] as ((answer: Buffer) => void)[], ports: new Set<number>(), ttl: 0 };
    socket.on("message", (query, from) => {
      state.asked++;
      state.ports.add(from.port);
      const at = query.indexOf(0, 12);
      const isIpv6 = query.readUInt16BE(at + 1) === 28;
      const fails = state.isFailing && !isIpv6;
      const data = isIpv6 ? Buffer.from("20010db8000000000000000000000001", "hex") : Buffer.from([10, 0, 0, 1]);
      const record = Buffer.concat([Buffer.from([0xc0, 12, 0, isIpv6 ? 28 : 1, 0, 1, 0, 0, 0, state.ttl, 0, data.length]), data]);
      const head = Buffer.from(query.subarray(0, 12));
      head.writeUInt16BE(0x8180 | (fails ? 2 : 0), 2);
      head.writeUInt16BE(fails ? 0 : 1, 6);
      head.writeUInt16BE(0, 10);
      const answer = Buffer.concat([head, query.subarray(12, at + 5), ...(fails ? [] : [record])]);
      for (const spoil of state.spoiled) {
        const other = Buffer.from(answer);
        spoil(other);
        socket.send(other, from.port, from.address);
      }
      socket.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    onTestFinished(() => void socket.close());
    return { state, address: `127.0.0.1:${socket.address().port}`, at: { host: "127.0.0.1", port: socket.address().port } };
  }

  it("traffic row 23: SERVFAIL for A and an answer for AAAA: both are used, A as it was, up to its age", async () => {
    const { state, address } = await server();
    const { told, look } = following({ servers: [address], maxStale: 400 });
    const both = [{ address: "10.0.0.1" }, { address: "[2001:db8:0:0:0:0:0:1]" }];
    await vi.waitFor(() => expect(told.listed).toEqual(both), waiting);
    state.isFailing = true;
    const before = state.asked;
    look.soon();
    await vi.waitFor(() => expect(state.asked).toBeGreaterThan(before + 2), waiting);
    expect(told.failure).toBeUndefined();
    await vi.waitFor(() => expect(told.listed).toEqual([both[1]]), waiting);
  });

  it("a TTL of 0 is not taken at its word: the next look is no sooner than the floor", async () => {
    const { state, address } = await server();
    const { told } = following({ servers: [address], ttl: { min: 300_000, max: 300_000 } });
    await vi.waitFor(() => expect(told.listed).toHaveLength(2), waiting);
    expect(state.asked).toBe(2);
  });

  it("answers with another id, another question or no answer at all are passed over; each question has a port of its own", async () => {
    const { state, at } = await server();
    state.spoiled.push(
      (answer) => void answer.writeUInt16BE(answer.readUInt16BE(0) ^ 1, 0),
      (answer) => void answer.write("x", 13),
      (answer) => void answer.writeUInt16BE(0x0100, 2),
    );
    for (let count = 0; count < 3; count++)
      expect((await askDns([at], "orders.test", "A", never)).records).toEqual([{ type: "A", address: "10.0.0.1" }]);
    expect(state.ports.size).toBe(3);
  });
});

describe("a message that somebody made up", () => {
  const query = dnsQuery(7, "a.test", "A", false);
  const answer = (records: string, count = 1): Buffer => {
    const head = Buffer.from(query);
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(count, 6);
    return Buffer.concat([head, Buffer.from(records, "hex")]);
  };

  it.each([
    ["a name that points at itself", answer("c018" + "0001000100000001" + "000401020304")],
    ["a name that points forward", answer("c0ff" + "0001000100000001" + "000401020304")],
    ["a record behind the end", answer("c00c" + "0001000100000001" + "00ff01020304")],
    ["fewer records than it says", answer("", 3)],
    ["a label of an unknown form", answer("80" + "0001000100000001" + "000401020304")],
  ])("%s is refused, and no circle", (_, message) => expect(() => dnsAnswer(message, 7, "a.test", "A")).toThrow());

  it("records of other names do not count", () => {
    const other = answer("016200" + "0001000100000001" + "000401020304");
    expect(dnsAnswer(other, 7, "a.test", "A")?.records).toEqual([]);
  });

  it("what is no name is not asked for", () => {
    for (const name of ["", "a..b", "a b", `${"a".repeat(64)}.test`, "a.".repeat(200)])
      expect(() => dnsQuery(1, name, "A", true)).toThrow("no name of DNS");
  });
});
