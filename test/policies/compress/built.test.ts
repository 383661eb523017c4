import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import zlib, { brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../../harness/component.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const files = {
  "openapi.yaml": `openapi: 3.1.0
info: { title: Numbers, version: "1" }
paths:
  /checked/{length}:
    get:
      operationId: checked
      parameters: [{ name: length, in: path, required: true, schema: { type: integer } }]
      responses: { "200": { description: numbers, content: { application/json: { schema: { type: array, items: { type: integer } } } } } }
`,
  "policies.yaml": "all: { public: sample, validate: { response: enforce } }",
  "gateway.yaml": `gateway: compressing
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true, limits: { bodyMemory: "\${env:MEMORY:-8MiB}" } } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
apis:
  numbers:
    versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }
    service: backend
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: sample } }
policies: { compress: { codings: [br, gzip, zstd], minSize: 100B } }
`,
};

/** JSON of about so many bytes. */
const numbers = (length: number): string =>
  `[${Array.from({ length: Math.max(1, length / 7) }, (_, at) => 100_000 + ((at * 7_919) % 899_983)).join(",")}]`;

const events: ServerResponse[] = [];
let asked: IncomingMessage[] = [];

const service = createServer((incoming, response) => {
  asked.push(incoming);
  const [, kind, size] = incoming.url!.split("/");
  const text = numbers(Number(size));
  if (kind === "events") {
    events.push(response);
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  } else if (kind === "packed")
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync(text));
  else if (kind === "pieces") {
    response.writeHead(200, { "content-type": "application/json" });
    for (let at = 0; at < text.length; at += 9_973) response.write(text.slice(at, at + 9_973));
    response.end();
  } else if (kind === "halves") {
    response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
    const half = text.length >> 1;
    response.write(text.slice(0, half), () => setTimeout(() => response.end(text.slice(half)), 20));
  } else {
    const length = Buffer.byteLength(kind === "checked" && size === "1" ? '["one"]' : text);
    response.writeHead(200, { "content-type": "application/json", "content-length": length, etag: '"v1"' });
    response.end(kind === "checked" && size === "1" ? '["one"]' : text);
  }
});

let gateway: RunningGateway;
let narrow: RunningGateway;
let dispose: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const built = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  expect(built.diagnostics).toEqual([]);
  dispose = built.dispose;
  const environment = sampleEnvironment([`http://127.0.0.1:${(service.address() as AddressInfo).port}`]);
  [gateway, narrow] = await Promise.all([
    startGateway(built.out, environment),
    startGateway(built.out, { ...environment, MEMORY: "32KiB" }),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), narrow.stop()]);
  dispose();
  service.closeAllConnections();
  service.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

const ask = (path: string, accepted: string, port = gateway.port, headers = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path, headers: { "accept-encoding": accepted, ...headers } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode!, headers: incoming.headers, bytes: Buffer.concat(chunks) }),
      );
      incoming.on("error", reject);
    })
      .on("error", reject)
      .end();
  });

type Unpack = (bytes: Uint8Array, options?: { readonly finishFlush: number }) => Uint8Array;

/** From Node 22.15 on, and so not in the types of the oldest Node that is supported. */
const { zstdDecompressSync: unzstd } = zlib as unknown as { readonly zstdDecompressSync?: Unpack };
const hasZstd = unzstd !== undefined;

const unpacked: Readonly<Record<string, Unpack>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: (bytes, options) => unzstd!(bytes, options),
  none: (bytes) => bytes,
};

