import { expect, test, vi } from "vitest";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import type { Operation } from "../../runtime/gateway/operation.ts";
import { send } from "../../runtime/http/send.ts";
import { notFound } from "../../runtime/http/unmatched.ts";
import { declaredSpelling } from "../../runtime/routing/trailing-slash.ts";
import { everyPart } from "../harness/every-part.ts";
import { DoneLog, gateway, operation, using } from "./support/gateway.ts";
import { exchange, get, RawClient } from "./support/raw-client.ts";

function answer(x: Exchange, body: string): void {
  x.answer = { status: 200, headers: new HeaderList(["Content-Type", "text/plain"]), body, source: "test" };
  send(x);
}

/** Answers with what it saw. */
const echo = (change: Partial<Operation> = {}): Operation =>
  operation({ request: (x) => answer(x, `${x.method} ${x.host} ${x.path} ${x.query}`), ...change });

/** Knows GET and POST /orders. */
function shop(change: Partial<Gateway> = {}, preflight: Operation["preflight"] = null): Gateway {
  const list = echo({ preflight });
  return gateway(list, {
    match: (x, method) => (x.path === "/orders" && (method === "GET" || method === "HEAD" || method === "POST") ? list : null),
    allow: (x) => (x.path === "/orders" ? "GET, HEAD, POST, OPTIONS" : ""),
    ...change,
  });
}

test("gives the chain method, host, path and query", async () => {
  await using(gateway(echo()), async ({ port }) => {
    const { body } = await exchange(port, "PUT /a/b%7e?x=1?2 HTTP/1.1\r\nHost: Shop.Example.com:8080\r\n\r\n");
    expect(body).toBe("PUT shop.example.com /a/b~ x=1?2");
  });
});

test.each([
  ["absolute-form", "GET http://Other.example.com:81/a?b HTTP/1.1\r\nHost: shop\r\n\r\n", "GET other.example.com /a b"],
  ["absolute-form without path", "GET http://other.example.com?b HTTP/1.1\r\nHost: shop\r\n\r\n", "GET other.example.com / b"],
  ["an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET [::1] / "],
  ["HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET  / "],
])("takes %s", async (_name, request, body) => {
  await using(gateway(echo()), async ({ port }) => {
    expect((await exchange(port, request)).body).toBe(body);
  });
});

test.each([
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "bad-host"],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "bad-host"],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad-host"],
  ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad-host"],
  ["a Host with user information", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "bad-host"],
  ["a Host with a port of letters", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, "bad-host"],
  ["user information in absolute-form", "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-host"],
  ["an encoded slash", get("/a%2fb"), 400, "bad-path"],
  ["double encoding", get("/a%252fb"), 400, "bad-path"],
  ["authority-form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-path"],
  ["an asterisk without OPTIONS", get("*"), 400, "bad-path"],
  ["another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-path"],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed"],
  ["another expectation", get("/", "Expect: magic\r\n"), 417, "expectation-failed"],
  ["too many fields", get("/", "A: 1\r\n".repeat(201)), 431, "too-many-fields"],
  ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 405, "method-not-allowed"],
  ["a method that is no token", "G{T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request"],
  ["white space before the colon", get("/", "X : 1\r\n"), 400, "bad-request"],
  ["an obsolete fold", get("/", "X: 1\r\n 2\r\n"), 400, "bad-request"],
  [
    "both framings",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
    "bad-request",
  ],
  ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "bad-request"],
  ["another coding last", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400, "bad-request"],
  ["a head that is too large", get("/", `X: ${"a".repeat(40_000)}\r\n`), 431, "head-too-large"],
])("refuses %s with a problem", async (_name, request, status, slug) => {
  await using(gateway(echo()), async ({ port }) => {
    const { status: got, body, field } = await exchange(port, request);
    expect(got).toBe(status);
    expect(field("content-type")).toBe("application/problem+json");
    expect(JSON.parse(body)).toMatchObject({ type: `urn:gatewright:problem:${slug}`, status });
  });
});

