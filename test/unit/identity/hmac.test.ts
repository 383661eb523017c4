import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import type { Authentication, StartValue } from "../../../runtime/exchange/exchange.ts";
import { createCanonicalRequestLayout } from "../../../runtime/identity/hmac/canonical-request.ts";
import { createDeliveries } from "../../../runtime/identity/hmac/deliveries.ts";
import { createGithubLayout } from "../../../runtime/identity/hmac/github.ts";
import { createHmac, type HmacConfig } from "../../../runtime/identity/hmac/hmac.ts";
import type { SignatureLayout } from "../../../runtime/identity/hmac/layout.ts";
import { createShopifyLayout } from "../../../runtime/identity/hmac/shopify.ts";
import { createSlackLayout } from "../../../runtime/identity/hmac/slack.ts";
import { createStandardWebhooksLayout } from "../../../runtime/identity/hmac/standard-webhooks.ts";
import { createStripeLayout } from "../../../runtime/identity/hmac/stripe.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import { failed, type ValueStore } from "../../../runtime/stores/store.ts";
import { component } from "../../harness/component.ts";
import { type FakeRequest, fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";
import { stillClock } from "../../harness/still-clock.ts";

const time = stillClock();

let openssl = "";
beforeAll(async () => {
  openssl = await component("openssl");
});

/** HMAC-SHA256 by somebody else. */
const mac = (key: string | Buffer, signed: string | Buffer): Buffer =>
  execFileSync(openssl, ["dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt", `hexkey:${Buffer.from(key).toString("hex")}`], {
    input: signed,
  });
const digest = (text: string): string => execFileSync(openssl, ["dgst", "-sha256", "-binary"], { input: text }).toString("hex");

// Test data are the start values that the compiler would have.
const secret = (text: string): StartValue => text as StartValue;
const usual = "a-secret-of-the-tests-0001";

function scheme(layout: SignatureLayout, secrets: readonly string[] = [usual], change: Partial<HmacConfig> = {}) {
  const sender = { subject: "sender", secrets: secrets.map(secret), roles: ["hook"], scopes: [] };
  const config = { name: "hook", layout, challenge: 'HMAC realm="hook"', forward: "none" as const, window: 300, maxBody: 1000 };
  return createHmac({ ...config, senders: [sender], ...change });
}

const verdict = async (result: Promise<Authentication>): Promise<string> => {
  const found = await result;
  if (typeof found === "string") return found;
  return found.subject ?? `${found.rejected}: ${found.reason}`;
};

const ask = (layout: SignatureLayout, headers: readonly string[], body: string | Uint8Array, secrets?: readonly string[]) =>
  verdict(scheme(layout, secrets).authenticate(fakeExchange({ method: "POST", headers, body })));

const mismatch = "invalid: The signature does not match.";
const tooOld = "invalid: The request was signed too long ago, or in the future.";

describe("hmac: vectors from the documentation of who signs", () => {
  it("GitHub, 'Testing the webhook payload validation'", async () => {
    const headers = ["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"];
    const secrets = ["It's a Secret to Everybody"];
    expect(await ask(createGithubLayout({}), headers, "Hello, World!", secrets)).toBe("sender");
    expect(await ask(createGithubLayout({}), headers, "Hello, World?", secrets)).toBe(mismatch);
  });

  it("Slack, 'Verifying requests from Slack'", async () => {
    time.wall = 1_531_420_618_000;
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = [
      "X-Slack-Signature",
      "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      "X-Slack-Request-Timestamp",
      "1531420618",
    ];
    expect(await ask(createSlackLayout({}), headers, body, ["8f742231b10e8888abcd99yyyzzz85a5"])).toBe("sender");
  });

  it("Standard Webhooks, the example of its libraries", async () => {
    time.wall = 1_614_265_330_000;
    const headers = [
      "webhook-id",
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp",
      "1614265330",
      "webhook-signature",
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ];
    const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    expect(await ask(createStandardWebhooksLayout({}), headers, '{"test": 2432232314}', secrets)).toBe("sender");
  });
});

describe("hmac: Stripe", () => {
  const now = 1_700_000_000;
  const signed = (t: string | number, body = "{}"): string => mac(usual, `${t}.${body}`).toString("hex");
  const stripe = (value: string, body = "{}") => ask(createStripeLayout({}), ["Stripe-Signature", value], body);

  it("takes any of several `v1`, in any order, and no `v0`", async () => {
    time.wall = now * 1000;
    const [right, wrong] = [signed(now), "0".repeat(64)];
    expect(await stripe(`t=${now},v1=${wrong},v1=${right}`)).toBe("sender");
    expect(await stripe(`v1=${right},v1=${wrong},t=${now}`)).toBe("sender");
    expect(await stripe(`t=${now},v1=${wrong},v0=${right}`)).toBe(mismatch);
    expect(await stripe(`t=${now},v0=${right}`)).toMatch("no `v1=`");
    expect(await stripe(`t=${now},v1=${signed(now, "{ }")}`)).toBe(mismatch);
  });

  it.each([
    ["within the window", now - 300, "sender"],
    ["one second beyond it", now - 301, tooOld],
    ["ahead within it", now + 300, "sender"],
    ["ahead beyond it", now + 301, tooOld],
    ["negative", `-${now}`, "invalid: Stripe-Signature has no single `t=` with a number of seconds."],
    ["with an exponent", "1e9", "invalid: Stripe-Signature has no single `t=` with a number of seconds."],
    ["with a fraction", `${now}.0`, "invalid: Stripe-Signature has no single `t=` with a number of seconds."],
  ])("judges a time that is %s", async (_, t, expected) => {
    time.wall = now * 1000;
    expect(await stripe(`t=${t},v1=${signed(t)}`)).toBe(expected);
  });

  it("does not read the body of what is too old", async () => {
    time.wall = now * 1000;
    const x = fakeExchange({ method: "POST", headers: ["Stripe-Signature", `t=1,v1=${signed(1)}`], body: "x".repeat(5000) });
    expect(await verdict(scheme(createStripeLayout({})).authenticate(x))).toBe(tooOld);
    expect(x.answer).toBeUndefined();
  });
});

describe("hmac: Standard Webhooks", () => {
  const now = 1_700_000_000;
  const key = Buffer.from("sixteen-bytes-at-least");
  const of = async (signatures: string, id = "msg_1") => {
    time.wall = now * 1000;
    const headers = ["webhook-id", id, "webhook-timestamp", String(now), "webhook-signature", signatures];
    return ask(createStandardWebhooksLayout({}), headers, "{}", [`whsec_${key.toString("base64")}`]);
  };

  it("takes any of several `v1` between blanks, and not `v1a`", async () => {
    const right = mac(key, `msg_1.${now}.{}`).toString("base64");
    const wrong = Buffer.alloc(32).toString("base64");
    expect(await of(`v1,${wrong} v1a,${right} v1,${right}`)).toBe("sender");
    expect(await of(`v1,${wrong} v1a,${right}`)).toBe(mismatch);
    expect(await of(`v1a,${right}`)).toMatch("no `v1,`");
    expect(await of(`v1,${right}`, "msg_2")).toBe(mismatch);
    expect(await of(`v1,${right.slice(0, -1)}`)).toMatch("no `v1,`");
  });

  it("does not start with a secret that is not base64", () => {
    expect(() => scheme(createStandardWebhooksLayout({}), ["whsec_not base64 at all!"])).toThrow("is not `whsec_` and base64");
  });
});

describe("hmac: Shopify", () => {
  it("reads base64 in its one spelling", async () => {
    const right = mac(usual, "{}").toString("base64");
    const shopify = (value: string) => ask(createShopifyLayout({}), ["X-Shopify-Hmac-SHA256", value], "{}");
    expect(await shopify(right)).toBe("sender");
    expect(await shopify(right.replace("=", ""))).toMatch("is not the base64 text of 32 bytes");
    expect(await ask(createShopifyLayout({}), [], "{}")).toBe("absent");
  });
});

describe("hmac: a signature over the request", () => {
  const layout = createCanonicalRequestLayout({ scheme: "HMAC-SHA256", timestamp: "x-date", headers: ["host", "x-date"] });
  const date = "20261128T164155Z";
  const senders = [
    { subject: "acme", keyId: "ak-1", secrets: [secret(usual)], roles: [], scopes: ["orders"] },
    { subject: "acme", keyId: "ak-2", secrets: [secret("another-secret-of-tests")], roles: [], scopes: [] },
  ];
  const request = (
    change: Partial<FakeRequest> = {},
    signedHeaders = "host;x-date",
    keyId = "ak-1",
    key = usual,
  ): FakeRequest => {
    const canonical = `POST\n/a%2Fb\na=1&b=2&c=\nhost:shop.example.com\nx-date:${date}\n\n${signedHeaders}\n${digest('{"n":1}')}`;
    const signature = mac(key, `HMAC-SHA256\n${date}\n${digest(canonical)}`).toString("hex");
    const authorization = `HMAC-SHA256 Credential=${keyId}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return {
      method: "POST",
      path: "/a/b",
      sentTarget: "/a%2Fb?b=2&a=1&c",
      query: "b=2&a=1&c",
      authority: "shop.example.com",
      headers: ["X-Date", date, "Authorization", authorization],
      body: '{"n":1}',
      ...change,
    };
  };
  const judge = (sent: FakeRequest) => {
    time.wall = Date.UTC(2026, 10, 28, 16, 43);
    return verdict(scheme(layout, [], { senders }).authenticate(fakeExchange(sent)));
  };

  it("vouches for method, path as sent, query in any order, fields and body", async () => {
    expect(await judge(request())).toBe("acme");
    expect(await judge(request({ query: "a=1&b=2&c=" }))).toBe("acme");
    for (const change of [
      { method: "PUT" },
      { sentTarget: "/a/b?b=2&a=1&c" },
      { query: "b=3&a=1&c" },
      { authority: "other.example.com" },
      { body: '{"n":2}' },
    ])
      expect(await judge(request(change))).toBe(mismatch);
  });

  it("knows whose key it is, and says the same of a key that nobody has", async () => {
    expect(await judge(request({}, "host;x-date", "ak-2", "another-secret-of-tests"))).toBe("acme");
    expect(await judge(request({}, "host;x-date", "ak-2"))).toBe(mismatch);
    expect(await judge(request({}, "host;x-date", "ak-9"))).toBe(mismatch);
  });

  it("demands that the host is signed, and that names are sorted", async () => {
    expect(await judge(request({}, "x-date"))).toBe("invalid: The field host is not signed.");
    expect(await judge(request({}, "x-date;host"))).toMatch("not sorted");
  });
});

describe("hmac: each delivery once", () => {
  const headers = (): string[] => ["X-Hub-Signature-256", `sha256=${mac(usual, "{}").toString("hex")}`];
  const once = (store: ValueStore) =>
    scheme(createGithubLayout({}), [usual], { deliveries: createDeliveries({ store, space: "hook", lifeSpan: 60_000 }) });
  const memory = () => createMemoryStore({ name: "default", maxBytes: 100_000 });

  it("is spent when the service has taken it, and not by what failed or was refused on the way", async () => {
    const hook = once(memory());
    const send = async (answer: ReturnType<typeof fakeAnswer> | undefined): Promise<string> => {
      const x = fakeExchange({ method: "POST", headers: headers(), body: "{}" });
      const found = await verdict(hook.authenticate(x));
      x.answer = answer;
      hook.done!(x);
      return found;
    };
    const spent = "invalid: This was delivered before, or is being delivered.";
    expect(await send(fakeAnswer({ status: 500 }))).toBe("sender");
    expect(await send(fakeAnswer({ status: 429 }))).toBe("sender");
    expect(await send(fakeAnswer({ status: 403, source: "authorize" }))).toBe("sender");
    expect(await send(undefined)).toBe("sender");
    expect(await send(fakeAnswer({ status: 202 }))).toBe("sender");
    expect(await send(fakeAnswer({ status: 202 }))).toBe(spent);
    // The end of a copy says nothing of the delivery.
    expect(await send(fakeAnswer({ status: 202 }))).toBe(spent);
  });

  it("lets one of two copies through that come at once", async () => {
    const hook = once(memory());
    const copies = [1, 2].map(() => verdict(hook.authenticate(fakeExchange({ method: "POST", headers: headers(), body: "{}" }))));
    expect((await Promise.all(copies)).filter((found) => found === "sender")).toHaveLength(1);
  });

  it("is not spent by a client that left while the store was asked", async () => {
    const values = memory().values("hook");
    let leave = (): void => {};
    const asked: typeof values = {
      get: (key) => values.get(key),
      set: (...given) => values.set(...given),
      delete: (key) => values.delete(key),
      add: async (...given) => {
        leave();
        return values.add(...given);
      },
    };
    // The mark of resources is only there for the compiler.
    const hook = once({ name: "default", values: () => asked } as unknown as ValueStore);
    const x = fakeExchange({ method: "POST", headers: headers(), body: "{}" });
    leave = () => {
      Object.assign(x, { isDone: true });
      hook.done!(x);
    };
    expect(await verdict(hook.authenticate(x))).toBe("invalid: The client is gone.");
    leave = () => {};
    expect(await verdict(hook.authenticate(fakeExchange({ method: "POST", headers: headers(), body: "{}" })))).toBe("sender");
  });

  it("is not decided while the store is out of reach", async () => {
    const gone = async () => failed("connection refused");
    const store = { name: "stores.default", values: () => ({ get: gone, set: gone, add: gone, delete: gone }) };
    // The mark of resources is only there for the compiler.
    const found = once(store as unknown as ValueStore).authenticate(fakeExchange({ headers: headers(), body: "{}" }));
    expect(await verdict(found)).toMatch(/^unavailable: /);
  });
});

it("a credential of another scheme is left to it, and a wrong signature says whose it claims to be", async () => {
  const layout = createCanonicalRequestLayout({ scheme: "HMAC-SHA256", timestamp: "x-date", headers: ["x-date"] });
  const made = scheme(layout);
  const send = (...headers: string[]) => made.authenticate(fakeExchange({ method: "POST", headers, body: "" }));
  expect(await send("Authorization", "Bearer abc")).toBe("absent");
  expect(await send("Authorization", "HMAC-SHA256 abc")).toMatchObject({ rejected: "invalid" });
  // When the clock of these tests stands.
  const date = "20270115T120000Z";
  const wrong = `HMAC-SHA256 Credential=acme, SignedHeaders=x-date, Signature=${"0".repeat(64)}`;
  expect(await send("Authorization", wrong, "X-Date", date)).toMatchObject({ rejected: "invalid", about: "acme" });
});
