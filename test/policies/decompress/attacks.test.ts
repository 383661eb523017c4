import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib, { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const plain = Buffer.from('{"a":1}');
const zeros = Buffer.alloc(64 * 1_048_576);
const bomb = {
  gzip: gzipSync(zeros, { level: 1 }),
  br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zlib: deflateSync(zeros, { level: 1 }),
  raw: deflateRawSync(zeros, { level: 1 }),
};
const good = {
  gzip: gzipSync(plain),
  br: brotliCompressSync(plain),
  zlib: deflateSync(plain),
  raw: deflateRawSync(plain),
};
/** Made by Node 24: `{"a":1}`, and 64 MiB of zeros. */
const zstd = Buffer.from("28b52ffd20073900007b2261223a317d", "hex");
const zstdBlock = Buffer.from("020010", "hex");
const zstdBomb = Buffer.concat([
  Buffer.from("28b52ffd0058", "hex"),
  // A block of one byte that is repeated 128 Ki times.
  ...Array.from({ length: 511 }, () => Buffer.concat([zstdBlock, Buffer.of(0)])),
  Buffer.from("03001000", "hex"),
]);
const hasZstd = "zstdDecompressSync" in zlib;
const member = gzipSync(Buffer.alloc(60_000));

const flipped = (bytes: Buffer, fromEnd: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length - fromEnd]! ^= 1;
  return copy;
};
const behind = (bytes: Buffer, more: Uint8Array | string): Buffer => Buffer.concat([bytes, Buffer.from(more as string)]);
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, -1);

/** Fields behind `Content-Encoding: `, the body, and the statuses that come. Those with 200 reach the service, the others do not. */
const rows: readonly (readonly [name: string, coding: string, body: Buffer, statuses: readonly number[], chunk?: number])[] = [
  ["gzip, 1 byte a chunk", "gzip", good.gzip, [200], 1],
  ["gzip", "gzip", good.gzip, [200]],
  ["br", "br", good.br, [200]],
  ["zlib", "deflate", good.zlib, [200]],
  ["raw deflate", "deflate", good.raw, [200]],
  ["64 MiB of gzip (traffic row 62)", "gzip", bomb.gzip, [413]],
  ["64 MiB of gzip in chunks", "gzip", bomb.gzip, [413], 1_000],
  ["64 MiB of br", "br", bomb.br, [413]],
  ["64 MiB of zlib", "deflate", bomb.zlib, [413]],
  ["64 MiB of raw deflate", "deflate", bomb.raw, [413]],
  ["members of gzip that are too much together", "gzip", Buffer.concat(Array.from({ length: 40 }, () => member)), [413]],
  ["20,000 members of nothing", "gzip", Buffer.concat(Array.from({ length: 20_000 }, () => gzipSync(Buffer.alloc(0)))), [200]],
  ["zeros behind gzip", "gzip", behind(good.gzip, Buffer.alloc(10)), [400]],
  ["text behind gzip", "gzip", behind(good.gzip, "junk"), [400]],
  ["what begins a member behind gzip", "gzip", behind(good.gzip, Uint8Array.of(0x1f)), [400]],
  ["more of what begins a member", "gzip", behind(good.gzip, Uint8Array.of(0x1f, 0x8b)), [400]],
  ["a second member that is cut off", "gzip", behind(good.gzip, cut(good.gzip)), [400]],
  ["text behind br", "br", behind(good.br, "x"), [400]],
  ["text behind zlib", "deflate", behind(good.zlib, "x"), [400]],
  ["text behind raw deflate", "deflate", behind(good.raw, "x"), [400]],
  ["zlib behind zlib", "deflate", behind(good.zlib, good.zlib), [400]],
  ["gzip that is cut off", "gzip", cut(good.gzip), [400]],
  ["br that is cut off", "br", cut(good.br), [400]],
  ["zlib that is cut off", "deflate", cut(good.zlib), [400]],
  ["raw deflate that is cut off", "deflate", cut(good.raw), [400]],
  ["gzip with a wrong checksum", "gzip", flipped(good.gzip, 5), [400]],
  ["gzip with a wrong length", "gzip", flipped(good.gzip, 1), [400]],
  ["zlib with a wrong checksum", "deflate", flipped(good.zlib, 1), [400]],
  ["zlib with a dictionary", "deflate", deflateSync(plain, { dictionary: Buffer.from("abc") }), [400]],
  ["two codings (traffic row 62)", "gzip, gzip", gzipSync(good.gzip), [415]],
  ["two codings in two lines", "gzip\r\nContent-Encoding: gzip", gzipSync(good.gzip), [415]],
  ["a transfer coding", "gzip, chunked", good.gzip, [415]],
  ["a parameter", "gzip;q=1", good.gzip, [415]],
  ["a coding that is not read", "compress", plain, [415]],
  ["zstd", "zstd", zstd, [hasZstd ? 200 : 415]],
  ["zstd, 1 byte a chunk", "zstd", zstd, [hasZstd ? 200 : 415], 1],
  ["64 MiB of zstd (traffic row 62)", "zstd", zstdBomb, [hasZstd ? 413 : 415]],
  ["zstd that is cut off", "zstd", cut(zstd), [hasZstd ? 400 : 415]],
  ["zstd with a window of 128 MiB", "zstd", Buffer.from("28b52ffd00883900007b2261223a317d", "hex"), [hasZstd ? 400 : 415]],
  ["text behind zstd", "zstd", behind(zstd, "x"), [hasZstd ? 400 : 415]],
  ["zstd in zstd", "zstd, zstd", zstd, [415]],
  ["gzip and identity", "identity, gzip", good.gzip, [200]],
  ["nothing, in gzip", "gzip", Buffer.alloc(0), [200]],
  ["an expectation", "gzip\r\nExpect: 100-continue", good.gzip, [100, 200]],
  ["an expectation in two codings: not told to go on", "gzip, gzip\r\nExpect: 100-continue", plain, [415]],
  ["an expectation of too much", "gzip\r\nExpect: 100-continue", Buffer.alloc(2_000_000), [413]],
];

