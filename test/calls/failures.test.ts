import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type ClientConfig, createClient } from "../../runtime/calls/client.ts";
import { CallFailure, type FailureKind } from "../../runtime/calls/failure.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { type Behaviour, startParty } from "../harness/party.ts";

/** Whatever proxy this machine has is not asked. */
const environment = {};

const client = (named: readonly string[], config: Partial<ClientConfig> = {}) =>
  createClient({ named, maxBytes: 10_000, attempts: 1, environment, ...config });

const failing = async (call: Promise<unknown>): Promise<CallFailure> => {
  const error = await call.then(
    (answer) => new Error(`answered ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof CallFailure) return error;
  throw error;
};

describe("a call of the gateway's own", () => {
  it("brings status, fields and body of the answer", async () => {
    const party = await startParty();
    party.on("/keys", { status: 203, headers: { "X-Of": "party", "Cache-Control": ["no-store", "private"] }, body: "Grüße" });
    const { status, headers, body } = await client([party.origin]).call({ url: `${party.origin}/keys?a=1` });
    expect([status, headers["x-of"], headers["cache-control"], body.toString()]).toEqual([
      203,
      "party",
      "no-store, private",
      "Grüße",
    ]);
    expect(party.requests).toMatchObject([{ method: "GET", target: "/keys?a=1" }]);
  });

  it("sends a body, and keeps its connection", async () => {
    const party = await startParty();
    party.on("/introspect", { body: "{}" });
    const calls = client([party.origin]);
    for (const body of ["token=a", Buffer.from("token=b"), "token=c", "token=d"])
      await calls.call({ url: `${party.origin}/introspect`, method: "POST", headers: { "content-type": "text/plain" }, body });
    expect(party.requests.map(({ method, body }) => [method, body])).toEqual([
      ["POST", "token=a"],
      ["POST", "token=b"],
      ["POST", "token=c"],
      ["POST", "token=d"],
    ]);
    // undici opens a second one where the first has only just become free.
    expect(party.connections).toBeLessThan(3);
  });

  it("passes the body on as it comes where somebody takes it, without a bound; of what is no success it is gathered", async () => {
    const party = await startParty();
    party.on("/watch", { body: "x".repeat(50_000) });
    party.on("/gone", { status: 410, body: "too old" });
    const calls = client([party.origin]);
    let [taken, begun] = [0, 0];
    const onData = (chunk: Buffer): void => {
      if (chunk.length === 0) begun++;
      taken += chunk.length;
    };
    const answer = await calls.call({ url: `${party.origin}/watch`, onData });
    expect([answer.status, answer.body.length, taken, begun]).toEqual([200, 0, 50_000, 1]);
    const gone = await calls.call({ url: `${party.origin}/gone`, onData });
    expect([gone.body.toString(), taken, begun]).toEqual(["too old", 50_000, 1]);
    const refusing = (): void => {
      throw new CallFailure("protocol", "that is no event");
    };
    expect((await failing(calls.call({ url: `${party.origin}/watch`, onData: refusing }))).message).toBe("that is no event");
  });

  it.each<[string, Behaviour, Partial<ClientConfig>, FailureKind, RegExp]>([
    ["says nothing", "silent", { headMs: 50 }, "headTimeout", /did not answer within 50 ms/],
    ["stops in the middle of its body", "stuck", { wholeMs: 200 }, "wholeTimeout", /did not answer in full within 200 ms/],
    ["resets the connection", "reset", {}, "broken", /ended before its answer was whole: ECONNRESET/],
    ["sends less than it promised", "truncated", {}, "broken", /ended before its answer was whole/],
    ["does not speak HTTP", "garbage", {}, "protocol", /not HTTP\/1\.1/],
    ["never ends its body", "endless", {}, "tooLarge", /10000 bytes are read at most/],
    ["announces more than is read", { headers: { "Content-Length": "10001" }, body: "x" }, {}, "tooLarge", /10001 bytes/],
    ["answers in a coding nobody asked for", { headers: { "Content-Encoding": "br" }, body: "x" }, {}, "protocol", /coding br/],
  ])("fails where the other side %s", async (_, behaviour, config, kind, message) => {
    const party = await startParty();
    party.on("/", behaviour);
    const failure = await failing(client([party.origin], config).call({ url: party.origin }));
    expect([failure.kind, failure.message]).toEqual([kind, expect.stringMatching(message)]);
    // One that failed is in nobody's way.
    party.on("/", { body: "again" });
    expect((await client([party.origin]).call({ url: party.origin })).body.toString()).toBe("again");
  });

  it("says that nothing listens, and comes back when somebody does", async () => {
    const party = await startParty();
    await party.leave();
    const calls = client([party.origin]);
    const failure = await failing(calls.call({ url: `${party.origin}/x?token=secret` }));
    expect(failure.kind).toBe("connect");
    expect(failure.message).toBe(`cannot reach ${party.origin}: nothing listens there (ECONNREFUSED)`);
    await party.comeBack();
    expect((await calls.call({ url: party.origin })).status).toBe(404);
  });

  it("says that a name is unknown", async () => {
    const url = "http://keys.invalid/";
    const { kind, message } = await failing(client([url]).call({ url }));
    expect([kind, message]).toEqual(["name", expect.stringContaining("keys.invalid")]);
  });

  it("has a deadline for the connection, which a handshake without an answer meets", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
    const { kind, message } = await failing(client([url], { connectMs: 50 }).call({ url }));
    server.close();
    expect([kind, message]).toEqual(["connectTimeout", expect.stringContaining("within 50 ms")]);
  });

  it("never calls what is not a URL of HTTP, and tells no password", async () => {
    for (const url of ["file:///etc/passwd", "keys", "http://user:geheim@localhost/"]) {
      const { kind, message } = await failing(client([]).call({ url }));
      expect([kind, message]).toEqual(["url", expect.not.stringContaining("geheim")]);
    }
  });

  it("is called off by whoever made it, and by the end of the client", async () => {
    const party = await startParty();
    party.on("/", "silent");
    const controller = new AbortController();
    const calls = client([party.origin]);
    const both = [calls.call({ url: party.origin, signal: controller.signal }), calls.call({ url: party.origin })].map(failing);
    controller.abort();
    expect((await both[0]!).kind).toBe("aborted");
    calls.close();
    expect((await both[1]!).kind).toBe("aborted");
    expect((await failing(calls.call({ url: party.origin }))).kind).toBe("aborted");
  });

  it("fails at once where too many are in flight", async () => {
    const party = await startParty();
    party.on("/", "silent");
    const calls = client([party.origin], { maxInFlight: 2 });
    const waiting = [1, 2].map(() => failing(calls.call({ url: party.origin })));
    expect((await failing(calls.call({ url: party.origin }))).kind).toBe("overloaded");
    calls.close();
    await Promise.all(waiting);
  });
});

describe("a secure call", async () => {
  const [authority, stranger] = [await makeAuthority(), await makeAuthority("somebody else")];
  const certified = authority.issue("party", ["DNS:localhost"]);
  const { createSecureContext } = await import("node:tls");
  const trusting = (ca: string) => ({ tls: { context: () => createSecureContext({ ca }) } });

  it("trusts the authorities that it is told to trust", async () => {
    const party = await startParty(certified);
    party.on("/", { body: "safe" });
    const answer = await client([party.origin], trusting(authority.certificate)).call({ url: party.origin });
    expect(answer.body.toString()).toBe("safe");
  });

  it.each([
    ["an authority that is not trusted", stranger.certificate, certified, /not trusted here; name that under `ca`/],
    ["another name", authority.certificate, authority.issue("party", ["DNS:other.example"]), /certificate is for other names/],
  ])("fails on a certificate of %s", async (_, ca, shown, message) => {
    const party = await startParty(shown);
    const failure = await failing(client([party.origin], trusting(ca)).call({ url: party.origin }));
    expect([failure.kind, failure.message]).toEqual(["tls", expect.stringMatching(message)]);
    expect(party.requests).toEqual([]);
  });

  it("finds the name that it is told to find", async () => {
    const party = await startParty(authority.issue("party", ["DNS:keys.internal"]));
    const { tls } = trusting(authority.certificate);
    const answer = await client([party.origin], { tls: { ...tls, serverName: "keys.internal" } }).call({ url: party.origin });
    expect(answer.status).toBe(404);
  });

  it("asks for the context anew for each connection", async () => {
    const party = await startParty(certified);
    let ca = stranger.certificate;
    const calls = client([party.origin], { tls: { context: () => createSecureContext({ ca }) } });
    expect((await failing(calls.call({ url: party.origin }))).kind).toBe("tls");
    ca = authority.certificate;
    expect((await calls.call({ url: party.origin })).status).toBe(404);
  });
});
