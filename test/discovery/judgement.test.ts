import { describe, expect, it } from "vitest";
import { Judgement } from "../../runtime/upstream/discovery/judgement.ts";
import { listedIn } from "../../runtime/upstream/discovery/list.ts";
import { type Listed, Member, MemberReader, type Terms } from "../../runtime/upstream/discovery/member.ts";
import { Members } from "../../runtime/upstream/discovery/members.ts";

const members = (count: number, first = 0): Members =>
  new Members(Array.from({ length: count }, (_, index) => new Member(`e${first + index}:80`, undefined, { weight: 1 })));
const config = { shrink: 0.5, confirm: 10_000 };

describe("what a registry says is believed", () => {
  it("traffic row 21: an empty set once changes nothing; confirmed, it is believed", () => {
    const judgement = new Judgement(config, members(4));
    const first = judgement.judge(members(0), 1_000);
    expect(first).toMatchObject({ members: members(4), again: 10_000 });
    expect(first.held).toContain("0 endpoints instead of 4");
    // A look before its time decides nothing, and what was there before is back at once.
    expect(judgement.judge(members(0), 2_000).members).toEqual(members(4));
    expect(judgement.judge(members(4), 3_000)).toEqual({ members: members(4) });
    expect(judgement.judge(members(0), 4_000).members).toEqual(members(4));
    expect(judgement.judge(members(0), 14_000)).toEqual({ members: members(0) });
  });

  it("fewer than half are confirmed, half and more are believed at once", () => {
    const judgement = new Judgement(config, members(10));
    expect(judgement.judge(members(4), 0).members.size).toBe(10);
    expect(judgement.judge(members(5), 1).members.size).toBe(5);
    expect(judgement.judge(members(20), 2).members.size).toBe(20);
  });

  it("those that come while others are not believed to be gone are used at once", () => {
    const judgement = new Judgement(config, members(10));
    const first = judgement.judge(members(3, 10), 0);
    expect(first).toMatchObject({ members: members(13), again: 10_000 });
    expect(first.held).toContain("3 endpoints instead of 10");
    // One of them is gone again, and was not there before.
    expect(judgement.judge(members(2, 10), 1_000).members).toEqual(members(12));
    expect(judgement.judge(members(2, 10), 10_000)).toEqual({ members: members(2, 10) });
    expect(judgement.judge(members(1, 10), 10_100)).toEqual({ members: members(1, 10) });
  });

  it("those that come wait as well where there would be more than a service has at most", () => {
    const judgement = new Judgement(config, members(19_990));
    const full = judgement.judge(members(10, 19_990), 0);
    expect(full.members.size).toBe(20_000);
    expect(full.held).toBe("10 endpoints instead of 19990 are not confirmed yet");
    const over = judgement.judge(members(11, 19_990), 1_000);
    expect(over.members.size).toBe(19_990);
    expect(over.held).toBe("11 endpoints instead of 19990 are not confirmed yet, and together there would be more than 20000");
    expect(over.again).toBe(9_000);
    expect(judgement.judge(members(11, 19_990), 10_000)).toEqual({ members: members(11, 19_990) });
  });

  it("those that come and go stay away as well where there would be", () => {
    const judgement = new Judgement(config, members(2));
    for (let at = 0; at < 5_000; at += 2_000) {
      judgement.judge(members(1), at);
      judgement.judge(members(2), at + 1_000);
    }
    const most = members(19_999, 10);
    most.set([...members(1).values()][0]!);
    const { members: all, held } = judgement.judge(most, 6_000);
    expect([all.size, held]).toEqual([20_000, undefined]);
  });

  it("those that leave one by one are much fewer all the same, as where leases end", () => {
    const judgement = new Judgement(config, members(10));
    judgement.judge(members(10), 0);
    for (const count of [9, 8, 7, 6, 5]) expect(judgement.judge(members(count), 10 - count).members.size).toBe(count);
    const held = judgement.judge(members(4), 1_000);
    expect(held.members.size).toBe(5);
    expect(held.held).toContain("4 endpoints instead of 10");
    for (const [count, at] of [[2, 2_000], [0, 5_000], [4, 10_999]] as const) expect(judgement.judge(members(count), at).members.size).toBe(5); // biome-ignore format: one line
    expect(judgement.judge(members(4), 11_000)).toEqual({ members: members(4) });
    // What was confirmed is what there is; and over a longer time, few may become of many.
    expect(judgement.judge(members(2), 12_000)).toEqual({ members: members(2) });
    const other = new Judgement(config, members(10));
    for (let count = 9; count > 0; count--) expect(other.judge(members(count), (10 - count) * 11_000).held).toBeUndefined();
  });

  it("with `confirm: 0s`, and where none were known, everything is believed", () => {
    expect(new Judgement({ ...config, confirm: 0 }, members(4)).judge(members(0), 0)).toEqual({ members: members(0) });
    expect(new Judgement(config, members(0)).judge(members(1), 0)).toEqual({ members: members(1) });
  });

  it("an endpoint that comes and goes stays until it was away for a while", () => {
    const judgement = new Judgement(config, members(3));
    const [without, all] = [members(2), members(3)];
    for (const at of [0, 2_000]) {
      expect(judgement.judge(without, at).members).toEqual(without);
      expect(judgement.judge(all, at + 1_000).members).toEqual(all);
    }
    const third = judgement.judge(without, 4_000);
    expect(third).toMatchObject({ members: all, held: "1 endpoints come and go", again: 10_000 });
    expect(judgement.judge(without, 14_000).members).toEqual(without);
    // A minute later it counts as any other.
    judgement.judge(all, 100_000);
    expect(judgement.judge(without, 101_000).members).toEqual(without);
  });
});

