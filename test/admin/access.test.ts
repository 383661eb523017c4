import type { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAdminAccess } from "../../runtime/admin/access.ts";
import { logging } from "../../runtime/log/level.ts";
import { using } from "../runtime/support/gateway.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { administered, asking, bearer, json, key, logLines, secret, withKey } from "./support.ts";

const toError = '{"level":"error"}';
const detailOf = (body: string): string => (JSON.parse(body) as { detail: string }).detail;

describe("a write", () => {
  test("with a key is done, and leaves a line that says who, what and from where, whatever the level is", async () => {
    const lines = logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const answer = await asking(adminPort!, "PUT /log-level", [bearer, json], toError);
      expect([answer.status, answer.body]).toEqual([200, '{"level":"error"}\n']);
      expect(logging.level).toBe("error");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        {
          time: expect.any(String) as string,
          level: "info",
          message: "admin change",
          who: "operator",
          operation: "setLogLevel",
          method: "PUT",
          path: "/log-level",
          from: expect.stringMatching(/^127\.0\.0\.1 port \d+$/) as string,
          body: toError,
          status: 200,
        },
      ]);
      expect(lines.join("")).not.toContain(key);
    });
  });

  test("without credentials in gateway.yaml is refused for everybody, with the option to write", async () => {
    logLines();
    await using(administered(undefined), async ({ adminPort }) => {
      for (const fields of [[json], [bearer, json]]) {
        const answer = await asking(adminPort!, "PUT /log-level", fields, toError);
        expect(answer.status).toBe(403);
        expect(detailOf(answer.body)).toContain("`listeners.admin.credentials: { operator: { key: { env: ADMIN_KEY } } }`");
      }
      expect(logging.level).toBe("info");
    });
  });

  test.each([
    ["no credential", [], ""],
    ["another key", ["Authorization: Bearer operator-key-0123456780"], ', error="invalid_token"'],
    ["a part of the key", [`Authorization: Bearer ${key.slice(0, -1)}`], ', error="invalid_token"'],
    ["the key and more", [`Authorization: Bearer ${key}x`], ', error="invalid_token"'],
    ["an empty key", ["Authorization: Bearer "], ', error="invalid_token"'],
    [
      "the key in Basic",
      [`Authorization: Basic ${Buffer.from(`operator:${key}`).toString("base64")}`],
      ', error="invalid_token"',
    ],
    ["the key twice", [bearer, bearer], ', error="invalid_token"'],
    ["two keys in one field", [`Authorization: Bearer ${key}, Bearer ${key}`], ', error="invalid_token"'],
    ["a key of 8 KiB", [`Authorization: Bearer ${"k".repeat(8192)}`], ', error="invalid_token"'],
    ["the key in a cookie", [`Cookie: Authorization=Bearer ${key}`], ""],
  ])("with %s is refused with a challenge (RFC 6750 §3), and a line says so", async (_what, fields, error) => {
    const lines = logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const answer = await asking(adminPort!, "PUT /log-level", [...fields, json], toError);
      expect([answer.status, answer.field("www-authenticate")]).toEqual([401, `Bearer realm="admin"${error}`]);
      expect(logging.level).toBe("info");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { level: "warning", message: "an admin request was refused", operation: "setLogLevel", status: 401 },
      ]);
      expect(lines.join("")).not.toContain("operator-key");
    });
  });

  test("the key in the query is no credential", async () => {
    logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const answer = await asking(adminPort!, `PUT /log-level?access_token=${key}`, [json], toError);
      expect(answer.status).toBe(401);
    });
  });

  test.each([
    ["Origin", "Origin: http://localhost"],
    ["Origin of nowhere", "Origin: null"],
    ["Sec-Fetch-Site", "Sec-Fetch-Site: cross-site"],
    ["Sec-Fetch-Site of the same site", "Sec-Fetch-Site: same-site"],
  ])("of a page in a browser is refused, even with a credential (%s)", async (_what, field) => {
    logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const answer = await asking(adminPort!, "PUT /log-level", [bearer, json, field], toError);
      expect(answer.status).toBe(403);
      expect(logging.level).toBe("info");
    });
  });

  test("for another host is refused before anything else (DNS rebinding)", async () => {
    logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const { status } = await asking(adminPort!, "PUT http://attacker.example/log-level", [bearer, json], toError);
      // The target's own host goes before Host (RFC 9112 §3.2.2), and is no path that there is.
      expect(status).toBe(404);
    });
  });

  test.each([
    ["text/plain", "415"],
    ["application/x-www-form-urlencoded", "415"],
    ["multipart/form-data; boundary=x", "415"],
    ["", "415"],
    ["application/json; charset=utf-8", "200"],
  ])("needs JSON, which no form of a page can send: `%s` is %s", async (type, status) => {
    logLines();
    await using(administered(withKey), async ({ adminPort }) => {
      const answer = await asking(
        adminPort!,
        "PUT /log-level",
        [bearer, ...(type === "" ? [] : [`Content-Type: ${type}`])],
        toError,
      );
      expect(String(answer.status)).toBe(status);
    });
  });
});

