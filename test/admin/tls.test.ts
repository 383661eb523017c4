import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type CertificateRule, createAdminAccess } from "../../runtime/admin/access.ts";
import { createAdminTls } from "../../runtime/admin/tls.ts";
import { createPemFiles } from "../../runtime/files/pem-files.ts";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { using } from "../runtime/support/gateway.ts";
import { administered, key, logLines, secret } from "./support.ts";

let authority: Authority;
let stranger: Authority;
let own: Certified;

beforeAll(async () => {
  authority = await makeAuthority();
  stranger = await makeAuthority("another authority");
  own = authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
});

const secured = (rules: readonly CertificateRule[], withCa = true) => {
  const built = administered(undefined);
  const secure = createAdminTls({
    certificate: secret(own.certificate),
    key: secret(own.key),
    ...(withCa ? { clientCa: secret(authority.certificate), clientCaFrom: "file ca.pem" } : {}),
    at: "gateway.yaml:5",
    certificateFrom: "file admin.pem",
    keyFrom: "file admin.key",
  });
  const keys = [{ name: "operator", key: secret(key) }];
  const access = createAdminAccess({ reads: "credentials", keys, certificates: rules });
  return { ...built, listeners: { ...built.listeners, admin: { ...built.listeners.admin!, access, secure } } };
};

/** Status of a write, and who the log says it was. */
async function write(
  client: Certified | undefined,
  rules: readonly CertificateRule[],
  fields: Readonly<Record<string, string>> = {},
) {
  const lines = logLines();
  let status: number | undefined;
  await using(secured(rules), async ({ adminPort }) => {
    status = await new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          port: adminPort,
          host: "127.0.0.1",
          method: "DELETE",
          path: "/things/a",
          ca: authority.certificate,
          agent: false,
          headers: fields,
          ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject).end();
    });
  });
  return [status, lines.map((line) => (JSON.parse(line) as { who?: string }).who).find((who) => who !== undefined)];
}

const dns: readonly CertificateRule[] = [{ name: "deploy", dns: "deploy.internal" }];

describe("a client certificate", () => {
  test.each<[string, readonly string[], readonly CertificateRule[], readonly unknown[]]>([
    ["with the DNS name", ["DNS:other.internal", "DNS:deploy.internal"], dns, [200, "deploy"]],
    [
      "with the URI",
      ["URI:spiffe://example.com/deploy"],
      [{ name: "spiffe", uri: "spiffe://example.com/deploy" }],
      [200, "spiffe"],
    ],
    ["with the common name", [], [{ name: "named", commonName: "client" }], [200, "named"]],
    [
      "with one of two that are asked for",
      ["DNS:deploy.internal"],
      [{ name: "both", dns: "deploy.internal", commonName: "x" }],
      [401, undefined],
    ],
    ["with another name", ["DNS:deploy.internal.example.com"], dns, [401, undefined]],
    ["whose name begins like it", ["DNS:deploy.internals"], dns, [401, undefined]],
    ["with it as the common name only", [], [{ name: "deploy", dns: "client" }], [401, undefined]],
    ["with it as a URI only", ["URI:deploy.internal"], dns, [401, undefined]],
  ])("%s", async (_what, names, rules, expected) => {
    expect(await write(authority.issue("client", names), rules)).toEqual(expected);
  });

  test("of another authority is no credential", async () => {
    expect(await write(stranger.issue("client", ["DNS:deploy.internal"]), dns)).toEqual([401, undefined]);
  });

  test("is needed where no key is sent", async () => {
    expect(await write(undefined, dns)).toEqual([401, undefined]);
    expect(await write(undefined, dns, { authorization: `Bearer ${key}` })).toEqual([200, "operator"]);
  });

  test("does not make up for a wrong key", async () => {
    expect(await write(authority.issue("client", ["DNS:deploy.internal"]), dns, { authorization: "Bearer wrong" })).toEqual([
      401,
      undefined,
    ]);
  });

  test("says nothing where a browser sends it for a page", async () => {
    const client = authority.issue("client", ["DNS:deploy.internal"]);
    expect(await write(client, dns, { origin: "https://localhost", "sec-fetch-site": "same-origin" })).toEqual([403, undefined]);
  });
});

test("a gateway refuses to start with a key of another certificate, or an authority that is none", () => {
  const other = authority.issue("other");
  const config = {
    certificate: secret(own.certificate),
    key: secret(other.key),
    at: "gateway.yaml:5",
    certificateFrom: "file a.pem",
    keyFrom: "file a.key",
  };
  expect(() => createAdminTls(config)).toThrow(
    /^gateway\.yaml:5 {2}the private key in file a\.key does not fit the certificate in file a\.pem/,
  );
  expect(() =>
    createAdminTls({ ...config, key: secret(own.key), clientCa: secret("nothing"), clientCaFrom: "file ca.pem" }),
  ).toThrow(/^gateway\.yaml:5 {2}file ca\.pem holds no certificate in PEM form/);
});

test("what is in files is followed: the certificate, and who may vouch for clients", async () => {
  const folder = temporaryFolder({ "tls.crt": own.certificate, "tls.key": own.key, "ca.pem": authority.certificate });
  const path = (name: string): string => join(folder, name);
  const [at, certificateFrom, keyFrom] = ["gateway.yaml:5", `file ${path("tls.crt")}`, `file ${path("tls.key")}`];
  const secure = createAdminTls({
    certificate: secret(own.certificate),
    key: secret(own.key),
    clientCa: secret(authority.certificate),
    clientCaFrom: "file ca.pem",
    files: createPemFiles({ certificate: path("tls.crt"), key: path("tls.key"), ca: path("ca.pem") }),
    at,
    certificateFrom,
    keyFrom,
  });
  const built = administered(undefined);
  const access = createAdminAccess({ reads: "credentials", keys: [], certificates: dns });
  const gateway = { ...built, listeners: { ...built.listeners, admin: { ...built.listeners.admin!, access, secure } } };
  const fresh = authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
  await using(gateway, async ({ adminPort }) => {
    /** The certificate that it shows, and the status of a read by a client of that authority. */
    const ask = (vouching: Authority) =>
      new Promise<readonly [string, number | undefined]>((resolve, reject) => {
        const client = vouching.issue("client", ["DNS:deploy.internal"]);
        const request = httpsRequest(
          {
            port: adminPort,
            host: "127.0.0.1",
            path: "/status",
            ca: authority.certificate,
            agent: false,
            cert: client.certificate,
            key: client.key,
          },
          (response) => {
            const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
            response.resume();
            resolve([fingerprint256, response.statusCode]);
          },
        );
        request.on("error", reject).end();
      });
    const fingerprintOf = ({ certificate }: Certified): string => new X509Certificate(certificate).fingerprint256;
    expect(await ask(authority)).toEqual([fingerprintOf(own), 200]);
    expect(await ask(stranger)).toEqual([fingerprintOf(own), 401]);
    // A key without its certificate is waited with.
    for (const [name, text] of [
      ["tls.key", fresh.key],
      ["tls.crt", fresh.certificate],
      ["ca.pem", stranger.certificate],
    ] as const)
      writeFileSync(path(name), text);
    await vi.waitFor(async () => expect(await ask(stranger)).toEqual([fingerprintOf(fresh), 200]), {
      timeout: 30_000,
      interval: 100,
    });
    expect(await ask(authority)).toEqual([fingerprintOf(fresh), 401]);
  });
});
