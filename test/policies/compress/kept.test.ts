import { createServer, type IncomingHttpHeaders, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import type { HttpExchange } from "../../../runtime/http/http-exchange.ts";
import { createCache } from "../../../runtime/policies/cache/index.ts";
import type { Coding, LongCoding } from "../../../runtime/policies/compress/coding.ts";
import { createGzipCoding } from "../../../runtime/policies/compress/gzip.ts";
import { createLongGzip } from "../../../runtime/policies/compress/long-codings.ts";
import { createPacking } from "../../../runtime/policies/compress/packing.ts";
import { serve } from "../../../runtime/process/serve.ts";
import { forwardCached } from "../../../runtime/upstream/cached/forward-cached.ts";
import { openWayBack } from "../../../runtime/upstream/way-back/way-back.ts";
import { gateway, operation, plainForward, service } from "../../runtime/support/gateway.ts";
import { cacheConfig } from "../cache/support.ts";

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Options {
  /** In place of compressing in threads of zlib, which `made` does. */
  readonly later?: (made: () => Promise<Uint8Array>) => Promise<Uint8Array>;
  /** Bytes for bodies. */
  readonly memory?: number;
  /** The step is the only one behind the cache. */
  readonly isPacker?: boolean;
}

/** A gateway with a cache and a step that compresses, as it is emitted; `calls`: how often whole bodies were compressed. */
async function packing(
  answer: RequestListener,
  { later, memory, isPacker = true }: Options = {},
): Promise<{
  calls(): number;
  longCalls(): number;
  /** Bytes that a stream got in one go. */
  longest(): number;
  held(): number;
  asked(): number;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Got>;
}> {
  let [calls, longCalls, asked, longest] = [0, 0, 0, 0];
  let seen: HttpExchange | undefined;
  const upstream = createServer((incoming, response) => {
    asked++;
    answer(incoming, response);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void upstream.close());
  upstream.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
  const gzip = createGzipCoding({ level: 4 });
  const counting: Coding = {
    ...({} as Coding),
    name: "gzip",
    canStream: true,
    whole: (bytes) => {
      calls++;
      return gzip.whole(bytes);
    },
    stream: (noRoom) => {
      const stream = gzip.stream(noRoom);
      const piece = stream.piece.bind(stream);
      stream.piece = (bytes, start, end) => {
        longest = Math.max(longest, end - start);
        return piece(bytes, start, end);
      };
      return stream;
    },
  };
  const longGzip = createLongGzip({ level: 4 });
  const countingLong: LongCoding = {
    ...longGzip,
    make: (bytes) => {
      longCalls++;
      const made = (): Promise<Uint8Array> => longGzip.make(bytes);
      return later === undefined ? made() : later(made);
    },
  };
  const compress = createPacking({
    long: [countingLong],
    codings: [counting],
    types: [{ type: "text", subtype: "*", parameters: [] }],
    minBytes: 10,
    wholeBytes: 65_536,
    slot: 1 as Slot,
  });
  const cache = createCache(cacheConfig());
  const target = service([`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`]);
  const packed = operation({
    request: (x) => {
      seen = x as HttpExchange;
      return forwardCached(x, target, plainForward, cache, openWayBack, undefined, isPacker ? compress : undefined);
    },
    upstreamRequest: (x, sent) => {
      compress.upstreamRequest(x, sent);
      cache.upstreamRequest(x, sent);
    },
    answerHead: (x, back) => back.isBehind && back.asked(1, compress.answerHead(x)),
    answerStream: (x, back) => {
      if (back.isBehind) back.through(1, compress.answerStream(x));
    },
    answerBody: (x, back) => back.wants(1) && back.judged(1, compress.answerBody(x, back.body(1))),
    response: (x) => {
      cache.response(x);
      compress.response(x);
    },
  });
  const { listeners } = gateway(packed);
  const limits = memory === undefined ? {} : { limits: { ...listeners.public.limits, bodyMemory: memory } };
  const serving = await serve(gateway(packed, { listeners: { ...listeners, public: { ...listeners.public, ...limits } } }), {
    drainTimeout: 0,
  });
  onTestFinished(() => serving.close());
  const get = (path: string, headers: Record<string, string> = { "accept-encoding": "gzip" }, method = "GET"): Promise<Got> =>
    new Promise((resolve, reject) => {
      request({ port: serving.port, host: "127.0.0.1", path, headers, method, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
        );
      })
        .on("error", reject)
        .end();
    });
  return {
    calls: () => calls,
    longCalls: () => longCalls,
    longest: () => longest,
    held: () => seen?.state.load.bodies?.held ?? 0,
    asked: () => asked,
    get,
  };
}

const text = "text that repeats itself, ".repeat(100);

it("compresses what is kept once, for all who take it so", async () => {
  const { get, calls, asked } = await packing((_, response) => {
    response.writeHead(200, { "content-type": "text/plain", "cache-control": "max-age=60", etag: '"a"' }).end(text);
  });
  await get("/a");
  const [first, second] = [await get("/a"), await get("/a")];
  expect(asked()).toBe(1);
  expect(calls(), "the one who had it fetched got it as it came").toBe(1);
  for (const { status, headers, body } of [first, second]) {
    expect(status).toBe(200);
    expect(headers["content-length"]).toBe(String(body.length));
    expect([headers["content-encoding"], headers.vary, headers.etag]).toEqual(["gzip", "Accept-Encoding", 'W/"a"']);
    expect(gunzipSync(body).toString()).toBe(text);
  }
  const head = await get("/a", { "accept-encoding": "gzip" }, "HEAD");
  expect([head.headers["content-length"], head.headers["content-encoding"]]).toEqual([String(first.body.length), "gzip"]);
  const plain = await get("/a", {});
  expect([plain.headers["content-encoding"], plain.headers.vary, plain.body.toString()]).toEqual([
    undefined,
    "Accept-Encoding",
    text,
  ]);
  const known = await get("/a", { "accept-encoding": "gzip", "if-none-match": 'W/"a"' });
  expect([known.status, known.headers.etag, known.headers.vary]).toEqual([304, 'W/"a"', "Accept-Encoding"]);
  const part = await get("/a", { "accept-encoding": "gzip", range: "bytes=0-3" });
  expect([part.status, part.headers["content-encoding"], part.headers.vary, part.body.toString()]).toEqual([
    206,
    undefined,
    "Accept-Encoding",
    "text",
  ]);
  expect(calls()).toBe(1);
});

it("keeps the compressed one for as long as the service says that the answer is the same, and no longer", async () => {
  let version = 1;
  const { get, calls, asked } = await packing((incoming, response) => {
    const etag = `"${version}"`;
    const fields = { "content-type": "text/plain", "cache-control": "no-cache", etag };
    if (incoming.headers["if-none-match"] === etag) response.writeHead(304, fields).end();
    else response.writeHead(200, fields).end(`${version} ${text}`);
  });
  await get("/b");
  await get("/b");
  const before = calls();
  expect(gunzipSync((await get("/b")).body).toString()).toBe(`1 ${text}`);
  expect(calls()).toBe(before);
  expect(asked()).toBe(3);
  version = 2;
  expect(gunzipSync((await get("/b")).body).toString()).toBe(`2 ${text}`);
  expect(gunzipSync((await get("/b")).body).toString()).toBe(`2 ${text}`);
  expect(calls()).toBe(before + 1);
});

it("leaves alone what must not be changed", async () => {
  const { get, calls } = await packing((_, response) => {
    response.writeHead(200, { "content-type": "text/plain", "cache-control": "max-age=60, no-transform" }).end(text);
  });
  for (let round = 0; round < 3; round++) {
    const fixed = await get("/fixed");
    expect([fixed.headers["content-encoding"], fixed.body.toString()]).toEqual([undefined, text]);
  }
  expect(calls()).toBe(0);
});

describe("a kept answer that is too long for one call", () => {
  const long = text.repeat(60);
  const giveLong: RequestListener = (_, response) =>
    void response.writeHead(200, { "content-type": "text/plain", "cache-control": "max-age=60" }).end(long);

  it("is compressed once, beside the thread that serves, for all who ask in the meantime and later", async () => {
    const { get, calls, longCalls, asked, held } = await packing(giveLong);
    await get("/a");
    const answers = await Promise.all(Array.from({ length: 20 }, () => get("/a")));
    answers.push(await get("/a"));
    for (const { status, headers, body } of answers) {
      expect([status, headers["content-encoding"], headers.vary]).toEqual([200, "gzip", "Accept-Encoding"]);
      expect(headers["content-length"]).toBe(String(body.length));
      expect(gunzipSync(body).toString() === long).toBe(true);
    }
    expect([asked(), calls(), longCalls()]).toEqual([1, 0, 1]);
    expect(held(), "what it took of the memory for bodies is given back").toBe(0);
    const head = await get("/a", { "accept-encoding": "gzip" }, "HEAD");
    expect([head.headers["content-length"], head.headers["content-encoding"]]).toEqual([String(answers[0]!.body.length), "gzip"]);
    const plain = await get("/a", {});
    expect([plain.headers["content-encoding"], plain.body.toString() === long]).toEqual([undefined, true]);
  });

  it("is compressed as it goes out where two others are under way, where it fails, and where memory is short", async () => {
    let release = (): void => {};
    const waiting = new Promise<void>((resolve) => (release = resolve));
    let begun = (): void => {};
    const both = new Promise<void>((resolve) => (begun = resolve));
    let started = 0;
    const { get, longCalls, held } = await packing(giveLong, {
      later: async (made) => {
        if (++started === 2) begun();
        await waiting;
        if (started > 2) throw new Error("a bug");
        return made();
      },
    });
    await Promise.all(["/a", "/b", "/c"].map((path) => get(path)));
    const two = [get("/a"), get("/b")];
    await both;
    expect(held()).toBe(2 * (262_144 + long.length));
    const third = await get("/c");
    expect([third.headers["content-encoding"], third.headers["content-length"]]).toEqual(["gzip", undefined]);
    expect(gunzipSync(third.body).toString() === long).toBe(true);
    expect(longCalls()).toBe(2);
    release();
    for (const { body } of await Promise.all(two)) expect(gunzipSync(body).toString() === long).toBe(true);
    const failed = await get("/c");
    expect([longCalls(), failed.headers["content-length"]]).toEqual([3, undefined]);
    expect(gunzipSync(failed.body).toString() === long).toBe(true);
    expect(held()).toBe(0);

    const short = await packing(giveLong, { memory: 400_000 });
    await short.get("/a");
    const passed = await short.get("/a");
    expect([passed.headers["content-encoding"], short.longCalls()]).toEqual(["gzip", 0]);
    expect(gunzipSync(passed.body).toString() === long).toBe(true);
    expect(short.held()).toBe(0);
  });

  it("is dropped with the answer, and whoever waits for it still gets what was asked for", async () => {
    let version = 1;
    let release = (): void => {};
    const { get, longCalls } = await packing(
      (incoming, response) => {
        const fields = { "content-type": "text/plain", "cache-control": "max-age=60" };
        if (incoming.method === "GET") response.writeHead(200, fields).end(`${version} ${long}`);
        else response.writeHead(204).end();
      },
      {
        later: async (made) => {
          await new Promise<void>((resolve) => (release = resolve));
          return made();
        },
      },
    );
    await get("/a");
    const waits = get("/a");
    await vi.waitFor(() => expect(longCalls()).toBe(1));
    version = 2;
    expect((await get("/a", {}, "POST")).status).toBe(204);
    release();
    expect(gunzipSync((await waits).body).toString()[0]).toBe("1");
    expect(gunzipSync((await get("/a")).body).toString()[0], "fetched anew").toBe("2");
  });

  it("holds nobody up where it passes other steps: it goes out in slices", async () => {
    // Without a packer, as beside steps that judge answers for each caller.
    const { get, longCalls, longest } = await packing(giveLong, { isPacker: false });
    await get("/a", {});
    const { headers, body } = await get("/a");
    expect([headers["content-encoding"], longCalls(), gunzipSync(body).toString() === long]).toEqual(["gzip", 0, true]);
    expect(longest()).toBe(65_536);
  });
});
