import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import { createIdempotency, type IdempotencyConfig } from "../../../runtime/policies/idempotency/index.ts";
import { keptHead, readAnswer, writeAnswer } from "../../../runtime/policies/idempotency/kept-answer.ts";
import { OpenClaims } from "../../../runtime/policies/idempotency/open-claims.ts";
import { isRandomUuid, readKey } from "../../../runtime/policies/idempotency/read-key.ts";
import { callerOf, claimKey, fingerprint } from "../../../runtime/policies/idempotency/request-marks.ts";
import type { Claimed, Claims, ClaimsIn } from "../../../runtime/stores/claims.ts";
import type { Given, Store } from "../../../runtime/stores/store.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";
import { settled, TurnedClock } from "../../harness/turned-clock.ts";
import { NotedLog } from "../../life/support/things.ts";

describe("a key", () => {
  it.each([
    ["8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', "8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ['"with a blank, a comma; and more"', "with a blank, a comma; and more"],
    ['"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
    ['"a\\b"', undefined],
    ['"a"b"', undefined],
    ['"', undefined],
    ["a b", undefined],
    ["a;b=1", undefined],
    ["", undefined],
    ["x".repeat(255), "x".repeat(255)],
    [`"${"x".repeat(255)}"`, "x".repeat(255)],
    [`"${"x".repeat(256)}"`, undefined],
  ])("%s (draft-07 §2.1, RFC 9651 §3.3.3)", (sent, key) => {
    expect(readKey(sent)).toBe(key);
  });

  it("is the same however it is written: every String is read as what it says", () => {
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1 });
    fc.assert(fc.property(text, (key) => readKey(`"${key.replaceAll(/["\\]/g, "\\$&")}"`) === key));
  });

  it("of nobody is a UUID of random bits (RFC 9562 §5.4, §5.7)", () => {
    expect(isRandomUuid("919108f7-52d1-4320-9bac-f847db4148a8")).toBe(true);
    expect(isRandomUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")).toBe(true);
    // Versions 1 and 5, nil and max.
    for (const guessed of [
      "c232ab00-9414-11ec-b3c8-9f6bdeced846",
      "2ed6657d-e927-568b-95e1-2665a8aea6a2",
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ])
      expect(isRandomUuid(guessed)).toBe(false);
  });
});

describe("what a request is known by", () => {
  const identity = { subject: "acme", scheme: "jwt", roles: [], scopes: [] };
  const marks = (one: Parameters<typeof fakeExchange>[0], body = "a book", anonymous = false): string =>
    fingerprint(fakeExchange({ method: "POST", ...one }), Buffer.from(body), ["x-warehouse"], ["authorization"], anonymous);

  it("callers of several schemes, issuers, tenants, and with further credentials are others, and nobody is none of them", () => {
    const identities = [identity, { ...identity, scheme: "key" }, { ...identity, issuer: "a" }, { ...identity, tenant: "a" }];
    const exchanges = identities.map((each) => fakeExchange({ identity: each }));
    exchanges.push(Object.assign(fakeExchange({ identity }), { furtherIdentities: [{ ...identity, subject: "device" }] }));
    exchanges.push(fakeExchange());
    const all = exchanges.map((x) => claimKey(x, callerOf(x), "key"));
    expect(new Set(all).size).toBe(all.length);
    expect(callerOf(fakeExchange())).toBeUndefined();
  });

  it("each part of a request makes it another one; fields that are not named do not", () => {
    const plain = marks({});
    const others = [
      marks({ method: "PATCH" }),
      marks({ path: "/others" }),
      marks({ query: "a=1" }),
      marks({ host: "other.example.com" }),
      marks({ headers: ["X-Warehouse", "north"] }),
      marks({}, "a pen"),
      marks({ path: "/orders\n" }, ""),
    ];
    expect(new Set([plain, ...others]).size).toBe(others.length + 1);
    expect(marks({ headers: ["X-Request-Id", "7", "Authorization", "a"], peer: { ip: "198.51.100.9" } })).toBe(plain);
  });

  it("of nobody, also the network and the credentials for the service do", () => {
    const own = marks({ peer: { ip: "2001:db8::1" } }, "", true);
    expect(marks({ peer: { ip: "2001:db8::2" } }, "", true)).toBe(own);
    expect(marks({ peer: { ip: "2001:db8:0:1::1" } }, "", true)).not.toBe(own);
    expect(marks({ peer: { ip: "2001:db8::1" }, headers: ["Authorization", "Bearer a"] }, "", true)).not.toBe(own);
  });
});

it("an answer is kept without what is of one message, whatever its bytes", () => {
  const headers = new HeaderList(["Date", "x", "Set-Cookie", "a=1", "Location", "/7", "AGE", "1", "Content-Length", "2"]);
  const head = keptHead({ status: 201, headers, body: undefined, source: "service" });
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const answer = readAnswer(writeAnswer(head, bytes), "idempotency")!;
      return Buffer.from(answer.body!).equals(Buffer.from(bytes)) && answer.status === 201;
    }),
  );
  expect(readAnswer(writeAnswer(head, Buffer.from("made")), "idempotency")!.headers.lines).toEqual([
    "Location",
    "/7",
    "Idempotency-Replayed",
    "true",
  ]);
  expect(readAnswer(writeAnswer(head, undefined), "idempotency")).toBeUndefined();
});

