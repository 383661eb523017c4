import { connect } from "node:http2";
import { expect, onTestFinished, test } from "vitest";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { mirroring, silent } from "./support/mirroring.ts";

const post = (fields: string, body = ""): string => `POST /a HTTP/1.1\r\nHost: shop.example.com\r\n${fields}\r\n\r\n${body}`;

test("the mirror gets the request with its own Host, without credentials and with the mark", async () => {
  const { port, main, next, mirrored } = await mirroring("", undefined, {
    policies: "headers: { request: { set: { X-Inner: secret } } }\n      public: trial",
  });
  const fields = "Authorization: Bearer t\r\nCookie: a=b\r\nX_API_Key: k\r\nX-Inner: forged\r\nX-Kept: yes\r\n";
  expect((await exchange(port, get("/a/b?x=%201&api%5Fkey=k&y", fields))).status).toBe(200);
  await expect.poll(() => next.seen.length).toBe(1);
  const { target, headers } = next.seen[0]!;
  expect(target).toBe("/base/a/b?x=%201&y");
  expect(headers.host).toBe(`127.0.0.1:${next.port}`);
  expect(headers).toMatchObject({ "x-kept": "yes", "x-gatewright-mirror": "mirrors" });
  for (const name of ["authorization", "cookie", "x_api_key", "x-inner"]) expect(headers[name], name).toBeUndefined();
  expect(main.seen[0]!.headers).toMatchObject({ authorization: "Bearer t", cookie: "a=b", "x-inner": "secret" });
  expect(main.seen[0]!.headers["x-gatewright-mirror"]).toBeUndefined();
  await expect.poll(() => mirrored("2xx")).toBe(1);
});

test("the mirror is told that it is a part of the trace, and not of its baggage", async () => {
  const { port, main, next } = await mirroring("", undefined, { policies: "public: trial\n      tracing: {}" });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  await exchange(port, get("/", `traceparent: 00-${traceId}-b7ad6b7169203331-01\r\nbaggage: user=1\r\n`));
  await expect.poll(() => next.seen.length).toBe(1);
  const [own, copied] = [main.seen[0]!.headers, next.seen[0]!.headers];
  expect(copied.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-\d\d$/);
  expect(copied.traceparent!.slice(3, 35)).toBe(String(own.traceparent).slice(3, 35));
  expect(copied.traceparent).not.toBe(own.traceparent);
  expect(copied.baggage).toBeUndefined();
});

test("what `keep` names stays", async () => {
  const { port, next } = await mirroring("keep: { Authorization: it verifies the same tokens }");
  await exchange(port, get("/", "Authorization: Bearer t\r\nCookie: a=b\r\n"));
  await expect.poll(() => next.seen.length).toBe(1);
  expect([next.seen[0]!.headers.authorization, next.seen[0]!.headers.cookie]).toEqual(["Bearer t", undefined]);
});

test("parameters that `rewrite` makes of secrets, of the caller or of a credential are not in copies", async () => {
  const rewrite =
    'rewrite: { query: { rename: { api_key: partner, a: b }, set: { key: "${env:ACME_KEY}", version: "2" }, add: { user: { expression: identity.subject } } } }';
  const policies = `security: [{ partnerKey: [] }]\n      ${rewrite}`;
  const { port, main, next } = await mirroring("", undefined, { policies });
  expect((await exchange(port, get("/?a=1&api_key=acme-key-for-tests-0001"))).body).toBe("ok");
  await expect.poll(() => next.seen.length).toBe(1);
  expect(main.seen[0]!.target).toContain("key=acme-key-for-tests-0001&version=2&user=acme");
  expect(next.seen[0]!.target).toBe("/base/?b=1&version=2");
  const kept = await mirroring("keep: { key: both ask the same registry }", undefined, { policies });
  expect((await exchange(kept.port, get("/?a=1&api_key=acme-key-for-tests-0001"))).body).toBe("ok");
  await expect
    .poll(() => kept.next.seen.map(({ target }) => target))
    .toEqual(["/base/?b=1&key=acme-key-for-tests-0001&version=2"]);
});

test("a mirror that hangs delays neither the answer nor the next request on the connection (apisix#6536)", async () => {
  // Longer than any test lives: whatever waits for the mirror does not come at all.
  const { port, next, mirrored } = await mirroring("timeout: 1h", silent);
  const client = new RawClient(port);
  for (let count = 0; count < 5; count++) expect((await client.write(get("/")).answer()).body).toBe("ok");
  client.close();
  await expect.poll(() => next.seen).toHaveLength(5);
  expect(await mirrored("late")).toBe(0);
});

