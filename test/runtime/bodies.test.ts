import { afterEach, expect, test } from "vitest";
import { refuse } from "../../runtime/answers/problem.ts";
import { send } from "../../runtime/http/send.ts";
import { createTrailers } from "../../runtime/upstream/trailers.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { DoneLog, forwarding, gateway, operation, plainForward, service, using } from "./support/gateway.ts";
import { exchange, get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, Received, rawUpstream } from "./support/raw-upstream.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  open.push(upstream);
  return upstream;
}

/** More than all socket buffers between two ends hold. */
const chunk = Buffer.alloc(64 * 1024, "x");
/** More than what the system holds on both sides of the gateway. */
const many = Math.ceil((2 * socketBuffers()) / chunk.length + 512) * chunk.length;

test("a body with a length arrives as it was sent", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => {
    const all = new Received(socket);
    received.push(all);
    void all
      .until((text) => text.endsWith("hello"))
      .then(
        () => socket.write(ok("done")),
        () => {},
      );
  });
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
    const answer = await exchange(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    expect(answer.body).toBe("done");
    expect(received[0]!.text).toMatch(/content-length: 5\r\n\r\nhello$/i);
    expect((await done.take()).bytesReceived).toBe(5);
  });
});

test("a chunked body streams while it comes, and trailers that the operation lists follow", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => received.push(new Received(socket)));
  const config = { ...plainForward, trailers: createTrailers({ request: ["x-sum"], response: null, owned: [] }) };
  await using(gateway(forwarding(service([upstream.url]), {}, config)), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await expect.poll(() => received[0]?.text ?? "").toContain("3\r\nabc");
    client.write("2\r\nde\r\n0\r\nX_Sum: 2\r\nX-Sum: 1\r\nX-Other: 3\r\n\r\n");
    const text = await received[0]!.until((seen) => seen.includes("X-Sum"));
    expect(text).toContain("2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n");
    upstream.sockets[0]!.write(ok("done"));
    expect((await client.answer()).body).toBe("done");
    client.close();
  });
});

test("an answer streams while it comes", async () => {
  const upstream = await upstreamOf((socket) => {
    socket.once("data", () =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata1\r\n"),
    );
  });
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    await client.until((text) => text.includes("data1"));
    upstream.sockets[0]!.write("5\r\ndata2\r\n0\r\n\r\n");
    await client.until((text) => text.includes("data2") && text.endsWith("0\r\n\r\n"));
    client.close();
  });
});

test("a client that reads slowly holds the service back", async () => {
  let taken = 0;
  let isStuck = false;
  const upstream = await upstreamOf((socket) => {
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${many}\r\n\r\n`);
      const pump = (): void => {
        while (taken < many) {
          taken += chunk.length;
          if (!socket.write(chunk)) {
            isStuck = true;
            return;
          }
        }
        socket.end();
      };
      socket.on("drain", () => {
        isStuck = false;
        pump();
      });
      pump();
    });
  });
  const done = new DoneLog();
  let x: { bytesSent: number } | undefined;
  await using(
    gateway(forwarding(service([upstream.url]), { response: (seen) => void (x = seen), done: done.hook })),
    async ({ port }) => {
      const client = new RawClient(port);
      client.socket.setEncoding();
      let read = 0;
      client.socket.removeAllListeners("data");
      client.socket.on("data", (bytes: string | Buffer) => (read += bytes.length));
      client.write(get("/"));
      await expect.poll(() => read).toBeGreaterThan(0);
      client.socket.pause();
      // Stuck is stuck: what was taken from the service does not change over many turns of the loop.
      let before = -1;
      await expect
        .poll(
          () => {
            const settled = isStuck && before === taken;
            before = taken;
            return settled;
          },
          { interval: 100, timeout: 20_000 },
        )
        .toBe(true);
      expect(x!.bytesSent - read).toBeLessThan(socketBuffers() + 4 * 1024 * 1024);
      expect(taken).toBeLessThan(many);
      client.socket.resume();
      expect((await done.take()).outcome).toBe("complete");
      await expect.poll(() => read).toBeGreaterThan(many);
      client.close();
    },
  );
});

test("a service that reads slowly holds the client back", async () => {
  const upstream = await upstreamOf((socket) => socket.pause());
  let x: { bytesReceived: number } | undefined;
  await using(gateway(forwarding(service([upstream.url]), { upstreamRequest: (seen) => void (x = seen) })), async ({ port }) => {
    const client = new RawClient(port);
    let sent = 0;
    const pump = (): void => {
      while (sent < many) {
        sent += chunk.length;
        if (!client.socket.write(chunk)) return;
      }
    };
    client.socket.on("drain", pump);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${many}\r\n\r\n`);
    pump();
    let before = -1;
    await expect
      .poll(
        () => {
          const settled = upstream.sockets.length === 1 && sent > 0 && before === sent;
          before = sent;
          return settled;
        },
        { interval: 100, timeout: 20_000 },
      )
      .toBe(true);
    expect(x!.bytesReceived).toBeLessThan(socketBuffers() + 4 * 1024 * 1024);
    upstream.sockets[0]!.on("data", () => {});
    upstream.sockets[0]!.resume();
    await expect.poll(() => x!.bytesReceived, { timeout: 20_000 }).toBe(many);
    upstream.sockets[0]!.write(ok("done"));
    expect((await client.answer()).body).toBe("done");
    client.close();
  });
});

