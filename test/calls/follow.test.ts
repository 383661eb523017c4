import { describe, expect, it } from "vitest";
import { type ClientConfig, createClient } from "../../runtime/calls/client.ts";
import { RemoteDocument } from "../../runtime/calls/document.ts";
import { CallFailure } from "../../runtime/calls/failure.ts";
import { Reach } from "../../runtime/calls/reach.ts";
import { SingleFlight } from "../../runtime/calls/single-flight.ts";
import { retryAfter } from "../../runtime/fields/retry-after.ts";
import { type Party, startParty } from "../harness/party.ts";

const client = (named: readonly string[], config: Partial<ClientConfig> = {}) =>
  createClient({ named, maxBytes: 10_000, attempts: 1, environment: {}, ...config });

const failing = (call: Promise<unknown>): Promise<CallFailure> =>
  call.then(
    () => Promise.reject(new Error("it succeeded")),
    (error: unknown) => (error instanceof CallFailure ? error : Promise.reject(error)),
  );

const countOf = ({ requests }: Party): number => requests.length;

describe("redirects (RFC 9110 §15.4)", () => {
  it("are not followed unless asked", async () => {
    const party = await startParty();
    party.on("/old", { redirect: "/new" });
    const { kind, message } = await failing(client([party.origin]).call({ url: `${party.origin}/old` }));
    expect([kind, message]).toEqual([
      "redirect",
      expect.stringContaining(`sends on to ${party.origin}/new, which is not followed`),
    ]);
    expect(countOf(party)).toBe(1);
  });

  it("are followed as often as asked, and no further", async () => {
    const party = await startParty();
    party.on("/1", { redirect: "/2" });
    party.on("/2", { redirect: "/3" });
    party.on("/3", { body: "there" });
    const answer = await client([party.origin], { redirects: 2 }).call({ url: `${party.origin}/1` });
    expect([answer.url.pathname, answer.body.toString()]).toEqual(["/3", "there"]);
    expect((await failing(client([party.origin], { redirects: 1 }).call({ url: `${party.origin}/1` }))).kind).toBe("redirect");
  });

  it.each([
    [303, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [307, "POST", "POST", "text"],
    [308, "PUT", "PUT", "text"],
  ])("with %i, %s becomes %s with the body `%s`", async (status, method, becomes, body) => {
    const party = await startParty();
    party.on("/1", { redirect: "/2", status });
    await client([party.origin], { redirects: 1 }).call({ url: `${party.origin}/1`, method, body: "text" });
    expect(party.requests[1]).toMatchObject({ method: becomes, target: "/2", body });
  });

  it("take credentials to no other origin", async () => {
    const [first, other] = [await startParty(), await startParty()];
    first.on("/", { redirect: `${other.origin}/there` });
    const calls = client([first.origin, other.origin], { redirects: 1 });
    await calls.call({ url: first.origin, headers: { authorization: "Bearer t", cookie: "a=b", "x-kept": "yes" } });
    expect(other.requests[0]!.headers).toMatchObject({ "x-kept": "yes" });
    expect(Object.keys(other.requests[0]!.headers)).not.toEqual(expect.arrayContaining(["authorization"]));
    expect(other.requests[0]!.headers.cookie).toBeUndefined();
  });

  it("lead to no host on this machine or in a private network, unless the configuration names it", async () => {
    const [first, secret] = [await startParty(), await startParty()];
    const calls = client([first.origin], { redirects: 1 });
    const port = String(secret.port);
    for (const host of [
      "127.0.0.1",
      "localhost",
      "[::ffff:127.0.0.1]",
      "0.0.0.0",
      "2130706433",
      "0x7f.1",
      "[::1]",
      "169.254.169.254",
    ]) {
      first.on("/", { redirect: `http://${host}:${port}/latest/meta-data` });
      const { kind, message } = await failing(calls.call({ url: first.origin }));
      expect([host, kind, message]).toEqual([host, "forbidden", expect.stringContaining("not on the open internet")]);
    }
    expect([countOf(secret), secret.connections]).toEqual([0, 0]);
  });
});

describe("where calls may go (RFC 6890)", () => {
  const reach = new Reach(["http://keys.internal:8080/jwks", "https://[fd00::1]/"]);
  const { signal } = new AbortController();
  const goes = (url: string): Promise<unknown> =>
    reach.addressesOf(new URL(url), signal).then(
      (all) => all[0]!.address,
      (error) => error.kind,
    );

  it.each([
    "http://10.0.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/",
    "http://[fe80::1]/",
    "http://[fd00::2]/",
    "http://[::]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fd00::1]:8443/",
  ])("%s is not on the open internet", async (url) => {
    expect(await goes(url)).toBe("forbidden");
  });

  it.each([
    ["http://8.8.8.8/", "8.8.8.8"],
    ["http://[2606:4700::1111]/", "2606:4700::1111"],
    ["http://[64:ff9b::808:808]/", "64:ff9b::808:808"],
    ["https://[fd00::1]/other", "fd00::1"],
  ])("%s may be called", async (url, address) => {
    expect(await goes(url)).toBe(address);
  });
});

describe("what is idempotent is tried again (RFC 9110 §9.2.2)", () => {
  it.each([502, 503, 504, 429] as const)("after %i", async (status) => {
    const party = await startParty();
    party.on("/", { status, headers: { "Retry-After": "0" } }, { body: "well" });
    expect((await client([party.origin], { attempts: 2 }).call({ url: party.origin })).body.toString()).toBe("well");
  });

  it("after a connection that broke", async () => {
    const party = await startParty();
    party.on("/", "reset", "truncated", { body: "well" });
    expect((await client([party.origin], { attempts: 3 }).call({ url: party.origin })).body.toString()).toBe("well");
    expect(countOf(party)).toBe(3);
  });

  it("and a POST only where the caller says that it is", async () => {
    const party = await startParty();
    party.on("/", "reset", { body: "well" });
    const call = { url: party.origin, method: "POST", body: "token=a" };
    const calls = client([party.origin], { attempts: 3 });
    expect((await failing(calls.call(call))).kind).toBe("broken");
    expect(countOf(party)).toBe(1);
    party.on("/", "reset", { body: "well" });
    expect((await calls.call({ ...call, isIdempotent: true })).body.toString()).toBe("well");
  });

  it("not where `Retry-After` says a time beyond the deadline: the answer itself comes, at once", async () => {
    const party = await startParty();
    party.on("/", { status: 503, headers: { "Retry-After": "3600" }, body: "later" });
    const answer = await client([party.origin], { attempts: 3 }).call({ url: party.origin });
    expect([answer.status, answer.body.toString(), countOf(party)]).toEqual([503, "later", 1]);
  });

  it("never what would fail in the same way", async () => {
    const party = await startParty();
    party.on("/", "endless");
    expect((await failing(client([party.origin], { attempts: 3 }).call({ url: party.origin }))).kind).toBe("tooLarge");
    expect(countOf(party)).toBe(1);
  });

  it("reads both forms of Retry-After (RFC 9110 §10.2.3)", () => {
    expect(retryAfter("120")).toBe(120_000);
    expect(retryAfter("Fri, 31 Dec 1999 23:59:59 GMT")).toBe(0);
    expect([retryAfter("soon"), retryAfter("-1"), retryAfter(undefined)]).toEqual([undefined, 0, undefined]);
  });
});

describe("a document that is fetched again (RFC 9110 §13.1)", () => {
  it("comes in full only where it has changed since one was accepted", async () => {
    const party = await startParty();
    const document = new RemoteDocument(client([party.origin]), `${party.origin}/list`);
    party.on("/list", { body: "first", etag: true });
    // Not accepted: it comes again.
    expect((await document.fetch())?.body.toString()).toBe("first");
    (await document.fetch())?.accept();
    expect(await document.fetch()).toBeUndefined();
    party.on("/list", { body: "second", etag: true });
    expect((await document.fetch())?.body.toString()).toBe("second");
    expect(party.requests.map(({ headers }) => headers["if-none-match"] !== undefined)).toEqual([false, false, true, true]);
  });

  it("goes by Last-Modified where there is no ETag", async () => {
    const party = await startParty();
    const document = new RemoteDocument(client([party.origin]), `${party.origin}/list`);
    const modified = "Tue, 01 Dec 2026 00:00:00 GMT";
    party.on("/list", ({ headers }) =>
      headers["if-modified-since"] === modified ? { status: 304 } : { headers: { "Last-Modified": modified }, body: "first" },
    );
    (await document.fetch())?.accept();
    expect(await document.fetch()).toBeUndefined();
  });

  it.each([404, 500, 304, 206])("does not come with %i", async (status) => {
    const party = await startParty();
    party.on("/list", { status });
    const { kind, message } = await failing(
      new RemoteDocument(client([party.origin]), `${party.origin}/list?key=secret`).fetch(),
    );
    expect([kind, message]).toEqual(["status", `${party.origin}/list answered with ${status}, and 200 is expected`]);
  });
});

it("of calls with one key one is in flight", async () => {
  const flights = new SingleFlight<number>();
  let begun = 0;
  const begin = () => Promise.resolve().then(() => ++begun);
  expect(await Promise.all(["a", "a", "b"].map((key) => flights.run(key, begin)))).toEqual([1, 1, 2]);
  expect(await flights.run("a", begin)).toBe(3);
  await expect(flights.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await flights.run("a", begin)).toBe(4);
});
