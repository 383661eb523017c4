import { describe, expect, test } from "vitest";
import { readProxyHeader } from "../../../runtime/listener/proxy-protocol.ts";

const line = (text: string) => readProxyHeader(Buffer.from(text, "latin1"));

describe("version 1", () => {
  test.each([
    ["PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", { ip: "192.0.2.1", port: 56324 }],
    ["PROXY TCP6 2001:DB8::1 2001:db8::2 1 65535\r\n", { ip: "2001:db8::1", port: 1 }],
    ["PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", { ip: "192.0.2.1", port: 1 }],
    ["PROXY UNKNOWN\r\n", { ip: undefined, port: undefined }],
    ["PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", { ip: undefined, port: undefined }],
  ])("%j", (text, expected) => {
    expect(line(`${text}GET / HTTP/1.1\r\n`)).toEqual({ ...expected, length: text.length });
    for (let end = 1; end < text.length; end++) expect(line(text.slice(0, end))).toBeUndefined();
  });

  test.each([
    "GET / HTTP/1.1\r\n",
    "proxy TCP4 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n",
    "PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n",
    "PROXY TCP4 ::1 ::2 1 2\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 65536 2\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 -1 2\r\n",
    "PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n",
    "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    `PROXY UNKNOWN ${"x".repeat(107)}\r\n`,
    `PROXY TCP4 ${"1".repeat(200)}`,
    "PROXY \r\n",
  ])("%j is malformed", (text) => expect(line(text)).toBe("malformed"));
});

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

function binary(command: number, family: number, rest: Uint8Array, length = rest.length): Buffer {
  return Buffer.concat([signature, Buffer.of(command, family, length >> 8, length & 0xff), rest]);
}

const ipv4 = Buffer.of(192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 1, 187);
const ipv6 = Buffer.concat([
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.from("20010db8000000000000000000000002", "hex"),
  Buffer.of(0xdc, 0x04, 1, 187),
]);
const mapped = Buffer.concat([Buffer.from("00000000000000000000ffffc0000201", "hex"), ipv6.subarray(16)]);
const extra = Buffer.of(3, 0, 4, 1, 2, 3, 4);

describe("version 2", () => {
  test.each([
    ["TCP over IPv4", binary(0x21, 0x11, ipv4), { ip: "192.0.2.1", port: 56324 }],
    ["TCP over IPv6", binary(0x21, 0x21, ipv6), { ip: "2001:db8::1", port: 56324 }],
    ["an IPv4 address in IPv6", binary(0x21, 0x21, mapped), { ip: "192.0.2.1", port: 56324 }],
    ["with TLVs", binary(0x21, 0x11, Buffer.concat([ipv4, extra])), { ip: "192.0.2.1", port: 56324 }],
    ["LOCAL", binary(0x20, 0x00, Buffer.alloc(0)), { ip: undefined, port: undefined }],
    ["LOCAL with addresses", binary(0x20, 0x11, ipv4), { ip: undefined, port: undefined }],
    ["UNSPEC", binary(0x21, 0x00, extra), { ip: undefined, port: undefined }],
    ["UNIX", binary(0x21, 0x31, Buffer.alloc(216)), { ip: undefined, port: undefined }],
    ["UDP", binary(0x21, 0x12, ipv4), { ip: undefined, port: undefined }],
  ])("%s", (_, bytes, expected) => {
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from("GET /")]))).toEqual({ ...expected, length: bytes.length });
    for (let end = 1; end < bytes.length; end++) expect(readProxyHeader(bytes.subarray(0, end))).toBeUndefined();
  });

  test.each([
    ["another signature", Buffer.from("\r\n\r\n\0\r\nQUIX\n!!", "latin1")],
    ["another version", binary(0x31, 0x11, ipv4)],
    ["an unknown command", binary(0x22, 0x11, ipv4)],
    ["an unknown family", binary(0x21, 0x41, ipv4)],
    ["an unknown protocol", binary(0x21, 0x13, ipv4)],
    ["fewer bytes than addresses have", binary(0x21, 0x11, ipv4.subarray(0, 8))],
    ["IPv6 in the space of IPv4", binary(0x21, 0x21, ipv4)],
    ["more than anybody sends", binary(0x21, 0x11, ipv4, 65_535)],
  ])("%s is malformed", (_, bytes) => expect(readProxyHeader(bytes)).toBe("malformed"));
});
