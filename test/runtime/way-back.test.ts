import { type ClientHttp2Session, connect, constants } from "node:http2";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { refuse } from "../../runtime/answers/problem.ts";
import type { AnswerContent } from "../../runtime/body/answer-content.ts";
import type { AnswerHooks, AnswerStream } from "../../runtime/exchange/answer-hooks.ts";
import { createHttp2 } from "../../runtime/http2/index.ts";
import { createEntrance } from "../../runtime/listener/entrance.ts";
import { DoneLog, gateway, service, using } from "./support/gateway.ts";
import { get, RawClient } from "./support/raw-client.ts";
import { answering, ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";
import { answered } from "./support/way-back.ts";

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  onTestFinished(() => upstream.close());
  return upstream;
}

const chunked = (...pieces: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${pieces
    .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
    .join("")}0\r\n\r\n`;

const isContent = (body: unknown): body is AnswerContent => typeof body === "object";

/** What is left of a chunked body without its framing. */
const unframed = (text: string): string =>
  text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll(/[0-9a-f]+\r\n([^\r]*)\r\n/g, "$1");

/** Each byte in capitals. */
const shouting: AnswerStream = {
  changes: true,
  piece: (buffer, start, end) => Buffer.from(buffer.toString("latin1", start, end).toUpperCase(), "latin1"),
  end: () => Buffer.from("!"),
};

describe("several steps on one answer", () => {
  test("share one collected body and one parse, each within its own bound", async () => {
    const upstream = await upstreamOf(answering(chunked('{"a":1,', '"b":[2]}')));
    const seen: unknown[] = [];
    const reading = (as: "held" | "seen", maxBytes: number): AnswerHooks => ({
      answerHead: () => ({ as, maxBytes }),
      answerBody(_x, body) {
        seen.push(isContent(body) ? [body.bytes, body.json(maxBytes, 100)?.value] : body);
        return undefined;
      },
    });
    const steps = [reading("held", 100), reading("seen", 1_000), reading("held", 4), reading("held", 15)];
    await using(gateway(answered(service([upstream.url]), steps)), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).body).toBe('{"a":1,"b":[2]}');
      client.close();
    });
    const [first, second, third, fourth] = seen as [[Buffer, object], [Buffer, object], string, [Buffer, object]];
    expect(first[1]).toEqual({ a: 1, b: [2] });
    expect(third).toBe("tooLarge");
    expect([second[1] === first[1], fourth[1] === first[1]], "the same value").toEqual([true, true]);
  });

  test("are asked in their order, and none behind the one that replaced the answer", async () => {
    const upstream = await upstreamOf(answering(ok("x")));
    const asked: string[] = [];
    const step = (name: string, isLast = false): AnswerHooks => ({
      answerHead(x) {
        asked.push(name);
        return isLast ? refuse(x, { status: 403, slug: "no", title: "No", source: "test" }) : { as: "held", maxBytes: 10 };
      },
      answerBody: () => expect.fail("there is nothing to judge any more"),
    });
    const steps = [step("first"), step("second", true), step("third")];
    await using(gateway(answered(service([upstream.url]), steps)), async ({ port }) => {
      expect((await new RawClient(port).write(get("/")).answer()).status).toBe(403);
      expect(asked).toEqual(["first", "second"]);
    });
  });

  test("see what a step before them has made of the body, and the client what the last has", async () => {
    const packed = gzipSync("secret").toString("latin1");
    const fields = 'Content-Encoding: gzip\r\nETag: "1"\r\nContent-Digest: sha-256=:a:\r\nAccept-Ranges: bytes\r\nX-Kept: 1\r\n';
    const upstream = await upstreamOf(answering(ok(packed, fields)));
    const seen: string[] = [];
    const masking: AnswerHooks = {
      answerHead: () => ({ as: "held", maxBytes: 100 }),
      answerBody: (_x, body) => (isContent(body) ? Buffer.from(`${body.plain(100)?.value}`.replace("secret", "***")) : undefined),
    };
    const looking: AnswerHooks = {
      answerHead: () => ({ as: "held", maxBytes: 100 }),
      answerBody(_x, body) {
        seen.push(isContent(body) ? String(body.plain(100)?.value) : body);
        return undefined;
      },
    };
    const loud: AnswerHooks = { answerStream: () => shouting };
    const upper: AnswerHooks = {
      answerHead: () => ({ as: "held", maxBytes: 100 }),
      answerBody(_x, body) {
        seen.push(isContent(body) ? String(body.bytes) : body);
        return undefined;
      },
    };
    const built = gateway(answered(service([upstream.url]), [looking, masking, looking]));
    await using(built, async ({ port }) => {
      const answer = await new RawClient(port).write(get("/")).answer();
      expect([answer.body, answer.field("content-length"), answer.field("x-kept")]).toEqual(["***", "3", "1"]);
      // RFC 9110 §8.8.3: a strong validator is for one sequence of bytes; RFC 9530 §2, §3: a digest as well.
      for (const gone of ["etag", "content-digest", "content-encoding", "accept-ranges"])
        expect(answer.field(gone), gone).toBeUndefined();
      expect(seen.splice(0)).toEqual(["secret", "***"]);
    });
    // A stream between two that collect: each collects what comes to it.
    await using(gateway(answered(service([upstream.url]), [masking, loud, upper])), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      const text = await client.until((all) => all.endsWith("0\r\n\r\n"));
      expect([unframed(text).slice(0, 4), seen]).toEqual(["***!", ["***!"]]);
      client.close();
    });
  });
});

describe("a stream that changes the answer", () => {
  test("passes bytes on as they come, without the length that the service announced", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.once("data", () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: "1"\r\n\r\nabc')),
    );
    await using(gateway(answered(service([upstream.url]), [{ answerStream: () => shouting }])), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      const begin = await client.until((all) => all.includes("ABC"));
      expect(begin).not.toMatch(/content-length|etag/i);
      upstream.sockets[0]!.write("def");
      expect(unframed(await client.until((all) => all.endsWith("0\r\n\r\n")))).toContain("ABCDEF!");
      client.close();
    });
  });

  test("adds nothing to an answer without a body, which announces no length either", async () => {
    const upstream = await upstreamOf(answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"));
    await using(gateway(answered(service([upstream.url]), [{ answerStream: () => shouting }])), async ({ port }) => {
      const client = new RawClient(port);
      const answer = await client.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").answer(true);
      expect([answer.status, answer.field("content-length"), client.text]).toEqual([200, undefined, ""]);
      client.close();
    });
  });

  const bounded = (bytes: number): AnswerStream => {
    let seen = 0;
    return { changes: false, piece: (_buffer, start, end) => ((seen += end - start) > bytes ? "broken" : undefined) };
  };
  const half = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
  const inHalves = (): Promise<RawUpstream> => upstreamOf((socket) => socket.once("data", () => socket.write(half)));

  test("and finds its bound exceeded ends an answer of HTTP/1.1 without its last chunk, and the connection", async () => {
    const upstream = await inHalves();
    const done = new DoneLog();
    const steps = [{ answerStream: () => bounded(4) }];
    await using(gateway(answered(service([upstream.url]), steps, { done: done.hook })), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await client.until((text) => text.includes("abc"));
      upstream.sockets[0]!.write("3\r\ndef\r\n0\r\n\r\n");
      const text = await client.rest();
      expect([text.includes("def"), text.endsWith("3\r\nabc\r\n")]).toEqual([false, true]);
      expect((await done.take()).outcome).toBe("refused");
      await expect.poll(() => upstream.sockets[0]!.destroyed).toBe(true);
    });
  });

  test("and does so over HTTP/2 resets the stream with an error", async () => {
    const upstream = await inHalves();
    const plain = gateway(answered(service([upstream.url]), [{ answerStream: () => bounded(4) }]));
    const entrance = createEntrance({ handshakeMs: 60_000, http2: createHttp2({ maxConcurrentStreams: 10 }) });
    const built = { ...plain, listeners: { ...plain.listeners, public: { ...plain.listeners.public, entrance } } };
    await using(built, async ({ port }) => {
      const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
      onTestFinished(() => session.destroy());
      const stream = session.request({ ":path": "/" });
      stream.on("error", () => {});
      const received: Buffer[] = [];
      stream.on("data", (piece: Buffer) => received.push(piece));
      await expect.poll(() => Buffer.concat(received).toString()).toBe("abc");
      upstream.sockets[0]!.write("3\r\ndef\r\n0\r\n\r\n");
      await new Promise((resolve) => stream.once("close", resolve));
      // RFC 9113 §8.1, §7: an answer that is cut off must not look whole.
      expect([stream.rstCode, stream.readableEnded]).toEqual([constants.NGHTTP2_INTERNAL_ERROR, false]);
    });
  });

  test("and breaks before the head has left is answered with 502, or with what it has made", async () => {
    const upstream = await upstreamOf(answering(ok("abcdef")));
    const holding: AnswerHooks = { answerHead: () => ({ as: "held", maxBytes: 100 }), answerBody: () => undefined };
    await using(gateway(answered(service([upstream.url]), [{ answerStream: () => bounded(4) }, holding])), async ({ port }) => {
      const answer = await new RawClient(port).write(get("/")).answer();
      expect([answer.status, JSON.parse(answer.body).type]).toEqual([502, "urn:gatewright:problem:answer-unfit"]);
    });
  });
});

describe("a step that waits for its verdict on the head", () => {
  const verdict = () => {
    let settle: (refuses: boolean) => void = () => {};
    const waits = new Promise<boolean>((resolve) => (settle = resolve));
    const step: AnswerHooks = {
      answerHead: (x) =>
        waits.then((refuses) => (refuses ? refuse(x, { status: 403, slug: "no", title: "No", source: "test" }) : undefined)),
    };
    return { settle, step };
  };

  test.each([
    ["a whole answer", ok("abcdef"), ""],
    ["the begin of one", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", "def"],
  ])("holds %s, which goes on as it was", async (_what, begin, rest) => {
    const upstream = await upstreamOf((socket) => socket.on("data", () => socket.write(begin)));
    const { settle, step } = verdict();
    await using(gateway(answered(service([upstream.url]), [step])), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await expect.poll(() => upstream.sockets[0]?.bytesWritten ?? 0).toBeGreaterThan(0);
      expect(client.text).toBe("");
      settle(false);
      if (rest !== "") {
        await client.until((text) => text.includes("abc"));
        upstream.sockets[0]!.write(rest);
      }
      expect((await client.answer()).body).toBe("abcdef");
      // The connection is there for the next one.
      expect((await client.write(get("/")).until((text) => text.includes("abc"))).length).toBeGreaterThan(0);
      expect(upstream.sockets).toHaveLength(1);
      client.close();
    });
  });

  test("may replace it, and refuses it where it fails", async () => {
    const upstream = await upstreamOf(answering(ok("secret")));
    const { settle, step } = verdict();
    await using(gateway(answered(service([upstream.url]), [step])), async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      settle(true);
      expect((await client.answer()).status).toBe(403);
      client.close();
    });
    const failing: AnswerHooks = { answerHead: async () => Promise.reject(new Error("a bug")) };
    const lines = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => void lines.mockRestore());
    await using(gateway(answered(service([upstream.url]), [failing])), async ({ port }) => {
      expect((await new RawClient(port).write(get("/")).answer()).status).toBe(500);
    });
  });

  test("is forgotten when the client leaves, and the connection that brought the answer serves others", async () => {
    const upstream = await upstreamOf(answering(ok("abc")));
    const { settle, step } = verdict();
    const done = new DoneLog();
    const steps: AnswerHooks[] = [{ answerHead: (x) => (x.path === "/waits" ? step.answerHead!(x) : undefined) }];
    await using(gateway(answered(service([upstream.url]), steps, { done: done.hook })), async ({ port }) => {
      const leaving = new RawClient(port).write(get("/waits"));
      await expect.poll(() => upstream.sockets[0]?.bytesWritten ?? 0).toBeGreaterThan(0);
      const other = new RawClient(port);
      expect((await other.write(get("/")).answer()).body).toBe("abc");
      leaving.close();
      await done.take();
      expect((await done.take()).outcome).toBe("clientGone");
      settle(false);
      expect((await other.write(get("/")).answer()).body).toBe("abc");
      expect(upstream.sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
      other.close();
    });
  });
});

describe("the connection that brought an answer is somebody else's by the time it is judged", () => {
  const one = { connections: { max: 1, pending: 10, idle: 4_000, streams: 100 } };

  test("one that is refused takes nothing from the request that came behind it", async () => {
    const upstream = await upstreamOf((socket) =>
      socket.on("data", (head: Buffer) => {
        if (head.toString().startsWith("GET /refused")) socket.write(ok("secret"));
        else setImmediate(() => socket.write(ok("other")));
      }),
    );
    const steps: AnswerHooks[] = [
      {
        answerHead: (x) => (x.path === "/refused" ? { as: "held", maxBytes: 100 } : undefined),
        answerBody: (x) => refuse(x, { status: 403, slug: "no", title: "No", source: "test" }),
      },
    ];
    await using(gateway(answered(service([upstream.url], one), steps)), async ({ port }) => {
      const [first, second] = [new RawClient(port), new RawClient(port)];
      first.write(get("/refused"));
      second.write(get("/other"));
      expect((await first.answer()).status).toBe(403);
      expect((await second.answer()).body).toBe("other");
      expect(upstream.sockets).toHaveLength(1);
      first.close();
      second.close();
    });
  });

  test("one whose client reads slowly does not stop the answers behind it", async () => {
    const large = "x".repeat(8_000_000);
    const upstream = await upstreamOf(answering((head) => ok(head.startsWith("GET /large") ? large : "y".repeat(400_000))));
    const holding: AnswerHooks = {
      answerHead: (x) => (x.path === "/large" ? { as: "held", maxBytes: 10_000_000 } : undefined),
      answerBody: () => undefined,
    };
    await using(gateway(answered(service([upstream.url], one), [holding])), async ({ port }) => {
      const slow = new RawClient(port).write(get("/large"));
      await slow.until((text) => text.includes("\r\n\r\n"));
      slow.socket.pause();
      const other = new RawClient(port);
      expect((await other.write(get("/other")).answer()).body).toHaveLength(400_000);
      expect(upstream.sockets).toHaveLength(1);
      slow.close();
      other.close();
    });
  });
});

test("an answer that is packed is unpacked once for all who read it", async () => {
  const packed = gzipSync('{"id":1}');
  const upstream = await upstreamOf(answering(ok(packed.toString("latin1"), "Content-Encoding: gzip\r\n")));
  const values: unknown[] = [];
  const reading: AnswerHooks = {
    answerHead: () => ({ as: "held", maxBytes: 100 }),
    answerBody(_x, body) {
      if (isContent(body)) values.push(body.plain(100)?.value, body.json(100, 100)?.value);
      return undefined;
    },
  };
  await using(gateway(answered(service([upstream.url]), [reading, reading])), async ({ port }) => {
    const answer = await new RawClient(port).write(get("/")).answer();
    expect(gunzipSync(Buffer.from(answer.body, "latin1")).toString()).toBe('{"id":1}');
  });
  expect([values[0] === values[2], values[1] === values[3], values[1]]).toEqual([true, true, { id: 1 }]);
});