describe("reading", () => {
  test("is open unless `reads: credentials` closes it, and probes are answered without a credential", async () => {
    const paths = ["/healthz", "/readyz", "/readyz?verbose", "/status", "/log-level", "/openapi.json", "/things/all"];
    const statuses = async (adminPort: number, fields: readonly string[]): Promise<number[]> => {
      const found: number[] = [];
      for (const path of paths) found.push((await asking(adminPort, `GET ${path}`, fields)).status);
      return found;
    };
    await using(administered(withKey), async ({ adminPort }) => {
      expect(await statuses(adminPort!, [])).toEqual([200, 200, 200, 200, 200, 200, 200]);
    });
    await using(administered({ ...withKey, reads: "credentials" }), async ({ adminPort }) => {
      expect(await statuses(adminPort!, [])).toEqual([200, 200, 401, 401, 401, 401, 401]);
      expect(await statuses(adminPort!, [bearer])).toEqual([200, 200, 200, 200, 200, 200, 200]);
      // A wrong one is not worse than none where none is needed.
      expect((await asking(adminPort!, "GET /healthz", ["Authorization: Bearer wrong"])).status).toBe(200);
    });
  });

  test("with HEAD gives the head alone, and needs what GET needs", async () => {
    await using(administered({ ...withKey, reads: "credentials" }), async ({ adminPort }) => {
      const heads = await Promise.all(
        [[bearer], []].map((fields) => {
          const head = ["HEAD /status HTTP/1.1", "Host: localhost", "Connection: close", ...fields];
          return new RawClient(adminPort!).write(`${head.join("\r\n")}\r\n\r\n`).rest();
        }),
      );
      expect(heads).toEqual([
        expect.stringMatching(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/) as string,
        expect.stringMatching(/^HTTP\/1\.1 401 [^]*\r\n\r\n$/) as string,
      ]);
    });
  });
});

describe("a gateway refuses to start with a key that", () => {
  test.each([
    ["is short", ["short"], /the key of `a` has 5 characters\. Give it at least 16/],
    ["no field can carry", ["a key with spaces in it"], /holds characters other than visible ASCII/],
    ["two credentials have", ["0123456789abcdef", "0123456789abcdef"], /the key of `b` is also the key of `a`/],
    ["is endless", ["x".repeat(4097)], /longer than 4096/],
  ])("%s", (_what, texts, message) => {
    const keys = texts.map((text, index) => ({ name: "ab"[index]!, key: secret(text) }));
    expect(() => createAdminAccess({ reads: "open", keys, certificates: [] })).toThrow(message);
  });
});

// What Node makes of a certificate whose one name holds a comma; OpenSSL's command line makes none such.
test("a name that reads like two is one (CVE-2021-44532)", () => {
  const access = createAdminAccess({ reads: "open", keys: [], certificates: [{ name: "deploy", dns: "deploy.internal" }] });
  const callerWith = (subjectAltName: string) =>
    access.caller({ authorization: [], certificate: { subjectAltName } as X509Certificate });
  expect(callerWith('URI:"http://a/, DNS:deploy.internal"')).toBe("invalid");
  expect(callerWith('URI:"http://a/\\", DNS:deploy.internal", DNS:other')).toBe("invalid");
  expect(callerWith('URI:"http://a/, b", DNS:deploy.internal')).toEqual({ name: "deploy" });
});
