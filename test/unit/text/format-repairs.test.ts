import { describe, expect, test } from "vitest";
import { repaired } from "../../../compiler/text/format-repairs.ts";
import { formats } from "../../../compiler/text/formats.ts";

/** What people write, by format; undefined where nobody can tell what was meant. */
const cases: Readonly<Record<string, readonly (readonly [string | number, string | undefined])[]>> = {
  duration: [
    [30, "30s"],
    ["90", "90s"],
    [120, "2m"],
    [300, "5m"],
    [3600, "1h"],
    [86_400, "1d"],
    [250, "250ms"],
    [500, "500ms"],
    [1500, "1500ms"],
    [5000, "5s"],
    [60_000, "1m"],
    [0, "0ms"],
    ["5 seconds", "5s"],
    ["5S", "5s"],
    ["5sec", "5s"],
    ["10 min", "10m"],
    ["1.5s", "1500ms"],
    ["0.5h", "30m"],
    ["1m30s", "90s"],
    ["1h 30m", "90m"],
    ["5m0s", "5m"], // Go's Duration.String
    ["PT5S", "5s"], // ISO 8601
    ["P1DT12H", "36h"],
    ["1 week", "7d"],
    ["500 millis", "500ms"],
    ["1 month", undefined],
    ["5M", undefined],
    ["-1s", undefined],
    ["soon", undefined],
    [1.5, undefined],
  ],
  size: [
    [512, "512B"],
    [65_536, "64KiB"],
    [1_048_576, "1MiB"],
    [1_000_000, "1000000B"],
    ["1MB", "1MiB"],
    ["1 MB", "1MiB"],
    ["1mb", "1MiB"],
    ["1M", "1MiB"], // nginx
    ["1Mi", "1MiB"], // Kubernetes
    ["64k", "64KiB"],
    ["1.5MB", "1536KiB"],
    ["0.5G", "512MiB"],
    ["1TB", "1024GiB"],
    ["10 megabytes", "10MiB"],
    ["10 bytes", "10B"],
    ["1_024", "1KiB"],
    ["large", undefined],
    ["-1B", undefined],
  ],
  rate: [
    [100, "100/s"],
    ["100 per minute", "100/m"],
    ["100/min", "100/m"],
    ["20 / m", "20/m"],
    ["100r/s", "100/s"], // nginx
    ["100rps", "100/s"],
    ["1000 requests per hour", "1000/h"],
    ["10 every 30 seconds", "10/30s"],
    ["100,000/day", "100000/d"],
    ["0/s", undefined],
    ["5/fortnight", undefined],
    ["100/ms", undefined],
  ],
  date: [
    ["2026-1-1", "2026-01-01"],
    ["2026/12/01", "2026-12-01"],
    ["20261201", "2026-12-01"],
    ["2026-12-01T00:00:00Z", "2026-12-01"],
    ["1.12.2026", "2026-12-01"],
    ["12/01/2026", undefined],
    ["2026-02-30", undefined],
  ],
  cidr: [
    ["10.0.0/8", "10.0.0.0/8"],
    ["192.168.1.*", "192.168.1.0/24"],
    ["10.*", "10.0.0.0/8"],
    ["10.0.0.0/255.0.0.0", "10.0.0.0/8"],
    ["1.2.3.4/08", "1.2.3.4/8"],
    ["10.0.0.1:80", "10.0.0.1"],
    ["[::1]", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["localhost", "127.0.0.1"],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0/255.0.255.0", undefined],
    ["example.com", undefined],
  ],
  peer: [
    ["unix:/run/x.sock", "unix"],
    ["localhost", "127.0.0.1"],
  ],
  method: [
    ["get", "GET"],
    ["G ET", undefined],
  ],
  "header-name": [
    ["X Field", "X-Field"],
    ["X-Field:", "X-Field"],
    ["Ü", undefined],
  ],
  "host-pattern": [
    ["ä.example", "xn--4ca.example"], // RFC 5891
    ["*.Ä.example", "*.xn--4ca.example"],
    ["ä .example", undefined],
    ["https://api.example.com/v1", "api.example.com"],
    ["api.example.com:8443", "api.example.com"],
    ["*example.com", "*.example.com"],
    [".example.com", "*.example.com"], // nginx, cookies
    ["a..b", "a.b"],
    ["a.b.", "a.b"],
    ["*", undefined],
    ["a.*.b", undefined],
  ],
  "host-name": [["*.orders.internal", "orders.internal"]],
  endpoint: [
    ["orders:8080", "http://orders:8080"],
    ["orders", "http://orders"],
    ["http:/orders", "http://orders"],
    ["ws://orders/x", "http://orders/x"],
    ["https://user:pass@orders/", "https://orders/"],
    ["http://orders/?a=1", "http://orders/"],
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: how environment variables are written elsewhere
    ["${ORDERS_URL}", "${env:ORDERS_URL}"],
    ["$ORDERS_URL", "${env:ORDERS_URL}"],
    ["{{ .ORDERS_URL }}", "${env:ORDERS_URL}"],
    ["ftp://orders", undefined],
    ["X-Field:", undefined],
    ["", undefined],
  ],
  setting: [
    ["https://${HOST}/x", "https://${env:HOST}/x"],
    ["${env.HOST}", "${env:HOST}"],
    ["${env:a-b}", "${env:a_b}"],
  ],
  port: [
    ["$PORT", "${env:PORT}"],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
    [":8080", "8080"],
    ["0.0.0.0:8080", "8080"],
    ["8080/tcp", "8080"],
    ["70000", undefined],
  ],
  "path-prefix": [
    ["v1", "/v1"],
    ["v1//x", "/v1/x"],
    ["/v1/**", "/v1"],
    ["https://a.example/v1?x", "/v1"],
  ],
  "path-template": [["orders/{id}", "/orders/{id}"]],
  uri: [
    ["example.com/docs", "https://example.com/docs"],
    ["docs", undefined],
  ],
};

describe.each(Object.entries(cases))("%s", (format, pairs) => {
  test.each(pairs)("%j means %j", (written, meant) => {
    expect(typeof written === "string" && formats[format]!.matches(written)).toBe(false);
    expect(repaired(written, format)).toBe(meant);
  });
});