describe("an answer that is compressed", () => {
  test.each([
    ["/json/200", "gzip", "gzip", true],
    ["/json/200", "br", "br", true],
    ["/json/16384", "gzip, br", "br", true],
    ["/json/65000", "gzip", "gzip", true],
    ["/json/66000", "gzip, br", "gzip", false],
    ["/json/1000000", "gzip", "gzip", false],
    ["/pieces/10", "gzip", "gzip", false],
    ["/pieces/1000000", "br;q=1, gzip;q=0.5", "br", false],
    ["/pieces/1000000", "br", "br", false],
    ["/pieces/66000", "zstd, br, gzip", "gzip", false],
    ["/json/200000", "br, zstd", "br", false],
    // A Node without zstd never offers it.
    ["/json/16384", "zstd", hasZstd ? "zstd" : "none", true],
    ["/json/16384", "zstd, gzip;q=0.5", hasZstd ? "zstd" : "gzip", true],
    ["/pieces/1000000", "zstd", hasZstd ? "zstd" : "none", false],
    ["/pieces/1000000", "zstd, gzip;q=0.5", hasZstd ? "zstd" : "gzip", false],
  ] as const)(
    "%s for a client that accepts %s: %s, and its length where it is known",
    async (path, accepted, coding, hasLength) => {
      const { headers, bytes } = await ask(path, accepted);
      expect([headers["content-encoding"], headers.vary]).toEqual([coding === "none" ? undefined : coding, "Accept-Encoding"]);
      expect(headers["content-length"]).toBe(hasLength ? `${bytes.length}` : undefined);
      expect(`${unpacked[coding]!(bytes)}`).toBe(numbers(Number(path.split("/")[2])));
    },
  );

  test.each(["/json/20000", "/json/200000", "/pieces/200000"])("is what curl and fetch read: %s", async (path) => {
    const url = `http://127.0.0.1:${gateway.port}${path}`;
    const { stdout } = await promisify(execFile)(await component("curl"), ["-sS", "--compressed", "-D", "-", url], {
      maxBuffer: 2 ** 22,
    });
    const [head = "", body] = stdout.split("\r\n\r\n");
    expect(head).toMatch(/^content-encoding: (gzip|br)\r?$/im);
    const fetched = await fetch(url);
    expect(fetched.headers.get("content-encoding")).toMatch(/gzip|br/);
    const whole = numbers(Number(path.split("/")[2]));
    expect([body === whole, (await fetched.text()) === whole]).toEqual([true, true]);
  });

  test("reaches clients of HTTP/2", async () => {
    const session = connectHttp2(`http://127.0.0.1:${gateway.port}`);
    const stream = session.request({ ":path": "/pieces/300000", "accept-encoding": "gzip" });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => stream.on("end", resolve));
    session.destroy();
    expect(`${gunzipSync(Buffer.concat(chunks))}`).toBe(numbers(300_000));
  });

  test("was validated before", async () => {
    const good = await ask("/checked/2000", "gzip");
    expect([good.status, `${gunzipSync(good.bytes)}`]).toEqual([200, numbers(2_000)]);
    const wrong = await ask("/checked/1", "gzip");
    expect([wrong.status, wrong.headers["content-encoding"], wrong.headers["content-type"]]).toEqual([
      502,
      undefined,
      "application/problem+json",
    ]);
  });

  test("is none where the service has compressed it", async () => {
    const { headers, bytes } = await ask("/packed/2000", "gzip, br");
    expect([headers["content-encoding"], `${gunzipSync(bytes)}`]).toEqual(["gzip", numbers(2_000)]);
  });

  test.each(["/halves/40000", "/json/200000", "/pieces/40000"])(
    "is none where memory is short: %s passes as it came",
    async (path) => {
      const { status, headers, bytes } = await ask(path, "gzip", narrow.port);
      expect([status, headers["content-encoding"]]).toEqual([200, undefined]);
      expect(`${bytes}` === numbers(Number(path.split("/")[2]))).toBe(true);
      // What was taken of it is given back.
      expect((await ask("/json/200", "gzip", narrow.port)).headers["content-encoding"]).toBe("gzip");
    },
  );

  test("keeps its validator through the client and back (traffic row 61)", async () => {
    asked = [];
    const { etag } = (await ask("/json/200", "gzip")).headers;
    expect(etag).toBe('W/"v1"');
    await ask("/json/200", "gzip", gateway.port, { "if-none-match": etag });
    expect(asked[1]!.headers["if-none-match"]).toBe('W/"v1", "v1"');
  });
});

const flushes: Readonly<Record<string, number>> = {
  gzip: constants.Z_SYNC_FLUSH,
  br: constants.BROTLI_OPERATION_FLUSH,
  // ZSTD_e_flush
  zstd: 1,
};

test.each(["gzip", "br", ...(hasZstd ? ["zstd"] : [])])(
  "each event of a stream in %s can be decoded when it was sent (traffic row 60)",
  async (coding) => {
    let coded = Buffer.alloc(0);
    const headers = { "accept-encoding": coding };
    const incoming = await new Promise<IncomingMessage>((resolve) =>
      request({ port: gateway.port, host: "127.0.0.1", path: "/events", headers }, resolve).end(),
    );
    const stream = events.pop()!;
    incoming.on("data", (chunk: Buffer) => (coded = Buffer.concat([coded, chunk])));
    expect(incoming.headers["content-encoding"]).toBe(coding);
    const read = (): string => (coded.length === 0 ? "" : `${unpacked[coding]!(coded, { finishFlush: flushes[coding]! })}`);
    let sent = "";
    for (let id = 0; id < 5; id++) {
      const event = `id: ${id}\ndata: {"n":${id}}\n\n`;
      sent += event;
      stream.write(event);
      // The next is sent only when this one was read: a gateway that kept anything back would wait for ever.
      await expect.poll(read, { interval: 2 }).toBe(sent);
    }
    stream.end();
    await new Promise((resolve) => incoming.on("end", resolve));
    expect(`${unpacked[coding]!(coded)}`).toBe(sent);
  },
);

test("clients that leave in the middle of a stream leave no memory behind, and the next is served", async () => {
  const leave = async (): Promise<void> => {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ port: gateway.port, host: "127.0.0.1", path: "/events", headers: { "accept-encoding": "br" } }, resolve)
        .on("error", reject)
        .end(),
    );
    const stream = events.pop()!;
    stream.write("data: 1\n\n");
    await new Promise((resolve) => incoming.once("data", resolve));
    expect(incoming.headers["content-encoding"]).toBe("br");
    const left = new Promise((resolve) => stream.on("close", resolve));
    incoming.on("error", () => {}).destroy();
    await left;
  };
  // Of 8 MiB for bodies each takes one: the ninth would pass uncompressed if it were not given back.
  for (let round = 0; round < 12; round++) await leave();
  const { headers, bytes } = await ask("/pieces/1000000", "br");
  expect([headers["content-encoding"], `${brotliDecompressSync(bytes)}` === numbers(1_000_000)]).toEqual(["br", true]);
});