test("a mirror that hangs is given up", async () => {
  const { port, next, mirrored } = await mirroring("timeout: 2s", silent);
  for (let count = 0; count < 5; count++) expect((await exchange(port, get("/"))).body).toBe("ok");
  await expect.poll(() => mirrored("late")).toBe(5);
  expect(next.seen).toHaveLength(5);
  await expect.poll(() => next.state.connections).toBe(0);
});

test("a body of 2 MiB is not copied, announced or not, and counted (istio#58870)", async () => {
  const { port, main, next, unmirrored, held } = await mirroring("");
  const body = "x".repeat(2 * 1024 * 1024);
  const client = new RawClient(port);
  expect((await client.write(post(`Content-Length: ${body.length}`, body)).answer()).body).toBe("ok");
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  expect((await client.write(post("Transfer-Encoding: chunked", chunked)).answer()).body).toBe("ok");
  client.close();
  await expect.poll(() => unmirrored("body")).toBe(2);
  expect(main.seen.map((one) => one.body.length)).toEqual([body.length, body.length]);
  expect(next.seen).toEqual([]);
  expect(await held()).toBe(0);
});

test("a body that streams reaches the service as it comes, and the mirror as a whole", async () => {
  const { port, main, next, held } = await mirroring("");
  const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "3\r\nabc\r\n"));
  await expect.poll(held).toBe(3);
  expect(next.seen).toEqual([]);
  client.write("3\r\ndef\r\n0\r\n\r\n");
  expect((await client.answer()).body).toBe("ok");
  await expect.poll(() => next.seen.length).toBe(1);
  expect([main.seen[0]!.body, next.seen[0]!.body]).toEqual(["abcdef", "abcdef"]);
  expect(next.seen[0]!.headers).toMatchObject({ "content-length": "6" });
  expect(next.seen[0]!.headers["transfer-encoding"]).toBeUndefined();
  await expect.poll(held).toBe(0);
  client.close();
});

test("a client that waits for 100 is told to go on, and its body is copied", async () => {
  const { port, next } = await mirroring("");
  const client = new RawClient(port).write(post("Expect: 100-continue\r\nContent-Length: 3"));
  await client.until((text) => text.startsWith("HTTP/1.1 100 "));
  client.text = "";
  expect((await client.write("abc").answer()).body).toBe("ok");
  await expect.poll(() => next.seen.map(({ body }) => body)).toEqual(["abc"]);
  expect(next.seen[0]!.headers.expect).toBeUndefined();
  client.close();
});

test("a client that leaves before its body is complete leaves no copy, and gives its place back", async () => {
  const { port, main, next, unmirrored, held } = await mirroring("concurrency: 1");
  const client = new RawClient(port).write(post("Content-Length: 10", "abc"));
  await expect.poll(held).toBe(3);
  client.close();
  await expect.poll(() => unmirrored("unfinished")).toBe(1);
  expect(await held()).toBe(0);
  expect([main.seen, next.seen]).toEqual([[], []]);
  await exchange(port, post("Content-Length: 3\r\nConnection: close", "abc"));
  await expect.poll(() => next.seen.map(({ body }) => body)).toEqual(["abc"]);
});

test("requests of HTTP/2 are copied with their bodies", async () => {
  const { port, next } = await mirroring("", undefined, { http2: ", http2: true" });
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/h2", authorization: "Bearer t" });
  stream.end("streamed");
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  expect(text).toBe("ok");
  await expect
    .poll(() => next.seen.map(({ method, target, body }) => [method, target, body]))
    .toEqual([["POST", "/base/h2", "streamed"]]);
  expect(next.seen[0]!.headers.authorization).toBeUndefined();
});

test("a mirror that is slower than a thousand requests gets as many as may be in flight, and memory stays flat", async () => {
  const gateway = await mirroring("concurrency: 20, timeout: 60s", silent);
  const { port, main, next, unmirrored } = gateway;
  const body = "x".repeat(30_000);
  const send = async (requests: number): Promise<void> => {
    const client = new RawClient(port);
    for (let count = 0; count < requests; count++)
      expect((await client.write(post(`Content-Length: ${body.length}`, body)).answer()).body).toBe("ok");
    client.close();
  };
  await Promise.all(Array.from({ length: 4 }, () => send(50)));
  main.seen.length = 0;
  const before = await gateway.memory();
  await Promise.all(Array.from({ length: 4 }, () => send(250)));
  expect((await gateway.memory()) - before).toBeLessThan(10_000_000);
  expect(main.seen).toHaveLength(1_000);
  expect(next.seen).toHaveLength(20);
  expect(await unmirrored("busy")).toBe(1_180);
});
