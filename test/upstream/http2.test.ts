import { randomBytes } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import type { ServiceConfig } from "../../runtime/upstream/service.ts";
import { createTrailers } from "../../runtime/upstream/trailers.ts";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { DoneLog, forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { exchange, fieldOf, get, RawClient } from "../runtime/support/raw-client.ts";
import { echo, http2, http2Service, listening } from "./support/http2.ts";

let authority: Authority;
let certified: Certified;
beforeAll(async () => {
  authority = await makeAuthority();
  certified = authority.issue("orders", ["IP:127.0.0.1"]);
});

const connections = (max: number, streams = 100, pending = 100): Pick<ServiceConfig, "connections"> => ({
  connections: { max, pending, streams, idle: 4_000 },
});

/** Body of an answer in chunks, put together. */
function dechunk(text: string): string {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (size === 0) return body;
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
}

const post = (body: string, fields = ""): string =>
  `POST /orders HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;

test.each([false, true])("requests go over one connection; secured: %s", async (isSecure) => {
  const seen: IncomingHttpHeaders[] = [];
  const upstream = await http2Service(
    (stream, headers) => {
      seen.push(headers);
      echo(stream, headers);
    },
    {},
    isSecure ? certified : undefined,
  );
  await using(gateway(forwarding(http2(upstream.url, {}, authority))), async ({ port }) => {
    const client = new RawClient(port);
    const fields =
      "Cookie: a=1\r\nCookie: b=2\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-List: a\r\nX-List: b\r\nTE: trailers\r\n";
    client.write(post("some content", fields));
    await client.until((text) => text.endsWith("0\r\n\r\n"));
    expect(dechunk(client.text)).toBe("some content");
    client.text = "";
    client.write(get("/a?b=c"));
    await client.until((text) => text.endsWith("0\r\n\r\n"));
    expect(client.text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*x-path: \/a\?b=c\r\n/);
    client.close();
  });
  expect(upstream.sessions.length).toBe(1);
  const authorityOf = upstream.url.replace(/^https?:\/\//, "");
  expect(seen[0]).toMatchObject({
    ":method": "POST",
    ":path": "/orders",
    ":scheme": isSecure ? "https" : "http",
    ":authority": authorityOf,
    "content-length": "12",
    cookie: "a=1; b=2",
    "x-list": "a, b",
    te: "trailers",
    "x-forwarded-host": "shop.example.com",
  });
  for (const name of ["connection", "x-hop", "host", "transfer-encoding"]) expect(seen[0]).not.toHaveProperty(name);
});

test("fields of the answer pass in order, with several of one name; those of a status without body too", async () => {
  const upstream = await http2Service((stream, headers) => {
    const status = Number(String(headers[":path"]).slice(1));
    stream.respond({ ":status": status, "set-cookie": ["a=1", "b=2"], ...(status === 200 ? { "content-length": 5 } : {}) });
    stream.end(status === 200 && headers[":method"] !== "HEAD" ? "hello" : undefined);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const whole = await exchange(port, get("/200"));
    expect([whole.status, whole.body]).toEqual([200, "hello"]);
    expect(whole.lines.filter((line) => line.startsWith("set-cookie"))).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
    const head = await exchange(port, get("/200").replace("GET", "HEAD"), true);
    expect([head.status, head.field("content-length")]).toEqual([200, "5"]);
    expect((await exchange(port, get("/204"))).status).toBe(204);
    expect((await exchange(port, get("/304"))).status).toBe(304);
  });
});

test("interim answers and trailers pass to the client, and trailers to the service where they are listed", async () => {
  let trailers: IncomingHttpHeaders = {};
  const upstream = await http2Service((stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</a.css>; rel=preload" });
    stream.on("trailers", (fields) => (trailers = fields));
    stream.resume();
    stream.on("end", () => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () =>
        stream.sendTrailers({ "x-checksum": "abc", via: "dropped", "x-owned": "dropped", x_owned: "dropped" }),
      );
      stream.end("hello");
    });
  });
  const config = { ...plainForward, trailers: createTrailers({ request: ["x-sent"], response: null, owned: ["x-owned"] }) };
  await using(gateway(forwarding(http2(upstream.url), {}, config)), async ({ port }) => {
    const client = new RawClient(port);
    client.write(
      "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sent: yes\r\nX-Not: no\r\nCookie: a=b\r\n\r\n",
    );
    const text = await client.until((all) => all.endsWith("x-checksum: abc\r\n\r\n"));
    expect(text).toMatch(/^HTTP\/1.1 103 Early Hints\r\nlink: <\/a.css>; rel=preload\r\n\r\nHTTP\/1.1 200 OK\r\n/);
    expect(text).toMatch(/5\r\nhello\r\n0\r\nx-checksum: abc\r\n\r\n$/);
    client.close();
  });
  expect(Object.entries(trailers)).toEqual([["x-sent", "yes"]]);
});

test.each([
  ["in clear", () => createHttpServer((_request, response) => response.end("1.1")), "http"],
  [
    "secured",
    () => createHttpsServer({ cert: certified.certificate, key: certified.key }, (_request, response) => response.end("1.1")),
    "https",
  ],
] as const)("a service that speaks HTTP/1.1 only is a 502 whose reason is in the record; %s", async (_how, make, scheme) => {
  const server = make();
  const port = await listening(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const done = new DoneLog();
  await using(
    gateway(forwarding(http2(`${scheme}://127.0.0.1:${port}`, {}, authority), { done: done.hook })),
    async (serving) => {
      expect((await exchange(serving.port, get("/"))).status).toBe(502);
      expect((await done.take()).upstream?.error).toMatch(/^(noHttp2|ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)$/);
    },
  );
});

