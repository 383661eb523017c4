import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { listsOf, problems, Trust, type Verdict } from "../../../../runtime/listener/clients/trust.ts";
import { component } from "../../../harness/component.ts";
import { Extension, KeyUsageFlags, KeyUsagesExtension, type ListWanted, Pki } from "../../../harness/pki.ts";

let root: Pki;
let intermediate: Pki;
let leaf: Pki;
let other: Pki;
let openssl: string;
const now = Date.now();

beforeAll(async () => {
  openssl = await component("openssl");
  root = await Pki.root({ subject: "CN=root, O=Example" });
  other = await Pki.root({ subject: "CN=other, O=Example" });
  intermediate = await root.issue({ subject: "CN=intermediate", isAuthority: true });
  leaf = await intermediate.issue({ subject: "CN=leaf" });
});

const trustOf = (lists: readonly string[] | undefined, authorities: readonly Pki[] = [root], depth = 4): Trust =>
  new Trust(
    {
      at: "gateway.yaml:1",
      mode: "request",
      depth,
      authorities: authorities.map(({ certificate }) => ({ text: certificate, from: "file ca.pem" })),
      lists: lists?.flatMap((text) => listsOf(Buffer.from(text), "file crl.pem")),
    },
    now,
    true,
  );

const problemOf = (verdict: Verdict): string | undefined => verdict.problem;
const judged = (trust: Trust, of: Pki = leaf, above: readonly Pki[] = [intermediate], at = now): string | undefined =>
  problemOf(trust.judge([of.x509, ...above.map(({ x509 }) => x509)], false, at));

