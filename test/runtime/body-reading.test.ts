import { afterEach, describe, expect, test } from "vitest";
import { reportOnly } from "../../runtime/answers/report-only.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import { send } from "../../runtime/http/send.ts";
import { forward } from "../../runtime/upstream/forward.ts";
import { DoneLog, gateway, operation, plainForward, service, using } from "./support/gateway.ts";
import { get, RawClient } from "./support/raw-client.ts";
import { ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

/** Answers `done` each time that what it received ends in `end`. `received`: everything, by connection. */
async function upstreamUntil(
  end: string,
): Promise<{ url: string; received: { text: string }[]; sockets: RawUpstream["sockets"] }> {
  const received: { text: string }[] = [];
  const upstream = await rawUpstream((socket) => {
    const all = { text: "" };
    received.push(all);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      all.text += chunk;
      if (all.text.endsWith(end)) socket.write(ok("done"));
    });
  });
  open.push(upstream);
  return { url: upstream.url, received, sockets: upstream.sockets };
}

/** Reads the body with each limit in turn, as enforcing or reporting steps do, and forwards. */
function reading(
  url: string,
  limits: readonly number[],
  change: { mode?: "report"; seen?: (bytes: Uint8Array | undefined) => void; done?: DoneLog } = {},
) {
  const target = service([url]);
  return operation({
    async request(x: Exchange) {
      for (const limit of limits) {
        const bytes = await x.readBody(limit);
        change.seen?.(bytes);
        if (bytes !== undefined) continue;
        if (change.mode === undefined) return send(x);
        reportOnly(x, "test");
      }
      forward(x, target, plainForward);
    },
    done: change.done?.hook ?? null,
  });
}