test("as many streams as the service allows, then another connection, then waiting, then 503", async () => {
  const held: ServerHttp2Stream[] = [];
  const perSession: number[] = [];
  let wake = (): void => {};
  const upstream = await http2Service(
    (stream, _headers, session) => {
      perSession[session] = (perSession[session] ?? 0) + 1;
      held.push(stream);
      wake();
    },
    { settings: { maxConcurrentStreams: 2 } },
  );
  const heldUntil = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  const orders = http2(upstream.url, { ...connections(2, 100, 1), timeout: { connect: 10_000, response: 30_000 } });
  await using(gateway(forwarding(orders)), async ({ port }) => {
    const clients = [0, 1, 2, 3].map((index) => new RawClient(port).write(get(`/${index}`)));
    await heldUntil(4);
    expect(perSession).toEqual([2, 2]);
    const fifth = new RawClient(port).write(get("/4"));
    const pool = orders.endpoints[0]!.pool as unknown as { counts: { waiting: number } };
    await vi.waitFor(() => expect(pool.counts.waiting).toBe(1));
    const sixth = await exchange(port, get("/5"));
    expect([sixth.status, sixth.field("retry-after")]).toEqual([503, "1"]);
    for (const stream of held.splice(0)) {
      stream.respond({ ":status": 200, "content-length": 2 });
      stream.end("ok");
    }
    for (const client of clients) expect((await client.answer()).body).toBe("ok");
    await heldUntil(1);
    held[0]!.respond({ ":status": 200, "content-length": 4 });
    held[0]!.end("late");
    expect((await fifth.answer()).body).toBe("late");
    for (const client of [...clients, fifth]) client.close();
  });
});

test("a refused stream is sent once more, whatever its method, and not a third time", async () => {
  let count = 0;
  let refusals = 1;
  const upstream = await http2Service((stream, headers) => {
    if (count++ < refusals) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else echo(stream, headers);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    await client.until((text) => text.endsWith("0\r\n\r\n"));
    expect([client.text.slice(0, 15), count]).toEqual(["HTTP/1.1 200 OK", 2]);
    client.close();
    count = 0;
    refusals = 9;
    expect([(await exchange(port, get("/"))).status, count]).toEqual([502, 2]);
  });
});