test("a body of unknown length is counted, and refused past the limit", async () => {
  const received: Received[] = [];
  const upstream = await upstreamOf((socket) => received.push(new Received(socket)));
  const done = new DoneLog();
  const target = service([upstream.url]);
  const any = forwarding(target, { done: done.hook });
  const limited = {
    ...any,
    request: (x: Parameters<typeof any.request>[0]) => {
      x.maxBodyBytes = 10;
      return any.request(x);
    },
  };
  await using(gateway(limited), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    await expect.poll(() => received[0]?.text ?? "").toContain("abcde");
    client.write("8\r\nfghijklm\r\n");
    const answer = await client.answer();
    expect(answer.status).toBe(413);
    expect(answer.field("connection")).toBe("close");
    const seen = await received[0]!.end();
    expect(seen).not.toContain("fgh");
    const x = await done.take();
    expect([x.outcome, x.answer?.status]).toEqual(["refused", 413]);
    client.close();
  });
});

test("an announced length over the limit is refused before the service hears of it", async () => {
  const upstream = await upstreamOf(answering(ok("")));
  const any = forwarding(service([upstream.url]));
  const limited = {
    ...any,
    request: (x: Parameters<typeof any.request>[0]) => {
      x.maxBodyBytes = 10;
      return any.request(x);
    },
  };
  await using(gateway(limited), async ({ port }) => {
    expect((await exchange(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")).status).toBe(413);
    expect(upstream.sockets.length).toBe(0);
  });
});

const refusing = operation({
  request(x) {
    refuse(x, { status: 401, slug: "no", title: "No", source: "test" });
    send(x);
  },
});

test("a short body that nobody reads does not become the next request", async () => {
  await using(gateway(refusing), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 24\r\n\r\n");
    const first = await client.answer();
    expect(first.status).toBe(401);
    expect(first.field("connection")).not.toBe("close");
    // Bytes that would be a request of their own, if they were read as one.
    client.write("DELETE /all HTTP/1.0\r\n\r\n");
    client.write(get("/next"));
    expect((await client.answer()).status).toBe(401);
    expect(client.text).toBe("");
    client.close();
  });
});

test("a long body that nobody reads ends the connection after the answer", async () => {
  await using(gateway(refusing), async ({ port }) => {
    const client = new RawClient(port).write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${many}\r\n\r\n`);
    // The answer has to arrive although the client goes on sending.
    client.write(Buffer.alloc(1024 * 1024));
    const answer = await client.answer();
    expect([answer.status, answer.field("connection")]).toEqual([401, "close"]);
    await client.rest();
    client.close();
  });
});

test("100 Continue is sent when the body is going to be read, and only then", async () => {
  const upstream = await upstreamOf((socket) => {
    const all = new Received(socket);
    void all
      .until((text) => text.endsWith("hello"))
      .then(
        () => socket.write(ok("done")),
        () => {},
      );
  });
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    await client.until((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    client.text = "";
    expect((await client.write("hello").answer()).body).toBe("done");
    client.close();
  });
  await using(gateway(refusing), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    const answer = await client.answer();
    expect([answer.status, answer.field("connection")]).toEqual([401, "close"]);
    client.close();
  });
});

test("a service that answers before it has read the body does not stall the connection", async () => {
  const upstream = await upstreamOf((socket) => socket.once("data", () => socket.write(ok("early"))));
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf!");
    expect((await client.answer()).body).toBe("early");
    client.write(`rest!${get("/next")}`);
    expect((await client.answer()).body).toBe("early");
    client.close();
  });
});

test("nothing is processed behind an answer that closes the connection", async () => {
  const done = new DoneLog();
  await using(gateway({ ...refusing, done: done.hook }), async ({ port }) => {
    const client = new RawClient(port).write("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n");
    expect((await client.answer()).field("connection")).toBe("close");
    client.write(`${"x".repeat(70_000)}${get("/second")}`);
    client.socket.end();
    await client.rest();
    expect((await done.take()).path).toBe("/first");
    expect(done.seen).toEqual([]);
  });
});

test("a hook cannot move the end of a body", async () => {
  const upstream = await upstreamOf(answering(ok("hello")));
  const any = forwarding(service([upstream.url]), { response: (x) => x.answer?.headers.set("content-length", "2") });
  await using(gateway(any), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("hello");
  });
});
