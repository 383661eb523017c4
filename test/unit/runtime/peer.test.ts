import { expect, test } from "vitest";
import { HeaderList } from "../../../runtime/header-list.ts";
import { PeerResolver, plainIp } from "../../../runtime/http/peer.ts";

const resolver = new PeerResolver(["10.0.0.0/8", "fd00::/8"]);
const connection = { ip: "10.0.0.1", connectionIp: "10.0.0.1", port: 4000, secure: false };
const behind = (...lines: string[]) => resolver.behind(connection, new HeaderList(lines));

test.each([
  ["the last address", ["X-Forwarded-For", "203.0.113.9"], "203.0.113.9"],
  ["the last that is not trusted", ["X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.1.1"], "203.0.113.9"],
  ["the first where all are trusted", ["X-Forwarded-For", "10.3.3.3, 10.2.2.2"], "10.3.3.3"],
  ["lines one after the other", ["X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "203.0.113.9"], "203.0.113.9"],
  ["an address with a port", ["X-Forwarded-For", "203.0.113.9:1234"], "203.0.113.9"],
  ["IPv6 in brackets", ["X-Forwarded-For", "[2001:DB8::1]:1234"], "2001:db8::1"],
  ["plain IPv6", ["X-Forwarded-For", "2001:db8::1"], "2001:db8::1"],
  ["mapped IPv4", ["X-Forwarded-For", "::ffff:203.0.113.9"], "203.0.113.9"],
  ["nothing behind what cannot be read", ["X-Forwarded-For", "6.6.6.6, unknown, 10.1.1.1"], "10.1.1.1"],
  ["Forwarded", ["Forwarded", 'for=6.6.6.6, For="[2001:db8::1]:80";proto=https, for=10.2.2.2'], "2001:db8::1"],
  ["X-Forwarded-For before Forwarded", ["Forwarded", "for=6.6.6.6", "X-Forwarded-For", "203.0.113.9"], "203.0.113.9"],
  ["the connection without fields", [], "10.0.0.1"],
])("takes %s", (_name, lines, ip) => {
  expect(behind(...lines).ip).toBe(ip);
  expect(behind(...lines).connectionIp).toBe("10.0.0.1");
});

test("knows a connection that was secure before the proxy", () => {
  expect(behind("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https").secure).toBe(true);
  expect(behind("Forwarded", "for=203.0.113.9;proto=https").secure).toBe(true);
  expect(behind("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "http").secure).toBe(false);
});

test("trusts nobody unless listed", () => {
  expect(new PeerResolver([]).isTrusted("127.0.0.1")).toBe(false);
  expect(resolver.isTrusted("fd00::1")).toBe(true);
  expect(resolver.isTrusted("203.0.113.9")).toBe(false);
});

test("addresses lose mapping and zone", () => {
  expect(plainIp("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(plainIp("fe80::1%eth0")).toBe("fe80::1");
});
