import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { refuse } from "../../runtime/answers/problem.ts";
import { decodeContent } from "../../runtime/body/content-coding.ts";
import type { AnswerBody, AnswerHooks } from "../../runtime/exchange/answer-hooks.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import { DoneLog, gateway, service, using } from "./support/gateway.ts";
import { get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";
import { answered } from "./support/way-back.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  open.push(upstream);
  return upstream;
}

/** A step that keeps what it saw, and refuses where `verdict` says so. */
function looking(as: "held" | "seen", maxBytes: number, isBad: (body: Seen) => boolean = () => false) {
  const seen: Seen[] = [];
  const reader: AnswerHooks = {
    answerHead: () => ({ as, maxBytes }),
    answerBody(x, body) {
      const copy = typeof body === "string" ? body : Buffer.from(body.bytes);
      seen.push(copy);
      if (!isBad(copy)) return undefined;
      return refuse(x, {
        status: 502,
        slug: "invalid-answer",
        title: "The service answered otherwise than it declares",
        source: "validate",
      });
    },
  };
  return { reader, seen };
}

type Seen = Extract<AnswerBody, string> | Buffer;

function forwarding(url: string, reader: AnswerHooks, change: { done?: DoneLog; response?: (x: Exchange) => void } = {}) {
  return answered(service([url]), [reader], { response: change.response ?? null, done: change.done?.hook ?? null });
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe("an answer that is held", () => {
  test("reaches the client when it was judged, with its own length", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 201 Created\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")),
    );
    const { reader, seen } = looking("held", 100);
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await expect.poll(() => upstream.sockets[0]?.bytesWritten ?? 0).toBeGreaterThan(0);
      expect(client.text).toBe("");
      upstream.sockets[0]!.write("2\r\nde\r\n0\r\n\r\n");
      const answer = await client.answer();
      expect([
        answer.status,
        answer.body,
        answer.field("x-a"),
        answer.field("content-length"),
        answer.field("transfer-encoding"),
      ]).toEqual([201, "abcde", "1", "5", undefined]);
      expect(seen).toEqual([bytes("abcde")]);
      client.close();
    });
  });

  test("is replaced where it was judged bad, and response hooks see only the one that is sent", async () => {
    const upstream = await upstreamOf(answering(ok("secret", "X-Inside: 1\r\n")));
    const { reader } = looking("held", 100, () => true);
    const done = new DoneLog();
    const sources: (string | undefined)[] = [];
    await using(
      gateway(forwarding(upstream.url, reader, { done, response: (x) => sources.push(x.answer?.source) })),
      async ({ port }) => {
        const client = new RawClient(port);
        for (let count = 0; count < 2; count++) {
          const answer = await client.write(get("/")).answer();
          expect([answer.status, answer.field("x-inside"), JSON.parse(answer.body).type]).toEqual([
            502,
            undefined,
            "urn:gatewright:problem:invalid-answer",
          ]);
          expect((await done.take()).outcome).toBe("refused");
        }
        expect(sources).toEqual(["validate", "validate"]);
        client.close();
      },
    );
  });

  test("that is larger than may be collected streams on, or is replaced", async () => {
    const upstream = await upstreamOf(
      answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n"),
    );
    const lenient = looking("held", 10);
    await using(gateway(forwarding(upstream.url, lenient.reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      const text = await client.until((all) => all.endsWith("0\r\n\r\n"));
      expect(text.replaceAll(/\r\n[0-9a-f]+\r\n/g, "")).toMatch(/abcdefghijkl/);
      expect(lenient.seen).toEqual(["tooLarge"]);
      client.close();
    });
    const strict = looking("held", 10, (body) => body === "tooLarge");
    await using(gateway(forwarding(upstream.url, strict.reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).status).toBe(502);
      client.close();
    });
  });

  test("whose announced length is too large is judged at once", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")),
    );
    const { reader, seen } = looking("held", 10);
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await client.until((text) => text.endsWith("part"));
      expect(seen).toEqual(["tooLarge"]);
      client.close();
    });
  });

  test("is not waited for where it has no body or is an event stream", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.on("data", (head: Buffer) => {
        const text = head.toString();
        if (text.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        else if (text.includes("/none")) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
        else
          socket.write(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n",
          );
      }),
    );
    const { reader, seen } = looking("held", 5000);
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      const client = new RawClient(port);
      expect((await client.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").answer(true)).field("content-length")).toBe("1000");
      expect((await client.write(get("/none")).answer()).status).toBe(204);
      await client.write(get("/events")).until((text) => text.includes("data: 1"));
      expect(seen).toEqual(["none", "none", "stream"]);
      client.close();
    });
  });

  test("that breaks off is a 502 and no broken answer", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart")),
    );
    const { reader, seen } = looking("held", 100);
    const done = new DoneLog();
    await using(gateway(forwarding(upstream.url, reader, { done })), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).status).toBe(502);
      expect((await done.take()).outcome).toBe("upstreamBroken");
      expect([seen, upstream.sockets.length]).toEqual([[], 1]);
      client.close();
    });
  });

  test("is dropped when the client leaves", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart")),
    );
    const { reader, seen } = looking("held", 100);
    const done = new DoneLog();
    await using(gateway(forwarding(upstream.url, reader, { done })), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await expect.poll(() => upstream.sockets[0]?.bytesWritten ?? 0).toBeGreaterThan(0);
      client.close();
      expect((await done.take()).outcome).toBe("clientGone");
      await expect.poll(() => upstream.sockets[0]!.destroyed).toBe(true);
      expect(seen).toEqual([]);
    });
  });

  test("goes out compressed as it came, and is judged decoded", async () => {
    const packed = gzipSync('{"id":1}');
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () =>
        socket.write(
          Buffer.concat([bytes(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`), packed]),
        ),
      ),
    );
    const { reader, seen } = looking("held", 100);
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      const answer = await client.answer();
      expect(Buffer.from(answer.body, "latin1").equals(packed)).toBe(true);
      expect(Buffer.from(decodeContent(seen[0] as Uint8Array, "gzip", 100).value!).toString()).toBe('{"id":1}');
      client.close();
    });
  });

  test("is a 500 where the judge fails", async () => {
    const upstream = await upstreamOf(answering(ok("x")));
    const { reader } = looking("held", 100, () => {
      throw new Error("a bug");
    });
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      expect((await new RawClient(port).write(get("/")).answer()).status).toBe(500);
    });
  });
});

describe("an answer that is only looked at", () => {
  test("goes to the client as it comes, and is judged before done hooks run", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")),
    );
    const { reader, seen } = looking("seen", 100, () => true);
    const done = new DoneLog();
    await using(gateway(forwarding(upstream.url, reader, { done })), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await client.until((text) => text.includes("abc"));
      expect(seen).toEqual([]);
      upstream.sockets[0]!.write("2\r\nde\r\n0\r\n\r\n");
      await client.until((text) => text.endsWith("0\r\n\r\n"));
      const x = await done.take();
      expect([seen, x.answer?.status, x.outcome]).toEqual([[bytes("abcde")], 200, "complete"]);
      client.close();
    });
  });

  test("with a length is judged before done hooks run", async () => {
    const upstream = await upstreamOf(answering(ok("abcde")));
    const { reader, seen } = looking("seen", 100);
    const done = new DoneLog();
    await using(gateway(forwarding(upstream.url, reader, { done })), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).body).toBe("abcde");
      await done.take();
      expect(seen).toEqual([bytes("abcde")]);
      client.close();
    });
  });

  test("is not collected past the limit", async () => {
    const upstream = await upstreamOf(
      answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n"),
    );
    const { reader, seen } = looking("seen", 10);
    await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await client.until((text) => text.endsWith("0\r\n\r\n"));
      expect(seen).toEqual(["tooLarge"]);
      client.close();
    });
  });
});

test("a head may be refused alone", async () => {
  const upstream = await upstreamOf(answering(ok("x")));
  const reader: AnswerHooks = {
    answerHead: (x) => refuse(x, { status: 502, slug: "invalid-answer", title: "No", source: "validate" }),
  };
  await using(gateway(forwarding(upstream.url, reader)), async ({ port }) => {
    expect((await new RawClient(port).write(get("/")).answer()).status).toBe(502);
  });
});
