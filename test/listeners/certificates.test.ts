import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
import { startParty } from "../harness/party.ts";
import type { Program } from "../harness/program.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let authority: Authority;

beforeAll(async () => {
  upstream = await echoUpstream({});
  authority = await makeAuthority();
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

const issue = (): Certified => authority.issue("shop", ["DNS:shop.example.com"]);

/** The folder of a pair, and the part of `gateway.yaml` that names it. */
function pair(name: string, { certificate, key }: Certified) {
  const folder = join(workshop.folder, name);
  mkdirSync(folder);
  const files = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key);
  const listeners = `{ public: { host: 127.0.0.1, port: 0, tls: { certificates: [{ certificate: { file: ${files.certificate} }, key: { file: ${files.key} } }] } }, admin: { port: 0 } }`;
  return { ...files, listeners };
}

/** Puts a text into the place of a file, as those do who replace certificates. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** The certificate that a listener shows; rejects where the handshake fails. */
const shownBy = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", servername: "shop.example.com", ca: authority.certificate }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });

const linesIn = (program: Program, event: string): number => program.output.split(`"message":"${event}"`).length - 1;

describe("a certificate that is replaced while the gateway runs", () => {
  test.each(["key", "certificate"] as const)(
    "its %s first and the other 200 ms later: no handshake fails, and each worker takes the pair over once",
    async (first) => {
      const [old, fresh] = [issue(), issue()];
      const files = pair(`first-${first}`, old);
      const out = await workshop.build(files.listeners);
      const { program, port } = await workshop.startWorkers(out, upstream.url);
      const before = await shownBy(port!);
      const seen: string[] = [];
      let isOver = false;
      const handshakes = (async () => {
        while (!isOver) seen.push(await shownBy(port!));
      })();
      const second = first === "key" ? "certificate" : "key";
      replace(files[first], fresh[first]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      replace(files[second], fresh[second]);
      // Both workers.
      await vi.waitFor(() => expect(linesIn(program, "files replaced")).toBe(2), { timeout: 30_000, interval: 50 });
      isOver = true;
      await handshakes;
      const after = await shownBy(port!);
      expect(after).not.toBe(before);
      expect(new Set(seen)).toEqual(new Set(seen.includes(after) ? [before, after] : [before]));
      expect([linesIn(program, "files replaced"), linesIn(program, "files cannot be used")]).toEqual([2, 0]);
    },
  );

  test("one that does not fit stays out, and why is said", async () => {
    const files = pair("misfit", issue());
    const { program, port } = await workshop.startWorkers(await workshop.build(files.listeners), upstream.url);
    const before = await shownBy(port!);
    replace(files.key, issue().key);
    await vi.waitFor(() => expect(linesIn(program, "files cannot be used")).toBe(2), { timeout: 30_000, interval: 50 });
    expect(program.output).toContain(`does not fit the certificate in file ${files.certificate}`);
    expect(program.output).toContain("what was there before stays in force");
    expect(await shownBy(port!)).toBe(before);
  });

  test("how many days are left is a metric", async () => {
    const files = pair("expiry", issue());
    const out = await workshop.build(files.listeners, ", metrics: {}");
    const gateway = await workshop.start(out, upstream.url);
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    const sample = new RegExp(
      `^gatewright_certificate_expiry_days\\{certificate="gateway\\.yaml:3 file ${files.certificate}"\\} (-?[\\d.]+)$`,
      "m",
    );
    const [, days] = sample.exec(await metrics())!;
    // The clock of the process stands at 2026-12-01.
    const { X509Certificate } = await import("node:crypto");
    const { readFileSync } = await import("node:fs");
    const { validTo } = new X509Certificate(readFileSync(files.certificate));
    expect(Number(days)).toBeCloseTo((Date.parse(validTo) - Date.UTC(2026, 11, 1)) / 86_400_000, 2);
  });
});

test("a service is asked with the certificate and the authority that are there by then", async () => {
  const [old, fresh] = [authority.issue("party", ["DNS:localhost"]), await makeAuthority("the next one")];
  const party = await startParty(old);
  party.on("/", { body: "well" });
  const folder = join(workshop.folder, "service");
  mkdirSync(folder);
  writeFileSync(join(folder, "ca.pem"), authority.certificate);
  const out = await workshop.build(
    "{ public: { host: 127.0.0.1, port: 0 } }",
    "",
    `, tls: { ca: { file: ${join(folder, "ca.pem")} } }, connections: { idle: 1ms }`,
  );
  const { program, port } = await workshop.startWorkers(out, party.origin);
  const status = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;
  expect(await status()).toBe(200);
  // Its authority changes on its side first: until ours follows, nobody is trusted.
  party.certify(fresh.issue("party", ["DNS:localhost"]));
  await party.leave();
  await party.comeBack();
  await vi.waitFor(async () => expect(await status()).toBe(502), { timeout: 20_000, interval: 50 });
  copyFileSync(join(folder, "ca.pem"), join(folder, "old.pem"));
  replace(join(folder, "ca.pem"), `${authority.certificate}${fresh.certificate}`);
  await vi.waitFor(() => expect(linesIn(program, "files replaced")).toBe(2), { timeout: 30_000, interval: 50 });
  for (let count = 0; count < 10; count++) expect(await status()).toBe(200);
});