describe("keys of requests under way", () => {
  /** A store that fails as long as the test wants. */
  class FailingStore implements Claims {
    fails = false;
    readonly told: string[] = [];
    #tell<Value>(what: string, value: Value): Value | { readonly failed: string } {
      if (this.fails) return { failed: "gone" };
      this.told.push(what);
      return value;
    }
    claim = () => this.#tell("claim", { state: "mine" } as const);
    extend = (key: string, _work: unknown, { lease }: { readonly lease: number }) =>
      this.#tell(`${lease === 0 ? "lose" : "extend"} ${key}`, true);
    keep = (key: string, _work: unknown, result: string) =>
      this.#tell(`keep ${key} ${result}`, result === "long" ? "full" : true);
    release = (key: string) => this.#tell(`release ${key}`, true);
  }

  async function started() {
    const clock = new TurnedClock();
    const store = new FailingStore();
    const open = new OpenClaims(store, 60_000);
    const log = new NotedLog();
    const thing = { name: "keys", required: false, start: open.start.bind(open), stop: open.stop.bind(open) };
    const household = createHousehold([thing], 1, log);
    await household.start();
    return { clock, store, open, log, household };
  }
  const work = { owner: "one", mark: "m" };

  it("are renewed several times in each lease, until it is known what came of them", async () => {
    const { clock, store, open, household } = await started();
    const claim = open.begin("a", work);
    await clock.turn(30_000);
    expect(store.told.filter((what) => what === "extend a").length).toBeGreaterThanOrEqual(2);
    open.keep(claim, "result", "short");
    await clock.turn(1);
    store.told.length = 0;
    await clock.turn(60_000);
    expect([store.told, open.size]).toEqual([[], 0]);
    await household.stop();
  });

  it("are told again and again while the store fails, for five minutes, and then given up with a line in the log", async () => {
    const { clock, store, open, log, household } = await started();
    store.fails = true;
    open.keep(open.begin("a", work), "result", "short");
    open.lose(open.begin("b", work));
    await clock.turn(60_000);
    store.fails = false;
    await clock.turn(12_000);
    expect(store.told.sort()).toEqual(["keep a result", "lose b"]);
    store.fails = true;
    open.release(open.begin("c", work));
    await clock.turn(320_000);
    expect(open.size).toBe(0);
    expect(log.lines.join("\n")).toContain("the store was not told what came of a request");
    await household.stop();
  });

  it("of which there are too many that the store was not told of, the oldest is given up", async () => {
    const { store, open, household } = await started();
    store.fails = true;
    for (let index = 0; index < 1_005; index++) open.release(open.begin(String(index), work));
    expect(open.size).toBe(1_000);
    store.fails = false;
    await household.stop();
    expect(store.told.length).toBe(1_000);
    expect(store.told[0]).toBe("release 5");
  });

  it("whose answer has no room are kept without it", async () => {
    const { store, open, household } = await started();
    open.keep(open.begin("a", work), "long", "short");
    await household.stop();
    expect(store.told).toEqual(["keep a long", "keep a short"]);
  });
});

