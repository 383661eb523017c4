import { describe, expect, it } from "vitest";
import { fillDefaults, policySchema } from "../../../compiler/phases/2-link/defaults.ts";
import { ipFilter } from "../../../compiler/policies/ip-filter/index.ts";
import { blocksOf, setOf } from "../../../runtime/policies/ip-filter/list-text.ts";
import type { IpFilterOptions } from "../../../schema/policies.gen.ts";
import { fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

describe("the text of a list", () => {
  it.each([
    ["10.0.0.0/8\n192.0.2.7\r\n\n2001:db8::/32", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]],
    ["\ufeff# made by hand\n  10.0.0.0/8  # the office\n", ["10.0.0.0/8"]],
    ["; Spamhaus DROP List\n1.10.16.0/20 ; SBL256894\n", ["1.10.16.0/20"]],
    ['["10.0.0.0/8",\n "192.0.2.7"]', ["10.0.0.0/8", "192.0.2.7"]],
    ["# nobody\n", []],
    ["[]", []],
  ])("%j holds %j", (text, blocks) => {
    expect(blocksOf(text)).toEqual(blocks);
  });

  it.each([
    ["", "it is empty"],
    [" \n\n", "it is empty"],
    ["[1]", "it is JSON, and not an array of strings"],
    ['["10.0.0.0/8"', "it begins like a JSON array and is not one"],
  ])("%j is not one: %s", (text, message) => {
    expect(() => blocksOf(text)).toThrow(message);
  });

  it("with a single line that is not a block is of no use, as the rest would say something else", async () => {
    const page = blocksOf("<html>\n<body>Service unavailable</body>\n</html>");
    await expect(setOf(page)).rejects.toThrow("`<html>`, entry 1 of it, is neither an address nor a CIDR block");
    await expect(setOf(["10.0.0.0/8", "10.0.0.0/33"])).rejects.toThrow("`10.0.0.0/33`, entry 2 of it");
  });

  it("counts IPv4 addresses in IPv6 spellings as IPv4, and takes a block with bits behind its prefix for the block", async () => {
    const set = await setOf(["::ffff:10.1.2.3/104", "::ffff:c000:207", "203.0.113.9/24"]);
    expect(["10.9.9.9", "192.0.2.7", "::ffff:203.0.113.1", "192.0.2.8"].map((ip) => set.has(ip))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("lets others have their turn while it is read", async () => {
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    await setOf(Array.from({ length: 50_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`.replace(/\d+\./, "10.")));
    clearInterval(count);
    expect(turns).toBeGreaterThan(2);
  });
});

const remote = { url: "https://lists.example.com/a.txt", interval: "5m", required: true };

describe("lists in the options", () => {
  it("have the defaults of their own kind", () => {
    const written = { deny: ["10.0.0.0/8", { file: "blocks.txt" }, { url: remote.url }] };
    expect(fillDefaults(policySchema("ipFilter").options, written, "2026-12-01")).toEqual({
      deny: ["10.0.0.0/8", { file: "blocks.txt", required: true }, remote],
    });
  });

  it.each<[string[], IpFilterOptions]>([
    [[], { deny: ["10.0.0.0/8", { file: "blocks.txt", required: true }, remote] }],
    [
      [],
      {
        deny: [
          { ...remote, url: "http://127.0.0.1:8080/a" },
          { ...remote, url: "http://[::1]/a" },
        ],
      },
    ],
    [["ip-filter/plain-list at /deny/0/url"], { deny: [{ ...remote, url: "http://lists.example.com/a" }] }],
    [["ip-filter/unusable-url at /allow/0/url"], { allow: [{ ...remote, url: "https://me:secret@lists.example.com/" }] }],
    [["ip-filter/unusable-url at /allow/0/url"], { allow: [{ ...remote, url: "lists.example.com/a" }] }],
    [["ip-filter/short-interval at /deny/0/interval"], { deny: [{ ...remote, interval: "10ms" }] }],
    [["ip-filter/list-twice at /deny/1"], { deny: [remote, { ...remote, interval: "1m" }] }],
  ])("%j is found in %j", (expected, options) => {
    expect(findings(ipFilter, options)).toEqual(expected);
  });

  it("make an instance that lives; without one, nothing does", () => {
    const context = fakePolicyContext();
    expect(ipFilter.lower({ deny: ["10.0.0.0/8"] }, context)).toMatchObject({ factory: { name: "createIpFilter" } });
    expect(ipFilter.lower({ deny: ["10.0.0.0/8"] }, context)).not.toHaveProperty("roles");
    expect(ipFilter.lower({ deny: [remote] }, context)).toMatchObject({
      factory: { name: "createLiveIpFilter" },
      roles: ["living"],
      summary: "deny https://lists.example.com/a.txt every 5m",
    });
    expect(loweredConfig(ipFilter, { allow: [{ file: "a.txt", required: false }] })).toMatchObject({
      allow: [],
      deny: [],
      allowLists: [{ kind: "make", config: { file: "a.txt", required: false } }],
    });
  });

  it("say nothing about whom they let in", () => {
    const effect = { isAlwaysTrue: () => false } as never;
    expect(ipFilter.weakness!({ allow: ["0.0.0.0/0", { file: "a", required: true }] }, effect)).toBe(
      "it allows every IPv4 address",
    );
    expect(ipFilter.weakness!({ allow: [{ file: "a", required: true }] }, effect)).toBeUndefined();
  });
});
