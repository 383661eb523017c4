import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../harness/component.ts";
import { Pki } from "../harness/pki.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let clients: Pki;
let others: Pki;
let client: Pki;
let certificates: string;
const file = (name: string, text: string): string => {
  const path = join(workshop.folder, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(async () => {
  upstream = await echoUpstream({});
  const server = await Pki.root({ subject: "CN=server", isAuthority: false });
  clients = await Pki.root({ subject: "CN=clients" });
  others = await Pki.root({ subject: "CN=others" });
  client = await clients.issue({ subject: "CN=client" });
  file("client.pem", client.certificate);
  file("client.key", client.key);
  certificates = `certificates: [{ certificate: { file: ${file("server.pem", server.certificate)} }, key: { file: ${file("server.key", server.key)} } }]`;
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

/** Only workers that one primary starts share their keys, also after it has taken another build over. */
async function takeOver(before: string, after: string) {
  const listeners = (more: string): string => `{ public: { host: 127.0.0.1, port: 0, tls: { ${certificates}${more} } } }`;
  const [old, fresh] = [await workshop.build(listeners(before)), await workshop.build(listeners(after))];
  const { program, port } = await workshop.startWorkers(old, upstream.url);
  return {
    port: port!,
    async reload(): Promise<void> {
      copyFileSync(join(fresh, "gateway.mjs"), join(old, "gateway.mjs"));
      process.kill(program.pid, "SIGHUP");
      await program.until(/2 new workers serve/, "stderr");
    },
  };
}

/** A request with `openssl s_client`. */
async function ask(port: number, args: readonly string[]) {
  const openssl = await component("openssl");
  const child = spawn(openssl, ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...args], { cwd: workshop.folder });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  child.stdin.on("error", () => {});
  child.stdin.end("GET / HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
  await once(child, "close");
  return { isResumed: /^Reused, /m.test(text), status: /HTTP\/1\.1 (\d+)/.exec(text)?.[1] };
}

const trust = (name: string, authority: Pki, mode: string): string =>
  `, clientCertificates: { ca: { file: ${file(name, authority.certificate)} }, mode: ${mode} }`;
const withClient = ["-cert", "client.pem", "-key", "client.key"];

describe.each(["-tls1_2", "-tls1_3"])("tickets (openssl s_client %s)", (version) => {
  const save = [version, "-sess_out", `session${version}`];
  const use = [version, "-sess_in", `session${version}`];

  test("of before certificates were asked for let nobody in who has none", async () => {
    const gateway = await takeOver("", trust("clients.pem", clients, "require"));
    expect(await ask(gateway.port, save)).toEqual({ isResumed: false, status: "200" });
    expect(existsSync(join(workshop.folder, `session${version}`))).toBe(true);
    // The control: without another trust they are resumed, by whichever worker.
    expect(await ask(gateway.port, use)).toEqual({ isResumed: true, status: "200" });
    await gateway.reload();
    expect(await ask(gateway.port, use)).toEqual({ isResumed: false, status: undefined });
    expect(await ask(gateway.port, [...use, ...withClient])).toEqual({ isResumed: false, status: "200" });
  });

  test("of before other authorities were trusted are of no use", async () => {
    const gateway = await takeOver(trust("clients.pem", clients, "require"), trust("others.pem", others, "require"));
    expect(await ask(gateway.port, [...save, ...withClient])).toEqual({ isResumed: false, status: "200" });
    expect(await ask(gateway.port, [...use, ...withClient])).toEqual({ isResumed: true, status: "200" });
    await gateway.reload();
    expect(await ask(gateway.port, [...use, ...withClient])).toEqual({ isResumed: false, status: undefined });
  });

  test("made where certificates are asked for are of no use where they are not", async () => {
    const gateway = await takeOver(trust("clients.pem", clients, "request"), "");
    expect(await ask(gateway.port, [...save, ...withClient])).toEqual({ isResumed: false, status: "200" });
    await gateway.reload();
    expect(await ask(gateway.port, use)).toEqual({ isResumed: false, status: "200" });
  });

  test("of a listener that lets in who has none do not count where one is required", async () => {
    const gateway = await takeOver(trust("clients.pem", clients, "request"), trust("clients.pem", clients, "require"));
    expect(await ask(gateway.port, save)).toEqual({ isResumed: false, status: "200" });
    expect(await ask(gateway.port, use)).toEqual({ isResumed: true, status: "200" });
    await gateway.reload();
    expect(await ask(gateway.port, use)).toEqual({ isResumed: false, status: undefined });
  });
});
