import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readCertificate, spiffeId } from "../../../../runtime/identity/mtls/x509/certificate.ts";
import { Pki } from "../../../harness/pki.ts";

/** DER by hand, for what no library writes. */
const tlv = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  const length =
    content.length < 0x80
      ? Buffer.from([content.length])
      : content.length < 0x100
        ? Buffer.from([0x81, content.length])
        : Buffer.from([0x82, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
};
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const attribute = (oid: string, tag: number, value: string): Buffer => tlv(0x31, tlv(0x30, tlv(0x06, hex(oid)), tlv(tag, value)));
const cn = "550403";
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const algorithm = tlv(0x30, tlv(0x06, hex("2a8648ce3d040302")));

interface Parts {
  readonly serial?: Buffer;
  readonly subject?: readonly Buffer[];
  readonly names?: readonly Buffer[];
  readonly extensions?: readonly Buffer[];
  readonly begin?: Buffer;
  readonly end?: Buffer;
}

const sanOid = "551d11";
const extension = (oid: string, value: Buffer): Buffer => tlv(0x30, tlv(0x06, hex(oid)), tlv(0x04, value));

function made({ serial = hex("020105"), subject = [attribute(cn, 0x0c, "leaf")], names, extensions, begin, end }: Parts): Buffer {
  const all = [...(names === undefined ? [] : [extension(sanOid, tlv(0x30, ...names))]), ...(extensions ?? [])];
  const body = tlv(
    0x30,
    tlv(0xa0, hex("020102")),
    serial,
    algorithm,
    tlv(0x30, attribute(cn, 0x0c, "root")),
    tlv(0x30, begin ?? tlv(0x17, "260101000000Z"), end ?? tlv(0x17, "280101000000Z")),
    tlv(0x30, ...subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(all.length === 0 ? [] : [tlv(0xa3, tlv(0x30, ...all))]),
  );
  return tlv(0x30, body, algorithm, tlv(0x03, hex("00"), sign("sha256", body, privateKey)));
}

const dns = (name: string): Buffer => tlv(0x82, name);
const uri = (name: string): Buffer => tlv(0x86, name);

test("what a certificate says, by type", async () => {
  const authority = await Pki.root({ subject: "CN=root, O=Example" });
  const { x509 } = await authority.issue({
    subject: "C=DE, O=Example, OU=a+OU=b, CN=leaf",
    serial: "0fa0",
    notAfter: new Date("2027-05-04T03:02:01Z"),
    names: [
      { type: "dns", value: "One.Example.com" },
      { type: "url", value: "spiffe://example.com/orders" },
      { type: "email", value: "ops@example.com" },
      { type: "ip", value: "192.0.2.7" },
      { type: "ip", value: "2001:db8::7" },
    ],
  });
  const read = readCertificate(x509.raw);
  expect([read.serial, read.issuer.text, read.isAuthority]).toEqual(["fa0", "O=Example,CN=root", false]);
  expect(read.subject.attributes.get("O")).toEqual(["Example"]);
  expect(read.notAfter).toBe(Date.parse("2027-05-04T03:02:01Z"));
  expect(read.alternatives).toEqual({
    dns: ["one.example.com"],
    uri: ["spiffe://example.com/orders"],
    email: ["ops@example.com"],
    ip: ["192.0.2.7", "2001:db8::7"],
  });
  expect(spiffeId(read)).toBe("spiffe://example.com/orders");
});

test("names are written as RFC 4514 says, and what could be taken for another part is escaped", () => {
  const { subject } = readCertificate(
    made({
      subject: [attribute("55040a", 0x0c, " Example, Inc+Co"), attribute(cn, 0x13, 'a=b "c"'), attribute("2a0304", 0x0c, "x")],
    }),
  );
  expect(subject.text).toBe('1.2.3.4=#0c0178,CN=a\\=b \\"c\\",O=\\ Example\\, Inc\\+Co');
  expect([...subject.attributes]).toEqual([
    ["O", [" Example, Inc+Co"]],
    ["CN", ['a=b "c"']],
  ]);
});

test("a name that holds the text of another stays one name: nothing is split (CVE-2021-44532)", () => {
  const read = readCertificate(made({ names: [uri("urn:x,URI:spiffe://example.com/admin")] }));
  expect(read.alternatives.uri).toEqual(["urn:x,URI:spiffe://example.com/admin"]);
  expect(spiffeId(read)).toBe(undefined);
});

describe("SPIFFE ids (X509-SVID §2, SPIFFE-ID §2)", () => {
  test.each([
    [["spiffe://example.com/orders"], "spiffe://example.com/orders"],
    [["spiffe://example.com"], "spiffe://example.com"],
    [["spiffe://example.com/orders", "spiffe://example.com/admin"], undefined],
    [["spiffe://example.com/orders", "https://example.com"], undefined],
    [["spiffe://example.com/a/../admin"], undefined],
    [["spiffe://example.com/a//b"], undefined],
    [["spiffe://example.com/a/"], undefined],
    [["spiffe://example.com/a%2fb"], undefined],
    [["spiffe://Example.com/a"], undefined],
    [["spiffe://example.com:8443/a"], undefined],
    [["https://example.com"], undefined],
  ])("URIs %j: %s", (uris, expected) => {
    expect(spiffeId(readCertificate(made({ names: uris.map(uri) })))).toBe(expected);
  });
});

test.each<[string, Buffer]>([
  ["a DNS name with NUL in it (trap of CVE-2009-2408)", made({ names: [dns("good.example.com\0.evil.example.com")] })],
  ["a DNS name with a comma", made({ names: [dns("a.example.com,DNS:b.example.com")] })],
  ["a DNS name with a blank", made({ names: [dns("a.example.com ")] })],
  ["a DNS name that is empty", made({ names: [dns("")] })],
  ["a URI with a line break", made({ names: [uri("urn:a\nurn:b")] })],
  ["a URI that is not ASCII", made({ names: [uri("urn:\xe9")] })],
  ["an address of five octets", made({ names: [tlv(0x87, hex("c000020701"))] })],
  ["alternative names twice", made({ names: [dns("a.example")], extensions: [extension(sanOid, tlv(0x30, dns("b.example")))] })],
  ["a common name with NUL in it", made({ subject: [attribute(cn, 0x0c, "admin\0")] })],
  ["a common name with a line break", made({ subject: [attribute(cn, 0x0c, "a\nb")] })],
  ["a common name that is not UTF-8", made({ subject: [attribute(cn, 0x0c, "\xff")] })],
  ["a serial number with zeros in front", made({ serial: hex("02020005") })],
  ["a serial number without octets", made({ serial: hex("0200") })],
  ["a day that does not exist", made({ end: tlv(0x17, "270231000000Z") })],
  ["a time with an offset", made({ end: tlv(0x17, "270201000000+0100") })],
  ["a length that is longer than need be", Buffer.concat([hex("30840000"), made({}).subarray(2)])],
  ["something behind its end", Buffer.concat([made({}), hex("00")])],
  ["half of it", made({}).subarray(0, 80)],
  ["no bytes", Buffer.alloc(0)],
])("%s: the certificate is not read", (_what, der) => {
  expect(() => readCertificate(der)).toThrow(expect.objectContaining({ name: "DerError" }));
});

test("a negative serial number (PKITS 4.4.14) is not its positive namesake", () => {
  expect(readCertificate(made({ serial: hex("0201ff") })).serial).toBe("-1");
  expect(readCertificate(made({ serial: hex("020200ff") })).serial).toBe("ff");
});

test("of a certificate with one bit turned, whatever is wrong is said in one way", () => {
  const der = made({ names: [dns("a.example.com"), uri("spiffe://example.com/a")] });
  for (let bit = 0; bit < der.length * 8; bit++) {
    const turned = Buffer.from(der);
    turned[bit >> 3]! ^= 1 << (bit & 7);
    try {
      readCertificate(turned);
    } catch (error) {
      expect((error as Error).name).toBe("DerError");
    }
  }
});