it("a registry that shows two sets of thousands in turn comes and goes as a whole, and one after the other does not", () => {
  const judgement = new Judgement(config, members(2_000));
  const [one, other] = [members(2_000), members(2_000, 2_000)];
  let kept = 0;
  for (let at = 0; at < 8_000 && kept === 0; at += 1_000) {
    const found = at % 2_000 === 0 ? other : one;
    const verdict = judgement.judge(found, at);
    kept = verdict.members.size - found.size;
    if (kept > 0) expect([at, verdict]).toEqual([4_000, { members: members(4_000), held: "2000 endpoints come and go", again: 10_000 }]); // biome-ignore format: one line
  }
  expect(kept).toBe(2_000);
  const following = new Judgement(config, members(2_000));
  for (let next = 1; next < 20; next++)
    expect(following.judge(members(2_000, 2_000 * next), 1_000 * next)).toEqual({ members: members(2_000, 2_000 * next) });
});

const terms: Terms = { scheme: "http", path: "" };
const readOf = (listed: Listed, change: Partial<Terms> = {}): { readonly url: string } => {
  const { scheme, path, ...others } = { ...terms, ...change };
  const { authority, id, place } = new MemberReader({ scheme, path, ...others }).read(listed);
  return { url: `${scheme}://${authority}${path}`, ...(id === undefined ? {} : { id }), ...place };
};

