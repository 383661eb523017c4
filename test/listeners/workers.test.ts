import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../harness/program.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let program: Program;
let port: number;

beforeAll(async () => {
  upstream = await echoUpstream();
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  const started = await workshop.startWorkers(
    await workshop.build(
      `{ public: { host: 127.0.0.1, port: "\${env:PORT}", trustedProxies: [192.0.2.0/24], proxyProtocol: { from: [127.0.0.2] }, tls: { certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] } } }`,
    ),
    upstream.url,
  );
  program = started.program;
  port = started.port!;
}, 60_000);

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

test("several workers speak TLS, both versions of HTTP, and read the PROXY protocol", async () => {
  const url = `https://127.0.0.1:${port}/`;
  for (let turn = 0; turn < 2; turn++) {
    expect(await curl("--http2", url)).toMatchObject({ status: 200, version: "2" });
    expect(await curl("--http1.1", url)).toMatchObject({ status: 200, version: "1.1" });
    expect(await curl("--interface", "127.0.0.2", "--haproxy-protocol", url)).toMatchObject({ status: 200 });
  }
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s that one worker began is resumed by each", async (maxVersion) => {
  const visit = async (session?: Buffer): Promise<{ readonly isReused: boolean; readonly session: Buffer }> => {
    const client = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion, session });
    let last = session;
    client.on("session", (one) => (last = one));
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client.resume();
    await once(client, "secureConnect");
    const isReused = client.isSessionReused();
    await once(client, "end");
    client.destroy();
    return { isReused, session: last! };
  };
  const first = await visit();
  expect(first.isReused).toBe(false);
  // Connections are dealt out in turn: both workers get some.
  for (let turn = 0; turn < 4; turn++) expect((await visit(first.session)).isReused).toBe(true);
});

test("SIGTERM ends all of them", async () => {
  expect((await program.stop("SIGTERM")).code).toBe(0);
});
