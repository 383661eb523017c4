import { expect, test } from "vitest";
import { ipText } from "../../../runtime/addresses/ip-text.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { createPeerResolver, plainIp } from "../../../runtime/http/peer.ts";

const proxies = ["10.0.0.0/8", "fd00::/8"];
const resolver = createPeerResolver(proxies);
const standard = createPeerResolver(proxies, "forwarded");
const connection = { ip: "10.0.0.1", connectionIp: "10.0.0.1", port: 4000, secure: false };
const behind = (...lines: string[]) => resolver.behind(connection, new HeaderList(lines));
const forwarded = (...lines: string[]) =>
  standard.behind(connection, new HeaderList(lines.flatMap((line) => ["Forwarded", line])));

test.each([
  ["the last address", ["X-Forwarded-For", "203.0.113.9"], "203.0.113.9"],
  ["the last that is not trusted", ["X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.1.1"], "203.0.113.9"],
  ["the first where all are trusted", ["X-Forwarded-For", "10.3.3.3, 10.2.2.2"], "10.3.3.3"],
  ["lines one after the other", ["X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "203.0.113.9"], "203.0.113.9"],
  ["an address with a port", ["X-Forwarded-For", "203.0.113.9:1234"], "203.0.113.9"],
  ["IPv6 in brackets", ["X-Forwarded-For", "[2001:DB8::1]:1234"], "2001:db8::1"],
  ["plain IPv6", ["X-Forwarded-For", "2001:db8::1"], "2001:db8::1"],
  ["mapped IPv4", ["X-Forwarded-For", "::ffff:203.0.113.9"], "203.0.113.9"],
  ["nobody behind a hop that is no address", ["X-Forwarded-For", "6.6.6.6, unknown, 10.1.1.1"], "unknown"],
  ["nobody where the nearest hop is no address", ["X-Forwarded-For", "6.6.6.6, _hidden"], "unknown"],
  ["an address with the highest port", ["X-Forwarded-For", "203.0.113.9:65535"], "203.0.113.9"],
  ["nobody where a port is past the highest", ["X-Forwarded-For", "203.0.113.9:65536"], "unknown"],
  ["nobody where an address with a port is none", ["X-Forwarded-For", "999.113.0.9:80"], "unknown"],
  ["an address behind as many hops as chains have", ["X-Forwarded-For", `203.0.113.9${", 10.1.1.1".repeat(63)}`], "203.0.113.9"],
  ["nobody where a port is none", ["X-Forwarded-For", "203.0.113.9:http"], "unknown"],
  ["nobody where there is more behind a bracket", ["X-Forwarded-For", "[2001:db8::1]x"], "unknown"],
  ["the connection where the list is empty", ["X-Forwarded-For", " , ,"], "10.0.0.1"],
  [
    "X-Forwarded-For alone, whatever Forwarded says",
    ["Forwarded", "for=6.6.6.6", "X-Forwarded-For", "203.0.113.9"],
    "203.0.113.9",
  ],
  ["no notice of Forwarded without X-Forwarded-For", ["Forwarded", "for=6.6.6.6"], "10.0.0.1"],
  ["mapped IPv4 in hexadecimal (RFC 4291 §2.5.5.2)", ["X-Forwarded-For", "::FFFF:cb00:7109"], "203.0.113.9"],
  ["mapped IPv4 with zeros", ["X-Forwarded-For", "0000:0:0000:0:0:ffff:203.0.113.9"], "203.0.113.9"],
  ["a trusted proxy in mapped IPv4 for one", ["X-Forwarded-For", "203.0.113.9, ::ffff:a01:101"], "203.0.113.9"],
  ["nobody behind more hops than chains have", ["X-Forwarded-For", `6.6.6.6${", 10.1.1.1".repeat(64)}`], "unknown"],
  ["the connection without fields", [], "10.0.0.1"],
])("takes %s", (_name, lines, ip) => {
  expect(behind(...lines).ip).toBe(ip);
  expect(behind(...lines).connectionIp).toBe("10.0.0.1");
});

test("knows a connection that was secure before the proxy", () => {
  expect(behind("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https").secure).toBe(true);
  expect(forwarded("for=203.0.113.9;proto=https").secure).toBe(true);
  expect(behind("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "http").secure).toBe(false);
});

test("trusts nobody unless listed", () => {
  expect(createPeerResolver([]).isTrusted("127.0.0.1")).toBe(false);
  expect(resolver.isTrusted("fd00::1")).toBe(true);
  expect(resolver.isTrusted("203.0.113.9")).toBe(false);
});

test.each([
  ["the nearest that is not trusted", ['for=6.6.6.6, For="[2001:DB8::1]:80";proto=https, for=10.2.2.2'], "2001:db8::1"],
  ["lines one after the other", ["for=6.6.6.6", "for=203.0.113.9"], "203.0.113.9"],
  ["a hidden port (RFC 7239 §6.3)", ['for="203.0.113.9:_x"'], "203.0.113.9"],
  ["nobody for `unknown` and hidden names (RFC 7239 §6.2, §6.3)", ["for=unknown"], "unknown"],
  ["nobody for a hidden name", ["for=203.0.113.9, for=_gateway"], "unknown"],
  ["nobody for an element without `for`", ["for=203.0.113.9, proto=https"], "unknown"],
  ["nobody where a client left a quote open", ['for=6.6.6.6;x=", for=203.0.113.9;by="10.0.0.1"'], "unknown"],
  ["a proxy's own line behind a broken one", ['for="6.6.6.6', "for=203.0.113.9"], "203.0.113.9"],
  ["nobody for two of one parameter (RFC 7239 §4)", ["for=203.0.113.9;for=6.6.6.6"], "unknown"],
])("Forwarded: takes %s", (_name, lines, ip) => {
  expect(forwarded(...lines).ip).toBe(ip);
});

test("the scheme is what the proxy says that the client reached", () => {
  const secure = (addresses: string, schemes: string) =>
    behind("X-Forwarded-For", addresses, "X-Forwarded-Proto", schemes).secure;
  // The client wrote the first, the proxies the others.
  expect(secure("6.6.6.6, 203.0.113.9", "https, http")).toBe(false);
  expect(secure("203.0.113.9, 10.1.1.1", "https, http")).toBe(true);
  expect(secure("203.0.113.9, 10.1.1.1", "https")).toBe(true);
});

test("addresses of the system lose mapping and zone", () => {
  expect(plainIp("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(plainIp("fe80::1%eth0")).toBe("fe80::1");
});

test.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:FFFF:C000:0201", "192.0.2.1"],
  ["192.0.2.1", "192.0.2.1"],
  ["fe80::1%eth0", "fe80::1"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["::0001", "::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["192.0.2.01", undefined],
  ["192.0.2.1%eth0", undefined],
  ["unknown", undefined],
])("%s is written as %s (RFC 5952; IPv4 as such, RFC 4291 §2.5.5.2)", (text, written) => {
  expect(ipText(text)).toBe(written);
});

const way = {
  ip: "10.0.0.1",
  proto: "https",
  host: "shop.example.com",
  element: "for=10.0.0.1;host=shop.example.com;proto=https",
};

test.each([
  [
    "X-Forwarded-*, behind what is there and without a say in what is there already",
    resolver,
    ["X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "http"],
    ["X-Forwarded-Proto", "http", "X-Forwarded-For", "203.0.113.9, 10.0.0.1", "X-Forwarded-Host", "shop.example.com"],
  ],
  [
    "Forwarded, behind what is there",
    standard,
    ["Forwarded", "for=203.0.113.9"],
    ["Forwarded", `for=203.0.113.9, ${way.element}`],
  ],
  [
    "Forwarded, and nothing that could swallow it (RFC 7239 §4: a quote is closed)",
    standard,
    ["Forwarded", 'for="203.0.113.9'],
    ["Forwarded", `for=unknown, ${way.element}`],
  ],
])("a service is told in one family: %s", (_name, one, before, after) => {
  const headers = new HeaderList([...before]);
  one.addTo(headers, way);
  expect(headers.lines).toEqual(after);
});

test("Forwarded is followed through as many hops as chains have, and no further", () => {
  const hops = (count: number): string => `for=203.0.113.9${", for=10.1.1.1".repeat(count - 1)}`;
  expect(forwarded(hops(64)).ip).toBe("203.0.113.9");
  expect(forwarded(hops(65)).ip).toBe("unknown");
});

test("a mapped address in hexadecimal is no IPv4 text", () => {
  expect(plainIp("::ffff:a01:101")).toBe("::ffff:a01:101");
  expect(plainIp("64:ff9b::10.1.1.1")).toBe("64:ff9b::10.1.1.1");
});