describe("the policy", () => {
  const slot = 0 as Slot;
  const gone = { failed: "gone" };

  /** With claims of a store that does as it is told. */
  function policyOf(change: Partial<IdempotencyConfig> = {}) {
    const store = { claimed: (): Given<Claimed> => ({ state: "mine" }), told: [] as string[] };
    const claims: Claims = {
      claim: () => store.claimed(),
      extend: (_key, _work, { lease }) => store.told.push(lease === 0 ? "lost" : "extended") > 0,
      keep: (_key, _work, result) => store.told.push(`kept ${result}`) > 0,
      release: () => store.told.push("released") > 0,
    };
    const policy = createIdempotency({
      name: "createOrder idempotency",
      operation: "createOrder",
      store: { name: "default" } as Store,
      claims: { open: () => claims } as unknown as ClaimsIn,
      ttlMs: 60_000,
      isRequired: false,
      maxBody: 1_000,
      maxAnswer: 1_000,
      headers: [],
      credentials: [],
      mayResend: false,
      allowsOnFailure: false,
      outliveClient() {},
      slot,
      ...change,
    });
    return { policy, store };
  }
  const request = () =>
    fakeExchange({
      method: "POST",
      headers: ["Idempotency-Key", "a"],
      identity: { subject: "acme", scheme: "key", roles: [], scopes: [] },
    });

  it.each([
    ["refuses where it is to refuse", false, true],
    ["lets the request pass where it is to allow", true, false],
  ])(
    "%s while the store does not answer, and takes back what the store may have done",
    async (_what, allowsOnFailure, isAnswered) => {
      const { policy, store } = policyOf({ allowsOnFailure });
      store.claimed = () => gone;
      const x = request();
      expect(await policy.request(x)).toBe(isAnswered);
      expect([x.answer?.status, store.told]).toEqual([isAnswered ? 503 : undefined, ["released"]]);
      policy.done(x);
      expect(store.told).toEqual(["released"]);
    },
  );

  it("sends nothing where the client left while the store was asked, and the key is free", async () => {
    const { policy, store } = policyOf();
    expect(await policy.request(Object.assign(request(), { isDone: true }))).toBe(true);
    expect(store.told).toEqual(["released"]);
  });

  it.each([
    ["nothing arrived: the key is free", false, "ECONNREFUSED", "service", "released"],
    ["no end of the answer: nobody knows", true, "ECONNRESET", "service", "lost"],
    ["the answer was refused: nobody knows", true, "", "validate", "lost"],
    ["a whole answer that there was no memory for is known to have been", true, "", "service", 'kept {"status":201}'],
  ])("at the end: %s", async (_what, hasArrived, error, source, told) => {
    const { policy, store } = policyOf();
    const x = request();
    await policy.request(x);
    x.answer = fakeAnswer({ status: 201 });
    policy.answerHead(x);
    x.answer = fakeAnswer({ status: 201, source });
    const times = { startedAt: 0, headAt: 0, endedAt: 0 };
    const attempt = { ...times, endpoint: { url: "http://a" }, status: 201, error, hasArrived };
    x.upstream = { ...times, service: "orders", endpoint: "http://a", error, attempts: [attempt] };
    policy.done(x);
    await settled();
    expect(store.told).toEqual([told]);
  });
});
