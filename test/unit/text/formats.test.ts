import { describe, expect, test } from "vitest";
import { formats, parseDate, parseDuration, parseRate, parseSize } from "../../../compiler/text/formats.ts";

test("values with units", () => {
  expect([parseDuration("250ms"), parseDuration("5s"), parseDuration("1m"), parseDuration("2h"), parseDuration("1d")]).toEqual([
    250, 5000, 60_000, 7_200_000, 86_400_000,
  ]);
  expect([parseSize("0B"), parseSize("64KiB"), parseSize("1MiB"), parseSize("1GiB")]).toEqual([
    0, 65_536, 1_048_576, 1_073_741_824,
  ]);
  expect([parseRate("20/m"), parseRate("100/s"), parseRate("10/30s")]).toEqual([
    { limit: 20, windowMs: 60_000 },
    { limit: 100, windowMs: 1000 },
    { limit: 10, windowMs: 30_000 },
  ]);
  expect(parseDate("2026-12-01")).toBe(Date.UTC(2026, 11, 1) / 1000);
});

const cases: Readonly<Record<string, { readonly right: readonly string[]; readonly wrong: readonly string[] }>> = {
  duration: { right: ["0ms", "30s"], wrong: ["5", "5 s", "-1s", "1.5s", "5S", "", "1m30s"] },
  size: { right: ["1B", "64KiB"], wrong: ["64", "64KB", "64kib", "1.5MiB", "-1B"] },
  rate: { right: ["1/s", "20/m", "5/10s"], wrong: ["0/s", "20", "20/min", "/s", "1/0s", "20 / m"] },
  date: { right: ["2024-02-29"], wrong: ["2026-02-29", "2026-13-01", "2026-1-1", "01.12.2026", "2026-12-01T00:00:00Z"] },
  cidr: {
    right: ["10.0.0.0/8", "192.0.2.7", "::1", "2001:db8::/32", "0.0.0.0/0"],
    wrong: ["10.0.0.0/33", "10.0.0/8", "::/129", "localhost", "10.0.0.1/", "1.2.3.4/08", "fe80::1%eth0"],
  },
  peer: { right: ["10.0.0.0/8", "::1", "unix"], wrong: ["localhost", "Unix", "", "unix/8"] },
  method: { right: ["GET", "M-SEARCH"], wrong: ["get", "", "G ET"] },
  "header-name": { right: ["X-Shop", "etag"], wrong: ["X Shop", "", "X:", "Ü"] },
  "host-pattern": {
    right: ["a.example.com", "*.example.com", "localhost", "127.0.0.1", "[::1]"],
    wrong: ["https://a", "a:80", "*", "a.*.b", "", "-a.b", "a..b", "*.[::1]"],
  },
  "path-prefix": { right: ["/", "/a/{version}"], wrong: ["a", "", "/a?b", "/a b", "/**"] },
  endpoint: {
    right: ["http://a:8080", "https://a/b", "${env:A}", "http://${env:HOST}:${env:PORT}/x"],
    wrong: [
      "a:8080",
      "ftp://a",
      "http://",
      "http://a..b",
      "http://.a",
      "http://u:p@a",
      "http://a/?q",
      "http://a/#f",
      "${env:}",
      "http://${HOST}",
    ],
  },
  setting: { right: ["plain", "", "${env:A_1}", "a${env:A}b"], wrong: ["${A}", "${env:a-b}", "${env:A", "${file:x}"] },
  uri: { right: ["https://a/b", "urn:x:y"], wrong: ["/a", "a b", ""] },
};

describe.each(Object.entries(cases))("%s", (name, { right, wrong }) => {
  test.each(right)("%j is one", (text) => expect(formats[name]!.matches(text)).toBe(true));
  test.each(wrong)("%j is none", (text) => expect(formats[name]!.matches(text)).toBe(false));
});