describe("what a registry says of an endpoint", () => {
  it.each<[string, Listed, Partial<Terms>, object]>([
    ["an address", { address: "10.0.0.7:8080" }, {}, { url: "http://10.0.0.7:8080", weight: 1 }],
    ["an IPv6 address", { address: "[2001:db8::7]:8080" }, {}, { url: "http://[2001:db8::7]:8080", weight: 1 }],
    ["a URL", { address: "http://orders-1:8080/" }, {}, { url: "http://orders-1:8080", weight: 1 }],
    ["no port", { address: "orders-1" }, { port: 9000 }, { url: "http://orders-1:9000", weight: 1 }],
    ["the port of its scheme", { address: "orders-1:80" }, { port: 9000 }, { url: "http://orders-1", weight: 1 }],
    [
      "a path of all",
      { address: "https://a:1/base" },
      { scheme: "https", path: "/base" },
      { url: "https://a:1/base", weight: 1 },
    ],
    [
      "labels of Prometheus",
      { address: "a:1", weight: "3", priority: "1", zone: "eu-1" },
      {},
      { url: "http://a:1", weight: 3, priority: 1, zone: "eu-1" },
    ],
  ])("%s", (_, listed, change, expected) => expect(readOf(listed, change)).toEqual(expected));

  it.each<[string, Listed, string]>([
    ["another scheme, as TLS is a matter of the configuration", { address: "https://a:1" }, "it is `https`"],
    ["no port anywhere", { address: "a" }, "no port"],
    ["a path of its own", { address: "http://a:1/admin" }, "path of its own"],
    ["credentials", { address: "http://me:secret@a:1" }, "its address is none"],
    ["no text", { address: 7 }, "its address is no text"],
    ["a line break", { address: "a:1\r\nHost: b" }, "its address is no text"],
    ["a very long address", { address: `${"a".repeat(400)}:1` }, "its address is no text"],
    ["a weight of 0", { address: "a:1", weight: 0 }, "its weight"],
    ["a fraction", { address: "a:1", weight: 1.5 }, "its weight"],
    ["a control character", { address: "a:1", zone: "eu\n1" }, "its zone"],
  ])("is of no use with %s", (_, listed, why) => expect(() => readOf(listed)).toThrow(why));

  // Those that are read at a glance are read as the URL parser of the platform reads them, and so are those that are nearly like them.
  it("an address is read as a URL has it", () => {
    const parts = ["0", "00", "7", "07", "99", "255", "256", "1000", ""];
    const ports = ["1", "0", "01", "80", "443", "8080", "65535", "65536", "8080x", "-1", ""];
    for (const octet of parts)
      for (const port of ports)
        for (const address of [
          `10.0.0.${octet}:${port}`,
          `${octet}.1.2.3:${port}`,
          `1.${octet}.3:${port}`,
          `1.2.3.4.${octet}:${port}`,
        ]) {
          const url = URL.canParse(`http://${address}`) ? new URL(`http://${address}`) : undefined;
          const isGood = url !== undefined && /:\d+$/.test(address);
          if (isGood) expect(readOf({ address }).url, address).toBe(url.origin);
          else expect(() => readOf({ address }), address).toThrow();
        }
  });

  it("entries that say the same share a place, also where one says it otherwise, and no other does", () => {
    const reader = new MemberReader({ ...terms, metadata: ["version"] });
    const placeOf = (more: object) => reader.read({ address: "a:1", ...more }).place;
    const plain = placeOf({ weight: 2, zone: "eu-1", metadata: { version: "v1", other: 1 } });
    expect(placeOf({ weight: "2", zone: "eu-1", metadata: { version: "v1", other: 2 } })).toBe(plain);
    for (const other of [{ weight: 3 }, { zone: "eu-2" }, { priority: 1 }, { metadata: { version: "v2" } }, { metadata: null }])
      expect(placeOf({ weight: 2, zone: "eu-1", metadata: { version: "v1" }, ...other })).not.toEqual(plain);
    // More than are kept at hand: each is read as the first time.
    const read = (count: number) => Array.from({ length: count }, (_, index) => placeOf({ zone: `z${index}` }));
    expect(read(3_000)).toEqual(read(3_000));
    expect(read(3_000)[2_999]).toEqual({ weight: 1, zone: "z2999" });
  });

  it("both forms of a list are read, mixed", () => {
    const value: unknown = ["a:1", { url: "http://b:1", weight: 2 }, { targets: ["c:1", "d:1"], labels: { zone: "x" } }];
    expect(listedIn(value).map(({ address, zone }) => [address, zone])).toEqual([
      ["a:1", undefined],
      ["http://b:1", undefined],
      ["c:1", "x"],
      ["d:1", "x"],
    ]);
  });

  it.each([[{}], ["a:1"], [[1]], [[null]], [[{ host: "a" }]], [[{ targets: "a:1" }]], [[{ targets: [], labels: 1 }]]])(
    "%j is no list of endpoints",
    (value) => expect(() => listedIn(value)).toThrow(),
  );
});
