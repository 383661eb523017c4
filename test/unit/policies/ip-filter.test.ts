import { describe, expect, it } from "vitest";
import { ipFilter } from "../../../compiler/policies/ip-filter/index.ts";
import { createIpFilter, type IpFilterConfig } from "../../../runtime/policies/ip-filter/index.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

const passes = (config: IpFilterConfig, ip: string): boolean => {
  const x = fakeExchange({ peer: { ip } });
  const answered = createIpFilter(config).request(x);
  expect(answered).toBe(x.answer !== undefined);
  return !answered;
};

describe("createIpFilter", () => {
  it.each<[string, Partial<IpFilterConfig>, boolean]>([
    ["10.1.2.3", { allow: ["10.0.0.0/8"] }, true],
    ["11.1.2.3", { allow: ["10.0.0.0/8"] }, false],
    ["10.1.2.3", { deny: ["10.0.0.0/8"] }, false],
    ["11.1.2.3", { deny: ["10.0.0.0/8"] }, true],
    ["10.1.2.3", { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, false],
    ["10.2.2.3", { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, true],
    ["2001:db8::1", { allow: ["10.0.0.0/8", "2001:db8::/32"] }, true],
    ["2001:db9::1", { allow: ["10.0.0.0/8", "2001:db8::/32"] }, false],
  ])("%s through %j: %s", (ip, config, expected) => {
    expect(passes({ allow: null, deny: [], ...config }, ip)).toBe(expected);
  });

  it.each(["", "unknown", "10.0.0", "fe80::1%eth0"])("refuses what is no address: `%s`", (ip) => {
    expect(passes({ allow: ["0.0.0.0/0", "::/0"], deny: [] }, ip)).toBe(false);
    expect(passes({ allow: null, deny: ["192.0.2.1"] }, ip)).toBe(false);
  });

  it("answers with a problem that does not tell the address ranges", () => {
    const x = fakeExchange();
    createIpFilter({ allow: null, deny: ["192.0.2.0/24"] }).request(x);
    expect(problemOf(x)).toEqual({
      type: "urn:gatewright:problem:address-refused",
      title: "This address may not call",
      status: 403,
    });
  });
});

describe("the definition", () => {
  it.each<[string[], { allow?: string[]; deny?: string[] }]>([
    [[], { allow: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"], deny: ["10.1.0.0/16"] }],
    [["ip-filter/empty at "], {}],
    [["ip-filter/host-bits at /allow/0"], { allow: ["10.1.2.3/8"] }],
    [["ip-filter/host-bits at /deny/1"], { deny: ["10.0.0.0/8", "2001:db8::1/32"] }],
    [["ip-filter/covered at /allow/0"], { allow: ["10.1.0.0/16", "10.0.0.0/8"] }],
    [["ip-filter/covered at /deny/1"], { deny: ["10.0.0.1", "10.0.0.1/32"] }],
    [["ip-filter/covered at /deny/1"], { deny: ["0.0.0.0/0", "::ffff:10.0.0.0/104"] }],
    [[], { deny: ["::/0", "10.0.0.1"] }],
    [["ip-filter/always-denied at /allow/1"], { allow: ["192.0.2.1", "10.1.0.0/16"], deny: ["10.0.0.0/8"] }],
    [["ip-filter/always-denied at /allow/0"], { allow: ["2001:DB8::1"], deny: ["2001:db8:0::1"] }],
  ])("finds %j in %j", (expected, options) => {
    expect(findings(ipFilter, options)).toEqual(expected);
  });

  it("knows the block and the address that may be meant", () => {
    const context = fakePolicyContext();
    ipFilter.check!({ allow: ["10.1.2.3/8", "2001:DB8:0:0:1::/33"] }, context);
    expect(context.found.map(({ help }) => help)).toEqual([
      "Write `10.0.0.0/8` for the whole block, or `10.1.2.3` for this address alone.",
      "Write `2001:db8::/33` for the whole block, or `2001:db8:0:0:1::` for this address alone.",
    ]);
  });

  it("keeps an absent `allow` apart from an empty one", () => {
    expect(loweredConfig(ipFilter, { deny: ["10.0.0.0/8"] })).toEqual({ allow: null, deny: ["10.0.0.0/8"] });
    expect(loweredConfig(ipFilter, { allow: ["10.0.0.0/8"] })).toEqual({ allow: ["10.0.0.0/8"], deny: [] });
  });
});