const seen: (readonly [coding: string | undefined, length: number])[] = [];
const service = createServer(async (incoming, response) => {
  let length = 0;
  for await (const chunk of incoming) length += (chunk as Buffer).length;
  seen.push([incoming.headers["content-encoding"], length]);
  response.end();
});
let gateway: RunningGateway;
let dispose: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(
    join(folder, "gateway.yaml"),
    `gateway: attacked
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: sample, decompress: { maxBody: 1MiB } } }
`,
  );
  const built = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  dispose = built.dispose;
  gateway = await startGateway(built.out, sampleEnvironment([`http://127.0.0.1:${(service.address() as AddressInfo).port}`]));
});

afterAll(async () => {
  await gateway.stop();
  dispose();
  service.closeAllConnections();
  service.close();
});

/** Statuses of all that comes until the gateway closes. */
const statusesOf = (coding: string, body: Buffer, chunk: number | undefined): Promise<number[]> =>
  new Promise((resolve) => {
    const framing = chunk === undefined ? `Content-Length: ${body.length}` : "Transfer-Encoding: chunked";
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: ${coding}\r\n${framing}\r\nConnection: close\r\n\r\n`;
    let text = "";
    const socket = connect(gateway.port, "127.0.0.1", () => {
      socket.write(head);
      // Who expects 100 waits for it.
      if (coding.includes("Expect")) return;
      if (chunk === undefined) return void socket.write(body);
      for (let at = 0; at < body.length; at += chunk) {
        const part = body.subarray(at, at + chunk);
        socket.write(`${part.length.toString(16)}\r\n`);
        socket.write(part);
        socket.write("\r\n");
      }
      socket.write("0\r\n\r\n");
    });
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (text.endsWith(" 100 Continue\r\n\r\n")) socket.write(body);
    });
    // Where it answers before it has read all, the rest is refused.
    socket.on("error", () => {});
    socket.on("close", () => resolve([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))));
  });

/** Most MiB that the gateway ever had in memory. */
const mostMemory = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.process.pid}/status`, "utf8"))![1]) / 1_024;

for (const [name, coding, body, statuses, chunk] of rows)
  test(name, async () => {
    seen.length = 0;
    const before = mostMemory();
    expect(await statusesOf(coding, body, chunk)).toEqual(statuses);
    const length = body.length === 0 || body.length > 100 ? 0 : plain.length;
    expect(seen).toEqual(statuses.includes(200) ? [[undefined, length]] : []);
    // What was sent, what was made of it up to the bound, and what is collected later: not the 64 MiB that are inside.
    expect(mostMemory() - before).toBeLessThan(24);
  });
