import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { makeCertificate } from "../listeners/support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "../listeners/support/echo-upstream.ts";
import { curl, Workshop } from "../listeners/support/gateway.ts";

/**
 * A Node that lacks what the gateway uses without its being documented is noticed when the gateway starts: each module in
 * `other-nodes/` makes one of the Node that runs the tests.
 */
const without = (change: string): string => join(repository, "test/faults/other-nodes", `${change}.mjs`);

const workshop = new Workshop();
/** Larger than any buffer. */
const content = randomBytes(3_000_000).toString("base64");
const file = join(workshop.folder, "content");
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
let upstream: EchoUpstream;
let tls: string;

beforeAll(async () => {
  writeFileSync(file, content);
  upstream = await echoUpstream({ "/back": (request, response) => void request.pipe(response) });
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  tls = `tls: { certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] }`;
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

const open = 'host: 127.0.0.1, port: "${env:PORT}"';
const environment = () => sampleEnvironment([upstream.url]);
const start = (out: string, change: string) => startGateway(out, environment(), { imports: [without(change)] });

describe.each([
  ["no-handles-for-sockets", "http", () => `{ public: { ${open} } }`, ["--http1.1"]],
  ["no-handles-for-sockets", "http", () => `{ public: { ${open}, http2: true } }`, ["--http1.1"]],
  ["no-handles-for-sockets", "http", () => `{ public: { ${open}, http2: true } }`, ["--http2-prior-knowledge"]],
  ["no-onread-for-tls", "https", () => `{ public: { ${open}, ${tls} } }`, ["--http1.1"]],
  ["no-onread-for-tls", "https", () => `{ public: { ${open}, ${tls} } }`, ["--http2"]],
  [
    "no-onread-for-tls",
    "https",
    () => `{ public: { ${open}, ${tls}, proxyProtocol: { from: [127.0.0.1] } } }`,
    ["--http1.1", "--haproxy-protocol"],
  ],
])("on a Node with %s", (change, scheme, listeners, args) => {
  test(`the gateway reads in the documented way: ${scheme} ${args.join(" ")}`, async () => {
    const gateway = await start(await workshop.build(listeners()), change);
    const url = `${scheme}://127.0.0.1:${gateway.port}/back`;
    try {
      const answer = await curl(...args, "--data-binary", `@${file}`, url);
      expect([answer.exitCode, answer.status, digest(answer.body)]).toEqual([0, 200, digest(content)]);
    } finally {
      await gateway.stop();
    }
  });
});

test.each([
  ["writes-not-counted", {}, "its streams do not say how much of a write is left"],
  ["no-peer-names", {}, "its sockets do not say whether an answer that ends with its connection was cut off"],
  ["no-raw-fields", { http2: true }, "its HTTP/2 connections do not give fields as they came"],
  ["resets-like-ends", { http2: true }, "or do not tell a whole answer from one that was reset"],
])(
  "on a Node with %s the start is refused, with the releases that will do",
  async (change, { http2 }: { http2?: boolean }, text) => {
    const out = await workshop.build(`{ public: { ${open}${http2 === true ? ", http2: true" : ""} } }`);
    // Positive control: what changes nothing starts.
    await (await startGateway(out, environment())).stop();
    await expect(start(out, change)).rejects.toThrow(
      new RegExp(
        `exited with 78:\\n(?:.*\\n)?gatewright: this is Node ${process.versions.node}, and .*${text}.*Node 20 \\(from 20\\.19 on\\), 22, 24 or 26\\.`,
      ),
    );
  },
);

test("a gateway that speaks HTTP/2 with services only looks at it as well", async () => {
  const out = await workshop.build(`{ public: { ${open} } }`, "", ", protocol: http2");
  await expect(start(out, "no-raw-fields")).rejects.toThrow(/its HTTP\/2 connections do not give fields as they came/);
});

test("a gateway without HTTP/2 does not", async () => {
  const gateway = await start(await workshop.build(`{ public: { ${open} } }`), "no-raw-fields");
  expect((await curl(`http://127.0.0.1:${gateway.port}/orders`)).status).toBe(200);
  await gateway.stop();
});

test("on a Node with one-ticket-key sessions are resumed, and begin anew with the next key", async () => {
  const rotating = tls.replace("tls: {", "tls: { ticketRotation: 3s,");
  const gateway = await start(await workshop.build(`{ public: { ${open}, ${rotating} } }`), "one-ticket-key");
  const visit = async (session?: Buffer): Promise<{ readonly isReused: boolean; readonly session: Buffer | undefined }> => {
    const client = connect({ port: gateway.port, host: "127.0.0.1", rejectUnauthorized: false, session });
    let last: Buffer | undefined;
    client.on("session", (one) => (last = one));
    client.end("GET /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client.resume();
    await once(client, "secureConnect");
    const isReused = client.isSessionReused();
    await once(client, "close");
    return { isReused, session: last };
  };
  const resumed = async (): Promise<boolean> => (await visit((await visit()).session)).isReused;
  // An interval may end between the two.
  await expect.poll(resumed, { timeout: 20_000 }).toBe(true);
  const { session } = await visit();
  await expect.poll(async () => (await visit(session)).isReused, { timeout: 20_000 }).toBe(false);
  await expect.poll(resumed, { timeout: 20_000 }).toBe(true);
  await gateway.stop();
});

test("on a Node with no-zlib-engines answers are compressed by what is documented, and as they come only by gzip", async () => {
  const listing = JSON.stringify(Array.from({ length: 900 }, (_, at) => ({ id: at, name: `customer ${at}` })));
  const service = await echoUpstream({
    "/whole": (_request, response) =>
      void response.writeHead(200, { "content-type": "application/json", "content-length": listing.length }).end(listing),
    "/pieces": (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end(listing),
  });
  const out = await workshop.build(`{ public: { ${open} } }`, ", compress: { codings: [br, gzip, zstd] }");
  const gateway = await startGateway(out, sampleEnvironment([service.url]), { imports: [without("no-zlib-engines")] });
  const seen: unknown[] = [];
  for (const [path, accepted] of [
    ["whole", "gzip"],
    ["whole", "br"],
    ["whole", "zstd"],
    ["pieces", "br, gzip;q=0.5"],
    ["pieces", "br"],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/${path}`, { headers: { "accept-encoding": accepted } });
    seen.push([path, accepted, answer.headers.get("content-encoding"), (await answer.text()) === listing]);
  }
  await gateway.stop();
  await service.close();
  expect(seen).toEqual([
    ["whole", "gzip", "gzip", true],
    ["whole", "br", "br", true],
    ["whole", "zstd", null, true],
    ["pieces", "br, gzip;q=0.5", "gzip", true],
    ["pieces", "br", null, true],
  ]);
});
