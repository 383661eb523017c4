import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { component } from "../harness/component.ts";
import type { Program } from "../harness/program.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let program: Program;
let port: number;

/** Two workers that speak TLS, and read the PROXY protocol. */
const start = async (tls: string): Promise<{ readonly program: Program; readonly port: number }> => {
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  const out = await workshop.build(
    `{ public: { host: 127.0.0.1, port: "\${env:PORT}", trustedProxies: [192.0.2.0/24], proxyProtocol: { from: [127.0.0.2] }, tls: { ${tls}certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] } } }`,
  );
  const started = await workshop.startWorkers(out, upstream.url);
  return { program: started.program, port: started.port! };
};

beforeAll(async () => {
  upstream = await echoUpstream();
  ({ program, port } = await start(""));
});

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

interface Visit {
  readonly isReused: boolean;
  readonly session: Buffer | undefined;
  /** Begin of the ticket: the name of its key (RFC 5077 §4). */
  readonly keyName: string | undefined;
}

async function visit(maxVersion: "TLSv1.2" | "TLSv1.3", session?: Buffer, at = port): Promise<Visit> {
  const client = connect({ port: at, host: "127.0.0.1", rejectUnauthorized: false, maxVersion, session });
  let last: Buffer | undefined;
  client.on("session", (one) => (last = one));
  client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client.resume();
  await once(client, "secureConnect");
  const isReused = client.isSessionReused();
  await once(client, "end");
  const keyName = client.getTLSTicket()?.subarray(0, 16).toString("hex");
  client.destroy();
  return { isReused, session: last, keyName };
}

test.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s that one worker began is resumed by each", async (maxVersion) => {
  const first = await visit(maxVersion);
  expect(first.isReused).toBe(false);
  // Connections are dealt out in turn: both workers get some.
  for (let turn = 0; turn < 4; turn++) expect((await visit(maxVersion, first.session)).isReused).toBe(true);
});

test("openssl s_client resumes its session on new connections, which come to both workers", async () => {
  const openssl = await component("openssl");
  const file = join(workshop.folder, "session");
  const ask = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const all = ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...args];
      execFile(openssl, all, (_error, stdout) => resolve(stdout)).stdin!.end(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      );
    });
  expect(await ask("-sess_out", file)).toMatch(/^New, TLSv1\.3/m);
  for (let turn = 0; turn < 4; turn++) expect(await ask("-sess_in", file)).toMatch(/^Reused, TLSv1\.3/m);
});

test("the keys of tickets are replaced, each is taken for one more interval, and then no more", {
  timeout: 120_000,
}, async () => {
  const rotating = await start("ticketRotation: 8s, ");
  const come = (session?: Buffer): Promise<Visit> => visit("TLSv1.3", session, rotating.port);
  const untilOtherKey = async (than: string | undefined): Promise<Visit> => {
    for (;;) {
      const one = await come();
      if (one.keyName !== than) return one;
    }
  };
  const old = await untilOtherKey((await come()).keyName);
  const fresh = await untilOtherKey(old.keyName);
  // Now is the begin of an interval.
  const second = await Promise.all([1, 2, 3, 4].map(() => come(old.session)));
  expect(second.map(({ isReused }) => isReused)).toEqual([true, true, true, true]);
  // Whoever comes with an old ticket is given one of the new key, whichever worker it meets.
  expect(new Set(second.map(({ keyName }) => keyName))).toEqual(new Set([fresh.keyName]));
  await untilOtherKey(fresh.keyName);
  for (let turn = 0; turn < 4; turn++) expect((await come(old.session)).isReused).toBe(false);
  await rotating.program.stop("SIGTERM");
});

test("no process has the keys in its environment, where whoever may look at /proc would find them", () => {
  const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, "utf8").trim().split(" ");
  expect(children.length).toBe(2);
  for (const pid of [String(program.pid), ...children]) {
    const names = readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .map((line) => line.split("=", 1)[0]!)
      .filter((name) => name !== "" && !(name in process.env));
    // Positive control: what the primary tells its workers that way is seen.
    const own =
      pid === String(program.pid)
        ? []
        : ["GATEWRIGHT_ADMIN_IN_PRIMARY", "GATEWRIGHT_SEAT", "GATEWRIGHT_WORKER", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID"];
    const given = Object.keys(sampleEnvironment([""]));
    expect(
      names
        .filter((name) => !given.includes(name) && name !== "NO_COLOR" && name !== "NODE_CHANNEL_SERIALIZATION_MODE")
        .toSorted(),
    ).toEqual(own);
  }
});

test("SIGTERM ends all of them", async () => {
  expect((await program.stop("SIGTERM")).code).toBe(0);
});
