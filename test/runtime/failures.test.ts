import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import { send } from "../../runtime/http/send.ts";
import { PublicServer } from "../../runtime/http/server.ts";
import { freePort } from "../harness/free-port.ts";
import { DoneLog, forwarding, gateway, operation, service, using } from "./support/gateway.ts";
import { exchange, get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, Received, rawUpstream } from "./support/raw-upstream.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  open.push(upstream);
  return upstream;
}

const problemOf = (body: string): { type: string; status: number; detail?: string } =>
  JSON.parse(body) as { type: string; status: number };

test("a service that is down is a 502 that says nothing about the inside", async () => {
  const port = await freePort();
  const done = new DoneLog();
  await using(gateway(forwarding(service([`http://127.0.0.1:${port}`]), { done: done.hook })), async (serving) => {
    const answer = await exchange(serving.port, get("/"));
    expect(answer.status).toBe(502);
    expect(answer.field("content-type")).toBe("application/problem+json");
    expect(problemOf(answer.body)).toEqual({
      type: "urn:gatewright:problem:upstream-failed",
      title: expect.any(String) as string,
      status: 502,
    });
    expect(answer.body).not.toContain("127.0.0.1");
    const x = await done.take();
    expect([x.upstream?.error, x.outcome, x.answer?.source]).toEqual(["ECONNREFUSED", "upstreamBroken", "gateway"]);
  });
});

test("response hooks run on the gateway's own answers", async () => {
  const port = await freePort();
  const any = forwarding(service([`http://127.0.0.1:${port}`]), {
    response: (x) => x.answer?.headers.set("X-Hook", String(x.answer.status)),
  });
  await using(gateway(any), async (serving) => {
    expect((await exchange(serving.port, get("/"))).field("x-hook")).toBe("502");
  });
});

test("a service that is too slow is a 504", async () => {
  const upstream = await upstreamOf(() => {});
  const done = new DoneLog();
  const slow = service([upstream.url], { timeout: { connect: 2_000, response: 50 } });
  await using(gateway(forwarding(slow, { done: done.hook })), async ({ port }) => {
    const answer = await exchange(port, get("/"));
    expect(answer.status).toBe(504);
    expect(problemOf(answer.body).type).toBe("urn:gatewright:problem:upstream-timeout");
    expect((await done.take()).upstream?.error).toBe("timeout");
  });
});

test("the operation's own time limit counts before that of the service", async () => {
  const upstream = await upstreamOf(() => {});
  const any = forwarding(service([upstream.url]), {}, { strip: 0, prepend: "", responseTimeout: 50, idleTimeout: 300_000 });
  await using(gateway(any), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(504);
  });
});

test("a POST on a connection that is reset is a 502 and is not sent again", async () => {
  const upstream = await upstreamOf((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const answer = await exchange(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect(answer.status).toBe(502);
    expect((await done.take()).upstream?.error).toBe("ECONNRESET");
    expect(upstream.sockets.length).toBe(1);
  });
});

test("a GET on a kept connection that the service closes is sent once more", async () => {
  const upstream = await upstreamOf((socket, index) => {
    if (index > 0) return answering(ok("again"))(socket);
    let requests = 0;
    socket.on("data", () => (++requests === 1 ? socket.write(ok("first")) : socket.destroy()));
  });
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port);
    expect((await client.write(get("/")).answer()).body).toBe("first");
    expect((await client.write(get("/")).answer()).body).toBe("again");
    client.close();
  });
});

test("a request is not sent again where a fresh connection is closed on it", async () => {
  const upstream = await upstreamOf((socket) => socket.once("data", () => socket.destroy()));
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect(upstream.sockets.length).toBe(1);
  });
});

test.each([
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["two different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["a field name with a space", "HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n"],
  ["NUL in a field", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"],
  ["an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
])("an answer with %s is a 502", async (_name, bytes) => {
  const upstream = await upstreamOf(answering(bytes));
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect((await done.take()).upstream?.error).toBe("invalidAnswer");
  });
});

test.each([
  ["announced", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"],
  ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"],
])("an answer (%s) that breaks off is never ended cleanly", async (_name, bytes) => {
  const upstream = await upstreamOf((socket) => {
    answering(bytes)(socket);
  });
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await client.until((text) => text.includes("part"));
    upstream.sockets[0]!.resetAndDestroy();
    const text = await client.rest();
    expect(text).not.toContain("\n0\r\n\r\n");
    expect(text).not.toContain("502");
    const x = await done.take();
    expect([x.outcome, x.bytesSent, x.upstream?.error]).toEqual(["upstreamBroken", 4, "ECONNRESET"]);
  });
});

test("a client that goes away before the answer ends the request to the service", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => received.push(new Received(socket)));
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await expect.poll(() => received[0]?.text ?? "").toContain("\r\n\r\n");
    client.close();
    await received[0]!.end();
    expect((await done.take()).outcome).toBe("clientGone");
    expect(done.seen).toEqual([]);
  });
});