const post = (fields: string, body = ""): string => `POST /a HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;

describe("a body that a policy reads", () => {
  test("is forwarded byte for byte, and read once for all", async () => {
    const body = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
    const { url, received } = await upstreamUntil(body.subarray(-20).toString("latin1"));
    const seen: (Uint8Array | undefined)[] = [];
    await using(gateway(reading(url, [2000, 1000], { seen: (bytes) => seen.push(bytes) })), async ({ port }) => {
      const client = new RawClient(port).write(post("Content-Length: 1000")).write(body);
      expect((await client.answer()).body).toBe("done");
      expect(seen[0]).toBe(seen[1]);
      expect(Buffer.from(seen[0]!).equals(body)).toBe(true);
      const [head, content] = received[0]!.text.split("\r\n\r\n", 2);
      expect(content).toBe(body.toString("latin1"));
      expect(head!.match(/content-length: 1000/gi)).toHaveLength(1);
      client.close();
    });
  });

  test("gets a length in place of its chunks, however small they were", async () => {
    const { url, received } = await upstreamUntil("ghi");
    await using(gateway(reading(url, [9])), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked"));
      for (const letter of "abcdefghi") client.write(`1;x=y\r\n${letter}\r\n`);
      client.write("0\r\nTrailer: x\r\n\r\n");
      expect((await client.answer()).body).toBe("done");
      expect(received[0]!.text).toMatch(/content-length: 9\r\n\r\nabcdefghi$/i);
      expect(received[0]!.text).not.toMatch(/transfer-encoding|trailer/i);
      client.close();
    });
  });

  test("arrives whole although it trickles in", async () => {
    const { url, received } = await upstreamUntil("z".repeat(300));
    let x: Exchange | undefined;
    const any = reading(url, [300]);
    await using(gateway({ ...any, request: (seen) => any.request((x = seen)) }), async ({ port }) => {
      const client = new RawClient(port).write(post("Content-Length: 300"));
      for (let sent = 1; sent <= 300; sent++) {
        client.write("z");
        if (sent % 50 === 0) await expect.poll(() => x?.bytesReceived).toBe(sent);
      }
      expect((await client.answer()).body).toBe("done");
      expect(received).toHaveLength(1);
      client.close();
    });
  });

  test("may be empty, announced as that or in chunks", async () => {
    const { url, received } = await upstreamUntil("\r\n\r\n");
    const seen: (Uint8Array | undefined)[] = [];
    await using(gateway(reading(url, [10], { seen: (bytes) => seen.push(bytes) })), async ({ port }) => {
      const client = new RawClient(port);
      expect((await client.write(post("Content-Length: 0")).answer()).body).toBe("done");
      expect((await client.write(post("Transfer-Encoding: chunked", "0\r\n\r\n")).answer()).body).toBe("done");
      expect((await client.write(get("/")).answer()).body).toBe("done");
      expect(seen.map((bytes) => bytes?.length)).toEqual([0, 0, 0]);
      expect(received[0]!.text.match(/content-length: 0/gi)).toHaveLength(2);
      client.close();
    });
  });

  test("leaves the next request on the connection alone", async () => {
    const { url, received } = await upstreamUntil("one");
    await using(gateway(reading(url, [3])), async ({ port }) => {
      const client = new RawClient(port).write(
        `${post("Content-Length: 3", "one")}${post("Transfer-Encoding: chunked", "3\r\none\r\n0\r\n\r\n")}`,
      );
      expect((await client.answer()).body).toBe("done");
      received[0]!.text = "";
      expect((await client.answer()).body).toBe("done");
      client.close();
    });
  });

  test("is asked for where the client waits for 100 Continue", async () => {
    const { url } = await upstreamUntil("hello");
    await using(gateway(reading(url, [5])), async ({ port }) => {
      const client = new RawClient(port).write(post("Expect: 100-continue\r\nContent-Length: 5"));
      await client.until((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
      client.text = "";
      expect((await client.write("hello").answer()).body).toBe("done");
      client.close();
    });
  });

  test("goes nowhere when the client leaves in the middle", async () => {
    const { url, sockets } = await upstreamUntil("never");
    const done = new DoneLog();
    const seen: (Uint8Array | undefined)[] = [];
    let x: Exchange | undefined;
    const any = reading(url, [100], { seen: (bytes) => seen.push(bytes), done });
    await using(gateway({ ...any, request: (begun) => any.request((x = begun)) }), async ({ port }) => {
      const client = new RawClient(port).write(post("Content-Length: 100", "half of it"));
      await expect.poll(() => x?.bytesReceived).toBe(10);
      client.close();
      const ended = await done.take();
      await expect.poll(() => seen).toEqual([undefined]);
      expect([ended.outcome, ended.answer]).toEqual(["clientGone", undefined]);
      expect(sockets).toHaveLength(0);
    });
  });

  test("with malformed chunks is a 400", async () => {
    const { url, sockets } = await upstreamUntil("never");
    const done = new DoneLog();
    await using(gateway(reading(url, [100], { done })), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "3\r\nabc\r\nzz\r\n"));
      expect((await client.answer()).status).toBe(400);
      await client.rest();
      await done.take();
      expect(sockets).toHaveLength(0);
      client.close();
    });
  });
});

describe("a body over the limit", () => {
  test("is refused before it comes where its length is announced", async () => {
    const { url, sockets } = await upstreamUntil("never");
    await using(gateway(reading(url, [10])), async ({ port }) => {
      const client = new RawClient(port).write(post("Expect: 100-continue\r\nContent-Length: 11"));
      const answer = await client.answer();
      expect([answer.status, JSON.parse(answer.body).detail]).toEqual([413, "At most 10 bytes are accepted."]);
      expect(sockets).toHaveLength(0);
      client.close();
    });
  });

  test("is refused as soon as it is known where it comes in chunks, and is not read on", async () => {
    const { url, sockets } = await upstreamUntil("never");
    const done = new DoneLog();
    await using(gateway(reading(url, [10], { done })), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "5\r\nabcde\r\n6\r\nfghijk\r\n"));
      const answer = await client.answer();
      expect([answer.status, answer.field("connection")]).toEqual([413, "close"]);
      const x = await done.take();
      expect([x.outcome, x.bytesReceived, x.body]).toEqual(["refused", 11, undefined]);
      expect(sockets).toHaveLength(0);
      client.close();
    });
  });

  test("holds little more than the limit in memory, however fast it comes", async () => {
    const { url } = await upstreamUntil("never");
    const done = new DoneLog();
    await using(gateway(reading(url, [1 << 20], { done })), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked"));
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "x"), Buffer.from("\r\n")]);
      for (let count = 0; count < 500; count++) client.write(chunk);
      expect((await client.answer()).status).toBe(413);
      const x = await done.take();
      expect(x.bytesReceived).toBeLessThan((1 << 20) + 2 * 65_536);
      client.close();
    });
  });

  test("is forwarded whole by a step that only reports", async () => {
    const { url, received } = await upstreamUntil("0\r\n\r\n");
    const done = new DoneLog();
    await using(gateway(reading(url, [4, 10], { mode: "report", done })), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "5\r\nabcde\r\n"));
      client.write("6\r\nfghijk\r\n6\r\nlmnopq\r\n0\r\n\r\n");
      expect((await client.answer()).body).toBe("done");
      const content = received[0]!.text.split("\r\n\r\n").slice(1).join("\r\n\r\n");
      expect(unchunked(content)).toBe("abcdefghijklmnopq");
      const x = await done.take();
      expect(x.reports.map(({ status }) => status)).toEqual([413, 413]);
      expect(x.bytesReceived).toBe(17);
      client.close();
    });
  });

  test("of the transport is refused also after a step that only reports", async () => {
    const { url } = await upstreamUntil("never");
    const any = reading(url, [4], { mode: "report" });
    const limited = {
      ...any,
      request: (x: Exchange) => {
        x.maxBodyBytes = 8;
        return any.request(x);
      },
    };
    await using(gateway(limited), async ({ port }) => {
      const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "5\r\nabcde\r\n6\r\nfghijk\r\n"));
      expect((await client.answer()).status).toBe(413);
      client.close();
    });
  });
});

test("a body that nobody reads streams as before", async () => {
  const { url, received } = await upstreamUntil("never");
  await using(gateway(reading(url, [])), async ({ port }) => {
    const client = new RawClient(port).write(post("Transfer-Encoding: chunked", "3\r\nabc\r\n"));
    await expect.poll(() => received[0]?.text ?? "").toContain("3\r\nabc");
    client.close();
  });
});

test("a policy may answer after it has read the body", async () => {
  const echo = operation({
    async request(x: Exchange) {
      const bytes = await x.readBody(100);
      x.answer = { status: 200, headers: new HeaderList(), body: bytes, source: "test" };
      send(x);
    },
  });
  await using(gateway(echo), async ({ port }) => {
    const client = new RawClient(port).write(post("Content-Length: 4", "ping"));
    expect((await client.answer()).body).toBe("ping");
    client.write(post("Content-Length: 4", "pong"));
    expect((await client.answer()).body).toBe("pong");
    client.close();
  });
});

function unchunked(content: string): string {
  let text = "";
  for (let at = 0; at < content.length; ) {
    const line = content.indexOf("\r\n", at);
    const size = Number.parseInt(content.slice(at, line), 16);
    text += content.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
  return text;
}
