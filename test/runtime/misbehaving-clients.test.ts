import { expect, onTestFinished, test } from "vitest";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import { send } from "../../runtime/http/send.ts";
import { createHttp2 } from "../../runtime/http2/index.ts";
import { createEntrance } from "../../runtime/listener/entrance.ts";
import { forward } from "../../runtime/upstream/forward.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { block, FrameClient, frame, frameType, get as getLines } from "../listeners/support/frames.ts";
import { DoneLog, forwarding, gateway, operation, plainForward, service, using } from "./support/gateway.ts";
import { get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";

const megabyte = 1_048_576;

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** Half a second for a client to read, and a version of HTTP/2 beside HTTP/1.1. */
function impatient(any: ReturnType<typeof operation>) {
  const built = gateway(any);
  const entrance = createEntrance({ handshakeMs: 60_000, http2: createHttp2({ maxConcurrentStreams: 10 }) });
  const bounds = { sendMs: 500 };
  return { ...built, listeners: { ...built.listeners, public: { ...built.listeners.public, bounds, entrance } } };
}

/** Reads nothing of its answer, on either version. */
const silent = {
  "HTTP/1.1": (port: number, requests = 1): (() => void) => {
    const client = new RawClient(port).write(get("/").repeat(requests));
    client.socket.pause();
    return () => client.close();
  },
  "HTTP/2": (port: number): (() => void) => {
    const client = new FrameClient(port).begin();
    client.write(frame(frameType.headers, 5, 1, block(getLines)));
    return () => client.close();
  },
};
const versions = Object.keys(silent) as (keyof typeof silent)[];

test.each(versions)(
  "a client of %s that never reads is left when the time to send is over, and its service too",
  async (version) => {
    const upstream = await upstreamOf((socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(65_536, "x")));
      };
      socket.on("drain", more);
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1_024 * megabyte}\r\n\r\n`);
        more();
      });
    });
    const done = new DoneLog();
    await using(impatient(forwarding(service([upstream.url]), { done: done.hook })), async ({ port }) => {
      const leave = silent[version](port);
      expect((await done.take()).outcome).toBe("clientGone");
      await expect.poll(() => upstream.sockets.map(({ closed }) => closed)).toEqual([true]);
      leave();
    });
  },
);

test.each(versions)("so is one that never reads what the gateway has whole, small pieces among it: %s", async (version) => {
  // Over HTTP/1.1 many answers, each of which fits; what they fill are the buffers of the system.
  const body = Buffer.alloc(version === "HTTP/1.1" ? 8_000 : 64 * megabyte, "x");
  const request = (x: Exchange): void => {
    x.answer = { status: 200, headers: new HeaderList(), body, source: "test" };
    send(x);
  };
  const done = new DoneLog();
  await using(impatient(operation({ request, done: done.hook })), async ({ port }) => {
    const leave = silent[version](port, 5_000);
    const outcomes = async (): Promise<string> => {
      const { outcome } = await done.take();
      return outcome === "complete" ? outcomes() : outcome;
    };
    expect(await outcomes()).toBe("clientGone");
    leave();
  });
});

test("what is pipelined behind a request that hangs is not taken in beyond a bound", async () => {
  const upstream = await upstreamOf(() => {});
  const most = socketBuffers() + 8 * megabyte;
  const total = Math.ceil(most / megabyte + 32) * megabyte;
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write(get("/slow"));
    await expect.poll(() => upstream.sockets.length).toBe(1);
    let taken = 0;
    for (let left = total; left > 0; left -= megabyte)
      client.socket.write(Buffer.alloc(megabyte, "x"), () => (taken += megabyte));
    // Once the buffers of the system are full, nothing moves any more.
    let [before, stillFor] = [0, 0];
    await expect
      .poll(
        () => {
          stillFor = taken === before ? stillFor + 1 : 0;
          before = taken;
          return stillFor;
        },
        { interval: 200, timeout: 30_000 },
      )
      .toBe(6);
    expect(taken).toBeLessThan(most);
    // Control: the connection lives, and its answer comes.
    upstream.sockets[0]!.write(ok("late"));
    expect((await client.answer()).body).toBe("late");
    client.close();
  });
});

test("a client that writes all its requests before it reads gets all its answers, in order", async () => {
  const count = 2_000;
  const upstream = await upstreamOf(answering((head) => ok(`${/^GET (\S+)/.exec(head)![1]!}${"x".repeat(2_000)}`)));
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port);
    client.socket.pause();
    const requests = Array.from({ length: count }, (_, index) => get(`/${index}`)).join("");
    await new Promise((resolve) => client.socket.write(requests, resolve));
    client.socket.resume();
    const text = await client.until((all) => all.length > count * 2_000 && all.includes(`\r\n\r\n/${count - 1}x`));
    expect([...text.matchAll(/\r\n\r\n\/(\d+)x/g)].map(([, index]) => Number(index))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    );
    client.close();
  });
});

test("a client that writes its whole body before it reads gets an answer that was there long before", async () => {
  const bytes = 32 * megabyte;
  const answer = "y".repeat(8 * megabyte);
  let received = 0;
  const upstream = await upstreamOf((socket) => {
    socket.once("data", () => socket.write(ok(answer)));
    socket.on("data", (chunk: Buffer) => (received += chunk.length));
  });
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    const client = new RawClient(port).write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
    client.socket.pause();
    await new Promise((resolve) => client.socket.write(Buffer.alloc(bytes, "x"), resolve));
    client.socket.resume();
    expect((await client.answer()).body).toBe(answer);
    await expect.poll(() => received).toBeGreaterThan(bytes);
    client.close();
  });
});

test("bytes that a service sends on an idle connection are nobody's answer: the connection ends", async () => {
  const upstream = await upstreamOf((socket, index) => {
    socket.on("data", () => socket.write(ok(index === 0 ? "first" : "second")));
  });
  const orders = service([upstream.url]);
  await using(gateway(forwarding(orders)), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    expect((await client.answer()).body).toBe("first");
    // Control: the connection is kept.
    expect(orders.endpoints[0]!.pool.idle).toBe(1);
    upstream.sockets[0]!.write(ok("nobody asked"));
    await expect.poll(() => orders.endpoints[0]!.pool.size).toBe(0);
    expect((await client.write(get("/")).answer()).body).toBe("second");
    client.close();
  });
});

test("a PUT with a body is sent once, whatever becomes of the kept connection that carried it", async () => {
  const seen: string[] = [];
  const upstream = await upstreamOf((socket) => {
    socket.on("data", (chunk: Buffer) => {
      const [line = ""] = chunk.toString("latin1").split("\r\n");
      seen.push(line);
      // As one that was idle for too long: gone when the next request comes.
      if (line.startsWith("PUT")) socket.resetAndDestroy();
      else socket.write(ok("kept"));
    });
  });
  const orders = service([upstream.url]);
  // As after a policy that reads the whole body, which is at hand then and could be sent again.
  const request = async (x: Exchange): Promise<void> => {
    await x.readBody(1_000);
    forward(x, orders, plainForward);
  };
  await using(gateway(operation({ request })), async ({ port }) => {
    const client = new RawClient(port).write(get("/"));
    expect((await client.answer()).body).toBe("kept");
    client.write("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    expect((await client.answer()).status).toBe(502);
    // Control: without a body it is sent once more.
    client.write("PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    await client.answer();
    client.close();
  });
  expect(seen.filter((line) => line.startsWith("PUT /a"))).toEqual(["PUT /a HTTP/1.1"]);
});

test("interim answers to one request are bounded: what comes behind sixty-four of them is not waited for", async () => {
  const interims = (count: number): string => "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count) + ok("final");
  const upstream = await upstreamOf(answering((head) => interims(head.startsWith("GET /few") ? 64 : 65)));
  await using(gateway(forwarding(service([upstream.url]))), async ({ port }) => {
    for (const [path, status] of [
      ["/few", 200],
      ["/many", 502],
    ] as const) {
      const client = new RawClient(port).write(get(path, "Connection: close\r\n"));
      expect((await client.rest()).match(/HTTP\/1.1 [2-5]\d\d/g)).toEqual([`HTTP/1.1 ${status}`]);
    }
  });
});