test("a client that goes away in the middle of an answer ends it at the service", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => {
    received.push(new Received(socket));
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"));
  });
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await client.until((text) => text.includes("part"));
    client.close();
    await received[0]!.end();
    expect((await done.take()).outcome).toBe("clientGone");
  });
});

test("a client that goes away while it sends ends the request to the service", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => received.push(new Received(socket)));
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    await expect.poll(() => received[0]?.text ?? "").toContain("half");
    client.close();
    await received[0]!.end();
    const x = await done.take();
    expect([x.outcome, x.bytesReceived]).toEqual(["clientGone", 4]);
  });
});

test("a client that has said all it has to say gets an answer that waits for it alone", async () => {
  const body = "x".repeat(30_000_000);
  const whole = operation({
    request: (x) => {
      x.answer = { status: 200, headers: new HeaderList(), body, source: "test" };
      send(x);
    },
  });
  const done = new DoneLog();
  await using(gateway({ ...whole, done: done.hook }), async ({ port }) => {
    const client = new RawClient(port);
    client.socket.pause();
    client.write(get("/"));
    client.socket.end();
    await new Promise((resolve) => client.socket.once("finish", resolve));
    client.socket.resume();
    const answer = await client.answer();
    expect([answer.status, answer.body.length]).toEqual([200, body.length]);
    expect((await done.take()).outcome).toBe("complete");
    // And then the connection ends.
    await client.rest();
  });
});

test("a client that stops sending while the service works is taken for one that left", async () => {
  const upstream = await upstreamOf(() => {});
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await expect.poll(() => upstream.sockets.length).toBe(1);
    client.socket.end();
    expect(await client.rest()).toBe("");
    expect((await done.take()).outcome).toBe("clientGone");
    client.close();
  });
});

test("a service that fails while the client sends is a 502 on a connection that lives", async () => {
  const upstream = await upstreamOf((socket, index) => {
    if (index > 0) answering(ok("fine"))(socket);
    else socket.once("data", () => socket.resetAndDestroy());
  });
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    expect((await client.answer()).status).toBe(502);
    client.write(`half${get("/")}`);
    expect((await client.answer()).body).toBe("fine");
    client.close();
  });
});

test("a pipelined request waits for its turn, and is dropped with a client that goes away", async () => {
  const upstream = await upstreamOf(() => {});
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const client = new RawClient(port).write(get("/1") + get("/2"));
    await expect.poll(() => upstream.sockets.length).toBe(1);
    client.close();
    const x = await done.take();
    expect([x.path, x.outcome]).toEqual(["/1", "clientGone"]);
    expect(done.seen).toEqual([]);
  });
});

test.each([
  [
    "throws",
    () => {
      throw new Error("secret detail");
    },
  ],
  ["rejects", () => Promise.reject(new Error("secret detail"))],
])("a chain that %s is a 500 without details, and the connection goes on", async (_name, request) => {
  const log = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const done = new DoneLog();
  await using(gateway(operation({ request, done: done.hook })), async ({ port }) => {
    const client = new RawClient(port);
    for (let round = 0; round < 2; round++) {
      const answer = await client.write(get("/")).answer();
      expect(answer.status).toBe(500);
      expect(answer.body).not.toContain("secret");
      await done.take();
    }
    client.close();
  });
  const line = JSON.parse(String(log.mock.calls[0]![0])) as { stack: string; operation: string };
  expect(line.stack).toContain("secret detail");
  expect(line.operation).toBe("orders.v1.any");
});

test("a response hook that throws is a 500, and the service is let go", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const upstream = await upstreamOf(answering(ok("hello")));
  const any = forwarding(service([upstream.url]), {
    response() {
      throw new Error("no");
    },
  });
  await using(gateway(any), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(500);
  });
});

test("a hook that makes an unsendable request is a 500", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const upstream = await upstreamOf(answering(ok("hello")));
  const any = forwarding(service([upstream.url]), {
    upstreamRequest: (_x, request) => request.headers.add("X-Bad", "a\r\nb: c"),
  });
  await using(gateway(any), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(500);
  });
});

test("where nothing can be accepted for want of descriptors, a connection that nobody uses gives way", async () => {
  const upstream = await upstreamOf(() => {});
  const publicServer = new PublicServer(gateway(forwarding(service([upstream.url]))));
  await new Promise<void>((resolve) => publicServer.server.listen(0, "127.0.0.1", resolve));
  const { port } = publicServer.server.address() as AddressInfo;
  const busy = new RawClient(port).write(get("/"));
  await expect.poll(() => upstream.sockets.length).toBe(1);
  const idle = new RawClient(port);
  await expect.poll(() => publicServer.state.load.connections).toBe(2);
  const shortage = Object.assign(new Error("accept EMFILE"), { code: "EMFILE" });
  for (let round = 0; round < 3; round++) publicServer.server.emit("error", shortage);
  expect(await idle.rest()).toBe("");
  upstream.sockets[0]!.write(ok("hello"));
  expect((await busy.answer()).body).toBe("hello");
  busy.close();
  await publicServer.drain(10, 0);
});
