import { request as httpsRequest } from "node:https";
import { beforeAll, describe, expect, test } from "vitest";
import { type CertificateRule, createAdminAccess } from "../../runtime/admin/access.ts";
import { createAdminTls } from "../../runtime/admin/tls.ts";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
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
