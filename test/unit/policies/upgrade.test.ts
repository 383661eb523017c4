import { describe, expect, it } from "vitest";
import { upgrade } from "../../../compiler/policies/upgrade/index.ts";
import { createUpgrade, type UpgradeConfig } from "../../../runtime/policies/upgrade/index.ts";
import type { UpgradeOptions } from "../../../schema/policies.gen.ts";
import { fakeAnswer, fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

const options: UpgradeOptions = { protocols: ["websocket"], required: false, idleTimeout: "5m" };

describe("upgrade", () => {
  it.each<[readonly string[], Partial<UpgradeOptions>, string?]>([
    [[], {}],
    [[], { protocols: ["websocket", "spdy/3.1", "tcp", "h2cx"] }],
    [["upgrade/carries-requests at /protocols/1"], { protocols: ["websocket", "h2c"] }],
    [["upgrade/carries-requests at /protocols/0"], { protocols: ["HTTP/2.0"] }],
    [["upgrade/carries-requests at /protocols/0"], { protocols: ["TLS/1.3"] }],
    [["upgrade/not-get at "], {}, "POST"],
    [[], { protocols: ["tcp"] }, "POST"],
    [[], {}, "*"],
    [["upgrade/out-of-range at /idleTimeout"], { idleTimeout: "999ms" }],
    [["upgrade/out-of-range at /maxDuration"], { maxDuration: "25h" }],
    [["upgrade/invalid-origin at /origins/0"], { origins: ["wss://shop.example.com/feed"] }],
    [["upgrade/null-origin at /origins/0"], { origins: ["null"] }],
    [["upgrade/any-origin-not-alone at /origins/1"], { origins: ["https://a.example", "*"] }],
    [[], { origins: ["https://a.example", "${env:SHOP_ORIGIN}"] }],
  ])("finds %j in %j", (expected, change, method = "GET") => {
    expect(findings(upgrade, { ...options, ...change }, { method })).toEqual(expected);
  });

  it("is the same origin, or any, or a list", () => {
    expect(loweredConfig(upgrade, options)).toMatchObject({
      origins: "same",
      idleTimeout: 300_000,
      maxDuration: 0,
      maxConnections: 0,
    });
    expect(loweredConfig(upgrade, { ...options, origins: ["*"] })).toMatchObject({ origins: "any" });
    expect(loweredConfig(upgrade, { ...options, origins: ["https://a.example"] })).toMatchObject({
      origins: ["https://a.example"],
    });
  });

  it("has metrics only beside the policy that shows them, and needs a stream", () => {
    const context = fakePolicyContext();
    expect(upgrade.lower(options, context)).toMatchObject({ roles: ["upgrades"] });
    const beside = { ...context, present: new Set(["metrics"]) };
    expect(upgrade.lower(options, beside)).toMatchObject({ roles: ["upgrades", "metrics"] });
    expect(upgrade.requires!(options)).toEqual(["stream"]);
  });
});

const config: UpgradeConfig = {
  protocols: ["bytes"],
  required: false,
  origins: "same",
  idleTimeout: 1_000,
  maxDuration: 0,
  maxConnections: 2,
  slot: 0 as UpgradeConfig["slot"],
};

describe("createUpgrade", () => {
  it("holds a place from the handshake to the end, whatever the service answers", () => {
    const policy = createUpgrade(config);
    const asking = () => fakeExchange({ upgrade: "bytes" });
    const [one, two, three] = [asking(), asking(), asking()];
    expect([policy.request(one), policy.request(two), policy.request(three)]).toEqual([false, false, true]);
    expect(problemOf(three)).toMatchObject({ status: 503 });
    policy.done(three);
    expect(policy.request(asking())).toBe(true);
    one.answer = fakeAnswer({ status: 403 });
    policy.response(one);
    policy.done(one);
    expect(policy.request(asking())).toBe(false);
  });

  it("holds no place for a client that left before", () => {
    const policy = createUpgrade({ ...config, maxConnections: 1 });
    const gone = fakeExchange({ upgrade: "bytes" });
    gone.outcome = "clientGone";
    policy.done(gone);
    expect(policy.request(gone)).toBe(false);
    expect(policy.granted(gone)).toBeUndefined();
    expect(policy.request(fakeExchange({ upgrade: "bytes" }))).toBe(false);
  });

  it.each([
    [true, "https://shop.example.com", "shop.example.com"],
    [true, "http://shop.example.com:8080", "Shop.example.com:8080"],
    [true, "http://[::1]:8080", "[::1]:8080"],
    [false, "https://shop.example.com:8443", "shop.example.com"],
    [false, "https://example.com", "shop.example.com"],
    [false, "file://shop.example.com", "shop.example.com"],
    [false, "null", "null"],
    [false, "https://shop.example.com", ""],
  ])("lets pages of its own host in: %s for %s at %s", (isAllowed, origin, host) => {
    const x = fakeExchange({ upgrade: "bytes", headers: ["Host", host, "Origin", origin] });
    expect(createUpgrade(config).request(x)).toBe(!isAllowed);
    expect(x.answer?.status).toBe(isAllowed ? undefined : 403);
  });

  it("grants nothing to preflights and ordinary requests", () => {
    const policy = createUpgrade(config);
    const x = fakeExchange();
    expect(policy.request(x)).toBe(false);
    expect(policy.granted(x)).toBeUndefined();
    x.answer = fakeAnswer();
    policy.response(x);
    policy.done(x);
    expect(policy.collect().flatMap(({ samples }) => samples.map(({ value }) => value))).toEqual([0, 0]);
  });

  it("stops the start where an origin from the environment is none", () => {
    const origins = ["shop.example.com"] as unknown as UpgradeConfig["origins"];
    expect(() => createUpgrade({ ...config, origins })).toThrow("upgrade: `shop.example.com` is no origin");
  });
});