test("a broken body ends the connection, and the exchange is done once", async () => {
  const done = new DoneLog();
  const request = (x: Exchange) => void x.readBody(100);
  await using(gateway(operation({ request, done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    expect((await client.answer()).status).toBe(400);
    await client.rest();
    expect((await done.take()).outcome).toBe("refused");
    expect(done.seen).toEqual([]);
    client.close();
  });
});

test("done hooks run once for each exchange, after the last byte", async () => {
  const done = new DoneLog();
  await using(gateway(echo({ done: done.hook })), async ({ port }) => {
    const client = new RawClient(port);
    for (let round = 0; round < 3; round++) await client.write(get("/x")).answer();
    for (let round = 0; round < 3; round++) {
      const x = await done.take();
      expect([x.outcome, x.bytesSent, x.answer?.status]).toEqual(["complete", "GET shop.example.com /x ".length, 200]);
    }
    expect(done.seen).toEqual([]);
    client.close();
  });
});

test("pipelined requests are answered in order", async () => {
  const waiting: (() => void)[] = [];
  const any = operation({
    request: (x) =>
      x.path === "/1" ? new Promise<void>((resolve) => waiting.push(resolve)).then(() => answer(x, "1")) : answer(x, "2"),
  });
  const done = new DoneLog();
  await using(gateway({ ...any, done: done.hook }), async ({ port }) => {
    const client = new RawClient(port).write(get("/1") + get("/2"));
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]!();
    expect([(await client.answer()).body, (await client.answer()).body]).toEqual(["1", "2"]);
    client.close();
  });
});

test("HEAD gets the length of GET and no body", async () => {
  await using(gateway(echo()), async ({ port }) => {
    const client = new RawClient(port);
    const head = await client.write("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n").answer(true);
    expect(head.field("content-length")).toBe(String("HEAD a /x ".length));
    expect((await client.write(get("/y")).answer()).status).toBe(200);
    client.close();
  });
});

test.each([204, 304])("%i has neither body nor length", async (status) => {
  const any = operation({
    request(x) {
      x.answer = { status, headers: new HeaderList(["Content-Length", "3"]), body: "abc", source: "test" };
      send(x);
    },
  });
  await using(gateway(any), async ({ port }) => {
    const client = new RawClient(port);
    for (let round = 0; round < 2; round++) {
      const got = await client.write(get("/")).answer();
      expect([got.status, got.field("content-length"), got.field("transfer-encoding")]).toEqual([status, undefined, undefined]);
    }
    expect(client.text).toBe("");
    client.close();
  });
});

test("text is sent as UTF-8 beside fields in Latin-1", async () => {
  const any = operation({
    request(x) {
      x.answer = { status: 200, headers: new HeaderList(["X-Name", "caf\xe9"]), body: "caf\xe9", source: "test" };
      send(x);
    },
  });
  await using(gateway(any), async ({ port }) => {
    const got = await exchange(port, get("/"));
    expect(got.field("x-name")).toBe("caf\xe9");
    expect(got.body).toBe("caf\xc3\xa9");
  });
});

test("no operation: 404, 405 with Allow, OPTIONS answered", async () => {
  await using(shop(), async ({ port }) => {
    const none = await exchange(port, get("/nothing"));
    expect([none.status, none.field("allow"), none.field("content-type")]).toEqual([404, undefined, "application/problem+json"]);
    const wrong = await exchange(port, "DELETE /orders HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([wrong.status, wrong.field("allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
    const options = await exchange(port, "OPTIONS /orders HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([options.status, options.field("allow")]).toEqual([204, "GET, HEAD, POST, OPTIONS"]);
    expect((await exchange(port, "OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n")).status).toBe(404);
    expect((await exchange(port, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).status).toBe(204);
  });
});

test("the chain for unmatched requests runs its policies first", async () => {
  const seen: string[] = [];
  const unmatched = operation({
    request(x) {
      seen.push("request");
      x.requestId = "id-1";
      notFound(x);
    },
    response: (x) => x.answer?.headers.add("X-Request-Id", x.requestId),
    done: () => seen.push("done"),
  });
  await using(shop({ unmatched }), async ({ port }) => {
    const got = await exchange(port, get("/nothing"));
    expect(got.field("x-request-id")).toBe("id-1");
    expect(JSON.parse(got.body)).toMatchObject({ requestId: "id-1" });
    await expect.poll(() => seen).toEqual(["request", "done"]);
  });
});

test("a preflight is answered by the operation it asks for", async () => {
  const preflight = (x: Exchange): void => {
    x.answer = {
      status: 204,
      headers: new HeaderList(["Access-Control-Allow-Origin", "https://a.example"]),
      body: undefined,
      source: "cors",
    };
  };
  const ask = (method: string): string =>
    `OPTIONS /orders HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: ${method}\r\n\r\n`;
  await using(shop({}, preflight), async ({ port }) => {
    expect((await exchange(port, ask("POST"))).field("access-control-allow-origin")).toBe("https://a.example");
    // Nothing is said for a method that no operation has.
    const other = await exchange(port, ask("DELETE"));
    expect([other.status, other.field("access-control-allow-origin"), other.field("allow")]).toEqual([
      204,
      undefined,
      "GET, HEAD, POST, OPTIONS",
    ]);
  });
  await using(shop(), async ({ port }) => {
    expect((await exchange(port, ask("POST"))).field("allow")).toBe("GET, HEAD, POST, OPTIONS");
  });
});

test("a slash too many redirects to the declared spelling, with the query", async () => {
  await using(shop({ parts: { ...everyPart, declaredSpelling } }), async ({ port }) => {
    const got = await exchange(port, "POST /orders/?a=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([got.status, got.field("location")]).toEqual([308, "/orders?a=1"]);
    expect((await exchange(port, get("/nothing/"))).status).toBe(404);
  });
  await using(shop(), async ({ port }) => {
    expect((await exchange(port, get("/orders/"))).status).toBe(404);
  });
});

test("answers with fields that cannot be sent become a 500", async () => {
  const log = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const any = operation({
    request(x) {
      x.answer = { status: 200, headers: new HeaderList(["X-Bad", "a\r\nb"]), body: "x", source: "test" };
      send(x);
    },
  });
  await using(gateway(any), async ({ port }) => {
    const got = await exchange(port, get("/"));
    expect(got.status).toBe(500);
    expect(got.field("b")).toBeUndefined();
  });
  expect(String(log.mock.calls[0]?.[0])).toContain("FieldError");
  log.mockRestore();
});