test("after GOAWAY what is under way ends well, and what follows goes over a new connection", async () => {
  const held: ServerHttp2Stream[] = [];
  let wake = (): void => {};
  const upstream = await http2Service((stream, headers, session) => {
    if (headers[":path"] === "/held") {
      held.push(stream);
      wake();
    } else {
      stream.respond({ ":status": 200, "content-length": 1 });
      stream.end(String(session));
    }
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const first = new RawClient(port).write(get("/held"));
    while (held.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    upstream.sessions[0]!.goaway(constants.NGHTTP2_NO_ERROR, held[0]!.id);
    // The connection counts until the gateway has read that.
    const next = await vi.waitFor(async () => {
      const { body } = await exchange(port, get("/"));
      expect(body).toBe("1");
      return body;
    });
    expect(next).toBe("1");
    held[0]!.respond({ ":status": 200, "content-length": 4 });
    held[0]!.end("done");
    expect((await first.answer()).body).toBe("done");
    first.close();
  });
});

test("a client that leaves cancels its stream alone", async () => {
  const streams: ServerHttp2Stream[] = [];
  const upstream = await http2Service((stream, headers) => {
    if (headers[":path"] === "/ok") echo(stream, headers);
    else streams.push(stream);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await vi.waitFor(() => expect(streams.length).toBe(1));
    const closed = new Promise((resolve) => streams[0]!.once("close", resolve));
    client.close();
    await closed;
    expect(streams[0]!.rstCode).toBe(constants.NGHTTP2_CANCEL);
    const next = new RawClient(port).write(get("/ok"));
    await next.until((text) => text.endsWith("0\r\n\r\n"));
    next.close();
  });
  expect(upstream.sessions.length).toBe(1);
});

test("long bodies pass whole in both directions", async () => {
  const content = randomBytes(8 * 1_048_576);
  const upstream = await http2Service(echo, {}, certified);
  await using(gateway(forwarding(http2(upstream.url, {}, authority))), async ({ port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: content });
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  });
});

test("a client that does not read holds the service back", async () => {
  let written = 0;
  // On the way the system holds so much, and the gateway a little.
  const most = 2 * socketBuffers() + 8 * 1_048_576;
  const size = most + 32 * 1_048_576;
  const upstream = await http2Service((stream) => {
    stream.respond({ ":status": 200 });
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (written < size && stream.writable) {
        written += chunk.length;
        if (!stream.write(chunk)) {
          stream.once("drain", more);
          return;
        }
      }
    };
    more();
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port);
    client.socket.pause();
    client.write(get("/"));
    let before = -1;
    for (let still = 0; still < 200; still = written === before && written > 0 ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(written).toBeLessThan(most);
    client.close();
  });
});

test("an answer that does not wait for the request reaches the client, and the stream ends", async () => {
  const upstream = await http2Service((stream) => {
    stream.respond({ ":status": 413, "content-length": 5 });
    stream.end("large");
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(1_000)}`);
    const answer = await client.answer();
    expect([answer.status, answer.body]).toEqual([413, "large"]);
    client.close();
  });
});

test("a connection that is unused is closed, and one that is silent is asked", async () => {
  let now = clock.monotonic();
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  onTestFinished(() => void vi.restoreAllMocks());
  const upstream = await http2Service((stream, headers) => {
    if (headers[":path"] === "/") echo(stream, headers);
  });
  await using(
    gateway(forwarding(http2(upstream.url, { timeout: { connect: 2_000, response: 3_600_000 } }))),
    async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await client.until((text) => text.endsWith("0\r\n\r\n"));
      const closed = new Promise((resolve) => upstream.sessions[0]!.once("close", resolve));
      now += 4_001;
      await closed;
      const silent = new RawClient(port).write(get("/never"));
      await vi.waitFor(() => expect(upstream.sessions.length).toBe(2));
      const asked = new Promise((resolve) => upstream.sessions[1]!.once("ping", resolve));
      await vi.waitFor(() => expect(upstream.sessions[1]!.state.effectiveRecvDataLength).toBeDefined());
      now += 15_001;
      await asked;
      silent.close();
      client.close();
    },
  );
});

test("fields of trailers and heads that frame a message of HTTP/1.1 never come out of HTTP/2", async () => {
  const upstream = await http2Service((stream) => {
    stream.respond({ ":status": 200, "content-length": 2, server: "x", "proxy-authenticate": "Basic" });
    stream.end("ok");
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const answer = await exchange(port, get("/"));
    expect(answer.lines.filter((line) => /^content-length/i.test(line))).toEqual(["Content-Length: 2"]);
    expect(fieldOf(answer.lines, "proxy-authenticate")).toBeUndefined();
  });
});
