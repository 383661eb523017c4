import { createServer, type IncomingHttpHeaders, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import { createCache } from "../../../runtime/policies/cache/index.ts";
import type { Coding } from "../../../runtime/policies/compress/coding.ts";
import { createGzipCoding } from "../../../runtime/policies/compress/gzip.ts";
import { createCompress } from "../../../runtime/policies/compress/index.ts";
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

/** A gateway with a cache and a step that compresses, as it is emitted; `calls`: how often whole bodies were compressed. */
async function packing(answer: RequestListener): Promise<{
  calls(): number;
  asked(): number;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Got>;
}> {
  let [calls, asked] = [0, 0];
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
    stream: (noRoom) => gzip.stream(noRoom),
  };
  const compress = createCompress({
    codings: [counting],
    types: [{ type: "text", subtype: "*", parameters: [] }],
    minBytes: 10,
    wholeBytes: 65_536,
    slot: 1 as Slot,
  });
  const cache = createCache(cacheConfig());
  const target = service([`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`]);
  const packed = operation({
    request: (x) => forwardCached(x, target, plainForward, cache, openWayBack, undefined, compress),
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
  const serving = await serve(gateway(packed), { drainTimeout: 0 });
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
  return { calls: () => calls, asked: () => asked, get };
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

it("leaves alone what must not be changed, and compresses longer ones as they come", async () => {
  const long = text.repeat(40);
  const { get, calls } = await packing(({ url }, response) => {
    const fields = { "content-type": "text/plain", "cache-control": "max-age=60" };
    if (url === "/fixed") response.writeHead(200, { ...fields, "cache-control": "max-age=60, no-transform" }).end(text);
    else response.writeHead(200, { ...fields, "content-length": long.length }).end(long);
  });
  for (let round = 0; round < 3; round++) {
    const [fixed, whole] = [await get("/fixed"), await get("/long")];
    expect([fixed.headers["content-encoding"], fixed.body.toString()]).toEqual([undefined, text]);
    expect([whole.headers["content-encoding"], gunzipSync(whole.body).toString()]).toEqual(["gzip", long]);
  }
  expect(calls()).toBe(0);
});