/** What OpenSSL makes of the same. */
function opensslAccepts(lists: readonly string[], of: Pki = leaf, above: readonly Pki[] = [intermediate]): boolean {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-pki-"));
  try {
    writeFileSync(join(folder, "ca.pem"), root.certificate);
    writeFileSync(join(folder, "above.pem"), above.map(({ certificate }) => certificate).join("\n"));
    writeFileSync(join(folder, "crl.pem"), lists.join("\n"));
    writeFileSync(join(folder, "leaf.pem"), of.certificate);
    const args = ["verify", "-crl_check_all", "-CAfile", "ca.pem", "-untrusted", "above.pem", "-CRLfile", "crl.pem", "leaf.pem"];
    execFileSync(openssl, args, { cwd: folder, stdio: "pipe" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("without lists", () => {
  test("a certificate with its authorities up to a trusted root is good until the first of them ends", async () => {
    const verdict = trustOf(undefined).judge([leaf.x509, intermediate.x509], false, now);
    expect(verdict).toEqual({ until: Date.UTC(2028, 0, 1), isWhole: true });
  });

  test("one whose authority is missing, or is another of the same name, is not trusted", async () => {
    expect(judged(trustOf(undefined), leaf, [])).toBe(problems.untrusted);
    const forged = await other.issue({ subject: "CN=intermediate", isAuthority: true });
    expect(judged(trustOf(undefined), leaf, [forged])).toBe(problems.untrusted);
    expect(judged(trustOf(undefined, [other]))).toBe(problems.untrusted);
    const namesake = await Pki.root({ subject: "CN=root, O=Example" });
    expect(judged(trustOf(undefined, [namesake]))).toBe(problems.untrusted);
  });

  test("an authority in the middle counts for nothing without its root", () => {
    expect(judged(trustOf(undefined, [intermediate]))).toBe(problems.untrusted);
  });

  test("more authorities than allowed are too many", () => {
    expect(judged(trustOf(undefined, [root], 1))).toBe(undefined);
    expect(judged(trustOf(undefined, [root], 0))).toBe(problems.tooLong);
  });

  test("each certificate on the way has to be within its dates", async () => {
    expect(judged(trustOf(undefined), leaf, [intermediate], Date.UTC(2025, 11, 31))).toBe(problems.early);
    expect(judged(trustOf(undefined), leaf, [intermediate], Date.UTC(2028, 0, 2))).toBe(problems.expired);
    const short = await root.issue({ subject: "CN=short", isAuthority: true, notAfter: new Date(now + 60_000) });
    const below = await short.issue({ subject: "CN=below" });
    expect(judged(trustOf(undefined), below, [short])).toBe(undefined);
    expect(judged(trustOf(undefined), below, [short], now + 61_000)).toBe(problems.expired);
  });
});

test("trust differs from any other by authorities, lists, mode and depth", async () => {
  const digest = (trust: Trust): string => trust.digest.toString("hex");
  const list = await root.list();
  const all = [
    trustOf(undefined),
    trustOf(undefined, [other]),
    trustOf(undefined, [root, other]),
    trustOf(undefined, [root], 3),
    trustOf([list]),
    trustOf([list, await intermediate.list()]),
  ].map(digest);
  expect(new Set(all).size).toBe(all.length);
  expect(digest(trustOf([list]))).toBe(all[4]);
});

/** Extensions as in RFC 5280 §5.2.3, §5.2.4, §5.2.5, §5.3.1, §5.3.3 and one that nobody knows; all critical but the first two. */
const crlNumber = new Extension("2.5.29.20", false, Buffer.from("020101", "hex"));
const reason = new Extension("2.5.29.21", false, Buffer.from("0a0101", "hex"));
const delta = new Extension("2.5.29.27", true, Buffer.from("020101", "hex"));
const distribution = new Extension("2.5.29.28", true, Buffer.from("30038101ff", "hex"));
const unknown = (isCritical: boolean): Extension => new Extension("1.2.3.4", isCritical, Buffer.from("0500", "hex"));

interface Case {
  readonly root?: ListWanted;
  readonly intermediate?: ListWanted | "none";
  readonly more?: () => Promise<readonly string[]>;
  /** Undefined: good. "start": the gateway does not start. */
  readonly expected: string | undefined;
  /** Where OpenSSL accepts what we refuse, why we do. */
  readonly stricter?: string;
}

// After the sections of NIST PKITS 1.0.1 that speak of revocation (4.4), with certificates made for this test.
const cases: Readonly<Record<string, () => Case>> = {
  "both authorities have a list": () => ({ expected: undefined }),
  "4.4.1 the list of an authority is missing": () => ({ intermediate: "none", expected: problems.unknown }),
  "4.4.2 the authority is revoked": () => ({ root: { revoked: [intermediate.serial] }, expected: problems.revoked }),
  "4.4.3 the client is revoked": () => ({ intermediate: { revoked: [leaf.serial] }, expected: problems.revoked }),
  "4.4.4 the signature of the list is that of another": () => ({
    intermediate: "none",
    more: async () => [await intermediate.list({}, other)],
    expected: problems.unknown,
  }),
  "4.4.5 the list names another issuer": () => ({
    intermediate: "none",
    more: async () => [await other.list({}, intermediate)],
    expected: problems.unknown,
  }),
  "4.4.6 the list is that of another authority": () => ({
    intermediate: "none",
    more: async () => [await other.list()],
    expected: problems.unknown,
  }),
  "4.4.7 two lists, of which the other one revokes the number": () => ({
    more: async () => [await other.list({ revoked: [leaf.serial] })],
    expected: undefined,
  }),
  "4.4.8 an entry has a critical extension that is not known": () => ({
    intermediate: { revoked: ["77"], entryExtensions: [unknown(true)] },
    expected: "start",
  }),
  "4.4.9 the list has a critical extension that is not known": () => ({
    intermediate: { extensions: [unknown(true)] },
    expected: "start",
  }),
  "4.4.11 the list is outdated": () => ({
    intermediate: { nextUpdate: new Date(now - 60_000) },
    expected: "start",
  }),
  "the list is of tomorrow": () => ({ intermediate: { thisUpdate: new Date(now + 86_400_000) }, expected: problems.unknown }),
  "4.4.16 a long serial number": () => ({ intermediate: { revoked: ["7f".repeat(20)] }, expected: undefined }),
  "extensions that do not matter": () => ({
    intermediate: { revoked: ["77"], extensions: [crlNumber, unknown(false)], entryExtensions: [reason] },
    expected: undefined,
  }),
  "4.15 a delta list": () => ({
    intermediate: { extensions: [crlNumber, delta] },
    expected: "start",
    stricter: "without its flag for deltas, OpenSSL takes one for a whole list",
  }),
  "4.14 a list about some certificates only": () => ({
    intermediate: { extensions: [distribution] },
    expected: "start",
    stricter: "OpenSSL knows lists that are parted by kinds of certificates",
  }),
};

describe("revocation, as in NIST PKITS", () => {
  test.each(Object.keys(cases))("%s: as OpenSSL, or stricter", async (name) => {
    const { root: ofRoot = {}, intermediate: ofIntermediate = {}, more, expected, stricter } = cases[name]!();
    const lists = [await root.list(ofRoot), ...(ofIntermediate === "none" ? [] : [await intermediate.list(ofIntermediate)])];
    lists.push(...((await more?.()) ?? []));
    if (expected === "start") expect(() => trustOf(lists)).toThrow(/crl\.pem/);
    else expect(judged(trustOf(lists))).toBe(expected);
    const accepts = opensslAccepts(lists);
    expect(accepts, stricter).toBe(stricter === undefined ? expected === undefined : true);
  });

  test("4.4.16, 4.4.18 serial numbers of 20 octets are told apart", async () => {
    const long = `7f${"01".repeat(19)}`;
    const [one, next] = [
      await root.issue({ subject: "CN=one", serial: long }),
      await root.issue({ subject: "CN=next", serial: `7f${"01".repeat(18)}02` }),
    ];
    const trust = trustOf([await root.list({ revoked: [long] })]);
    expect([judged(trust, one, []), judged(trust, next, [])]).toEqual([problems.revoked, undefined]);
  });

  test("an authority that may not sign lists (4.7.4, 4.7.5) has none that counts", async () => {
    const mute = await root.issue({ subject: "CN=mute", extensions: [new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)] });
    const below = await mute.issue({ subject: "CN=below" });
    const lists = [await root.list(), await mute.list()];
    expect(judged(trustOf(lists), below, [mute])).toBe(problems.unknown);
    expect(opensslAccepts(lists, below, [mute])).toBe(false);
  });

  test("of two lists of one authority the newer one decides", async () => {
    const [older, newer] = [new Date("2026-02-01T00:00:00Z"), new Date("2026-03-01T00:00:00Z")];
    const revokes = { revoked: [leaf.serial] };
    const rootList = await root.list();
    const since = [await intermediate.list({ thisUpdate: older }), await intermediate.list({ thisUpdate: newer, ...revokes })];
    expect(judged(trustOf([rootList, ...since]))).toBe(problems.revoked);
    expect(judged(trustOf([rootList, ...since.reverse()]))).toBe(problems.revoked);
    const lifted = [await intermediate.list({ thisUpdate: older, ...revokes }), await intermediate.list({ thisUpdate: newer })];
    expect(judged(trustOf([rootList, ...lifted]))).toBe(undefined);
  });

  test("a verdict ends with the first list that does", async () => {
    const nextUpdate = new Date(Math.ceil(now / 1000) * 1000 + 3_600_000);
    const trust = trustOf([await root.list(), await intermediate.list({ nextUpdate })]);
    expect(trust.judge([leaf.x509, intermediate.x509], false, now)).toEqual({ until: nextUpdate.getTime(), isWhole: true });
    expect(judged(trust, leaf, [intermediate], nextUpdate.getTime())).toBe(problems.unknown);
  });
});

describe("the start stops, and says why", () => {
  test("an authority without a list of its own", () => {
    expect(() => trustOf([])).toThrow(
      /gateway\.yaml:1 {2}`crl` has no list of O=Example,CN=root\. Every authority in `ca` needs its own/,
    );
  });

  test("a list that its issuer has not signed", async () => {
    const forged = await root.list({}, other);
    expect(() => trustOf([forged])).toThrow(/is not signed by O=Example,CN=root, whom it names/);
  });

  test("an outdated list", async () => {
    const outdated = await root.list({ nextUpdate: new Date("2026-02-01T00:00:00Z") });
    expect(() => trustOf([outdated])).toThrow(/was to be replaced by 2026-02-01T00:00:00\.000Z\. Put the present one there/);
  });

  test.each([
    ["an empty file", ""],
    ["text", "nothing"],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["half a list", "-----BEGIN X509 CRL-----\nMIIB"],
  ])("%s instead of a list", (_what, text) => {
    expect(() => trustOf([text])).toThrow(/crl\.pem cannot be used as a list of revoked certificates: /);
  });
});
