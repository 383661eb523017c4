import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { startUpstream } from "../harness/recording-upstream.ts";

const gateway = `gateway: withheld
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  orders:
    match: { path: "/orders/*" }
    service: backend
    policies:
      public: a test
      authorize: { answer: { require: "response.body.owner == request.headers['x-me']", maxBody: 64KiB } }
`;

const owned = (owner: string, filler = ""): Buffer => Buffer.from(JSON.stringify({ owner, filler }));
const packed = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  // What some send in its place (RFC 9110 §8.4.1.2).
  DEFLATE: deflateRawSync,
} as const;

/** What a client gets of an answer with these fields and bytes, by which it is judged unpacked. */
async function judging(): Promise<(fields: string, body: Buffer) => Promise<readonly [status: number, body: string]>> {
  const upstream = await startUpstream();
  const { port } = await running(await built({ "gateway.yaml": gateway }), upstream.url);
  return async (fields, body) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${fields}\r\n`;
    upstream.answer = { raw: head + body.toString("latin1") };
    const request = { method: "GET", target: "/orders/1", headers: [["X-Me", "me"]] as const, body: "" };
    const received = await sendRequest(port, request);
    return [received.status, received.body];
  };
}

test("an answer that is packed is judged by what is in it, and goes out as it came", async () => {
  const judged = await judging();
  for (const [coding, pack] of Object.entries(packed)) {
    const fields = `Content-Encoding: ${coding}\r\n`;
    expect((await judged(fields, pack(owned("me"))))[0], coding).toBe(200);
    const [status, body] = await judged(fields, pack(owned("somebody")));
    expect([status, body.includes("somebody")], coding).toEqual([403, false]);
  }
});

test("an answer that is packed otherwise than it says, twice, or beyond the bound is not shown", async () => {
  const judged = await judging();
  const mine = owned("me");
  const bomb = owned("me", "x".repeat(70_000));
  const cases: readonly (readonly [string, string, Buffer])[] = [
    ["gzip by name alone", "Content-Encoding: gzip\r\n", mine],
    ["gzip without its name", "", gzipSync(mine)],
    ["two layers", "Content-Encoding: gzip, gzip\r\n", gzipSync(gzipSync(mine))],
    ["two layers in two fields", "Content-Encoding: gzip\r\nContent-Encoding: br\r\n", brotliCompressSync(gzipSync(mine))],
    ["a coding of another name", "Content-Encoding: compress\r\n", mine],
    ["cut off", "Content-Encoding: gzip\r\n", gzipSync(mine).subarray(0, 20)],
    ["more than may be unpacked", "Content-Encoding: gzip\r\n", gzipSync(bomb)],
    ["more than may be held", "", bomb],
    // Members behind the first count to the same content (RFC 1952 §2.2): it is not the JSON that the first one is.
    ["two members", "Content-Encoding: gzip\r\n", Buffer.concat([gzipSync(mine), gzipSync(owned("somebody"))])],
  ];
  for (const [what, fields, body] of cases) expect((await judged(fields, body))[0], what).toBe(502);
});
