import { afterEach, describe, expect, test } from "vitest";
import { refuse } from "../../runtime/answers/problem.ts";
import { reportOnly } from "../../runtime/answers/report-only.ts";
import type { BodyBudget } from "../../runtime/body/hold.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import type { Operation } from "../../runtime/gateway/operation.ts";
import type { HttpExchange } from "../../runtime/http/http-exchange.ts";
import { send } from "../../runtime/http/send.ts";
import { forward } from "../../runtime/upstream/forward.ts";
import { gateway, operation, plainForward, service, using } from "./support/gateway.ts";
import { get, RawClient } from "./support/raw-client.ts";
import { ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";
import { answered } from "./support/way-back.ts";

const open: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

/** Answers each request head with `answer`, where there is one. */
async function upstreamOf(answer: string | undefined): Promise<RawUpstream> {
  const upstream = await rawUpstream((socket) => socket.on("data", () => answer !== undefined && socket.write(answer)));
  open.push(upstream);
  return upstream;
}

/** A gateway that holds bodies in so many bytes, and what it holds once it has begun to. */
function bounded(bytes: number, made: Operation["request"] | Operation) {
  let seen: HttpExchange | undefined;
  const own = typeof made === "function" ? operation({ request: made }) : made;
  const any: Operation = {
    ...own,
    request(x) {
      seen = x as HttpExchange;
      return own.request(x);
    },
  };
  const built = gateway(any);
  const { listeners } = built;
  const limited: Gateway = {
    ...built,
    listeners: { ...listeners, public: { ...listeners.public, limits: { bodyMemory: bytes } } },
  };
  return { built: limited, budget: (): BodyBudget => seen!.state.load.bodies! };
}

/** Reads the whole body and forwards it. */
const reading =
  (url: string, limit: number, mode?: "report") =>
  async (x: Exchange): Promise<void> => {
    const bytes = await x.readBody(limit);
    if (bytes === undefined && mode === undefined) return send(x);
    reportOnly(x, "test");
    forward(x, targetOf(url), plainForward);
  };

const targets = new Map<string, ReturnType<typeof service>>();
function targetOf(url: string): ReturnType<typeof service> {
  const known = targets.get(url) ?? service([url]);
  targets.set(url, known);
  return known;
}

const post = (length: number, body = ""): string => `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${body}`;
const chunked = (body: string): string => `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;

describe("the memory for bodies", () => {
  test("is reserved by bytes that come, not by those that are announced", async () => {
    const { url } = await upstreamOf(undefined);
    const { built, budget } = bounded(1 << 20, reading(url, 1 << 20));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(post(500_000, "x"));
      await expect.poll(() => budget()?.held).toBe(1);
      client.write("y".repeat(10));
      await expect.poll(() => budget().held).toBeGreaterThan(10);
      expect(budget().held).toBeLessThan(8_192);
      client.write("z".repeat(400_000));
      await expect.poll(() => budget().held).toBeGreaterThan(400_000);
      expect(budget().held).toBeLessThan(400_000 + 65_536);
      client.close();
      await expect.poll(() => budget().held).toBe(0);
    });
  });

  test("is free again when a client leaves in the middle, and others get what it had", async () => {
    const { url } = await upstreamOf(ok("done"));
    const { built, budget } = bounded(100_000, reading(url, 1 << 20));
    await using(built, async ({ port }) => {
      const slow = new RawClient(port).write(post(90_000, "x".repeat(80_000)));
      await expect.poll(() => budget()?.held).toBeGreaterThanOrEqual(80_000);
      const refused = await new RawClient(port).write(post(50_000, "y".repeat(50_000))).answer();
      expect([refused.status, refused.field("retry-after"), JSON.parse(refused.body).type]).toEqual([
        503,
        "1",
        "urn:gatewright:problem:overloaded",
      ]);
      slow.close();
      await expect.poll(() => budget().held).toBe(0);
      expect((await new RawClient(port).write(post(50_000, "y".repeat(50_000))).answer()).body).toBe("done");
      await expect.poll(() => budget().held).toBe(0);
      expect(budget().refused).toBe(0);
    });
  });

  test("refuses a body of unknown length at the byte that does not fit", async () => {
    const { url, sockets } = await upstreamOf(ok("done"));
    const { built, budget } = bounded(1_000, reading(url, 1 << 20));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(chunked(`3e8\r\n${"x".repeat(1_000)}\r\n`));
      await expect.poll(() => budget()?.held).toBe(1_000);
      const answer = await client.write("1\r\ny\r\n").answer();
      expect([answer.status, answer.field("retry-after")]).toEqual([503, "1"]);
      client.close();
      await expect.poll(() => budget().held).toBe(0);
      expect([budget().refused, sockets.length]).toEqual([1, 0]);
    });
  });

  test("is free once the service has begun to answer, however slowly the client reads", async () => {
    const { url } = await upstreamOf("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ");
    const { built, budget } = bounded(100_000, reading(url, 1 << 20));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(post(50_000, "x".repeat(50_000)));
      await client.until((text) => text.endsWith("half "));
      expect(budget().held).toBe(0);
      client.close();
    });
  });

  test("is free after a body that is too large, one that is malformed, and one that a policy refuses", async () => {
    const { url } = await upstreamOf(ok("done"));
    const { built, budget } = bounded(100_000, async (x) => {
      const bytes = await x.readBody(30_000);
      if (bytes !== undefined) refuse(x, { status: 400, slug: "bad", title: "Bad", source: "test" });
      if (x.path === "/forward") forward(x, targetOf(url), plainForward);
      else send(x);
    });
    await using(built, async ({ port }) => {
      for (const [message, status] of [
        [chunked(`7531\r\n${"x".repeat(0x7531)}\r\n`), 413],
        [chunked(`100\r\n${"x".repeat(0x100)}\r\nzz\r\n`), 400],
        [post(20_000, "x".repeat(20_000)), 400],
      ] as const) {
        const client = new RawClient(port).write(message);
        expect((await client.answer()).status).toBe(status);
        client.close();
        await expect.poll(() => budget().held).toBe(0);
      }
    });
  });

  test("is free where no service can be reached", async () => {
    const gone = await upstreamOf(undefined);
    await gone.close();
    const { built, budget } = bounded(100_000, reading(gone.url, 1 << 20));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(post(50_000, "x".repeat(50_000)));
      expect((await client.answer()).status).toBe(502);
      await expect.poll(() => budget().held).toBe(0);
      client.close();
    });
  });

  test("lets a body that does not fit stream on behind a step that only reports", async () => {
    let received = "";
    const upstream = await rawUpstream((socket) =>
      socket.on("data", (bytes: Buffer) => {
        received += bytes.toString("latin1");
        if (received.endsWith("0\r\n\r\n")) socket.write(ok("done"));
      }),
    );
    open.push(upstream);
    const { built, budget } = bounded(1_000, reading(upstream.url, 1 << 20, "report"));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(chunked(`3e8\r\n${"x".repeat(1_000)}\r\n`));
      await expect.poll(() => budget()?.held).toBe(1_000);
      expect((await client.write("3\r\nyyy\r\n0\r\n\r\n").answer()).body).toBe("done");
      expect(received.replaceAll(/[^xy]/g, "").replace(/^[^]*?(?=x{100})/, "")).toBe(`${"x".repeat(1_000)}yyy`);
      await expect.poll(() => budget().held).toBe(0);
      client.close();
    });
  });
});

describe("the memory for answers", () => {
  const looking = (url: string, as: "held" | "seen", isBad = false): Operation =>
    answered(targetOf(url), [
      {
        answerHead: () => ({ as, maxBytes: 1 << 20 }),
        answerBody: (x) => (isBad ? refuse(x, { status: 502, slug: "bad", title: "Bad", source: "test" }) : undefined),
      },
    ]);
  const answerOf = (length: number, sent = length): string =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(sent)}`;

  test.each(["held", "seen"] as const)("is free after an answer was sent (%s)", async (mode) => {
    const { url } = await upstreamOf(answerOf(50_000));
    const { built, budget } = bounded(100_000, looking(url, mode));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).body).toHaveLength(50_000);
      await expect.poll(() => budget().held).toBe(0);
      client.close();
    });
  });

  test.each(["held", "seen"] as const)("is free when the client leaves in the middle (%s)", async (mode) => {
    const { url } = await upstreamOf(answerOf(60_000, 50_000));
    const { built, budget } = bounded(100_000, looking(url, mode));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      await expect.poll(() => budget()?.held).toBeGreaterThanOrEqual(50_000);
      client.close();
      await expect.poll(() => budget().held).toBe(0);
    });
  });

  test("is free after an answer was replaced", async () => {
    const { url } = await upstreamOf(answerOf(50_000));
    const { built, budget } = bounded(100_000, looking(url, "held", true));
    await using(built, async ({ port }) => {
      const client = new RawClient(port).write(get("/"));
      expect((await client.answer()).status).toBe(502);
      await expect.poll(() => budget().held).toBe(0);
      client.close();
    });
  });

  test("refuses an answer that has to be held and does not fit, and only passes on one that is looked at on its way", async () => {
    const { url } = await upstreamOf(answerOf(50_000));
    for (const [mode, status] of [
      ["held", 503],
      ["seen", 200],
    ] as const) {
      const { built, budget } = bounded(40_000, looking(url, mode));
      await using(built, async ({ port }) => {
        const client = new RawClient(port).write(get("/"));
        expect((await client.answer()).status).toBe(status);
        expect([budget().held, budget().refused]).toEqual([0, 1]);
        client.close();
      });
    }
  });
});
