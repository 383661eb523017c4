import { describe, expect, it } from "vitest";
import { accessLog } from "../../../compiler/policies/access-log/index.ts";
import { cors } from "../../../compiler/policies/cors/index.ts";
import { headers } from "../../../compiler/policies/headers/index.ts";
import { metrics } from "../../../compiler/policies/metrics/index.ts";
import { redirect } from "../../../compiler/policies/redirect/index.ts";
import { respond } from "../../../compiler/policies/respond/index.ts";
import { rewrite } from "../../../compiler/policies/rewrite/index.ts";
import { securityHeaders } from "../../../compiler/policies/security-headers/index.ts";
import type { AccessLogOptions, RespondOptions, SecurityHeadersOptions } from "../../../schema/policies.gen.ts";
import { fakeOrigin, fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

describe("cors", () => {
  const options = {
    origins: ["https://shop.example.com"],
    allowHeaders: [],
    exposeHeaders: [],
    credentials: false,
    maxAge: "10m",
  };

  it.each([
    ["https://shop.example.com/", "Write `https://shop.example.com`."],
    ["HTTPS://Shop.example.com", "Write `https://shop.example.com`."],
    ["https://shop.example.com:443", "Write `https://shop.example.com`."],
    ["shop.example.com", "Write `https://shop.example.com`."],
    ["https://*.Example.com/x", "Write `https://*.example.com`."],
    ["https://*", "Write scheme, host"],
    ["https://a*.example.com", "Write scheme, host"],
  ])("refuses the origin %s and knows better", (origin, help) => {
    const context = fakePolicyContext();
    cors.check!({ ...options, origins: [origin] }, context);
    expect(context.found.map(({ code }) => code)).toEqual(["cors/invalid-origin"]);
    expect(context.found[0]!.help).toContain(help);
  });

  it.each([
    "https://shop.example.com",
    "http://localhost:3000",
    "https://*.example.com",
    "http://[::1]:8080",
    "${env:ORIGIN}",
    "*",
  ])("takes %s", (origin) => {
    expect(findings(cors, { ...options, origins: [origin] })).toEqual([]);
  });

  it("refuses what browsers would not honour", () => {
    expect(findings(cors, { ...options, origins: ["null"] })).toEqual(["cors/null-origin at /origins/0"]);
    expect(findings(cors, { ...options, origins: ["https://a.example", "*"] })).toEqual([
      "cors/any-origin-not-alone at /origins/1",
    ]);
    expect(findings(cors, { ...options, origins: ["*"], credentials: true })).toEqual([
      "cors/credentials-any-origin at /credentials",
    ]);
    expect(findings(cors, { ...options, credentials: true, exposeHeaders: "*" })).toEqual([
      "cors/credentials-expose-all at /exposeHeaders",
    ]);
  });

  it("offers the operation's own methods", () => {
    const methods = (method: string, written?: [string, ...string[]]) =>
      loweredConfig(cors, { ...options, ...(written === undefined ? {} : { methods: written }) }, { method });
    expect(methods("GET")).toMatchObject({ methods: ["GET", "HEAD"], maxAge: 600 });
    expect(methods("PUT")).toMatchObject({ methods: ["PUT"] });
    expect(methods("*")).toMatchObject({ methods: "requested" });
    expect(methods("PUT", ["GET", "PUT"])).toMatchObject({ methods: ["GET", "PUT"] });
  });
});

describe("securityHeaders", () => {
  const options: SecurityHeadersOptions = {
    strictTransportSecurity: "max-age=60",
    contentTypeOptions: "nosniff",
    frameOptions: "off",
    contentSecurityPolicy: "${env:CSP}",
    referrerPolicy: "off",
    crossOriginResourcePolicy: "off",
    permissionsPolicy: "off",
    remove: ["Server"],
    replace: true,
  };

  it("lowers what is not off, transport security apart", () => {
    expect(loweredConfig(securityHeaders, options)).toEqual({
      fields: [
        { name: "X-Content-Type-Options", value: "nosniff" },
        {
          name: "Content-Security-Policy",
          value: { kind: "setting", template: "${env:CSP}", origin: fakeOrigin("/contentSecurityPolicy") },
        },
      ],
      secureFields: [{ name: "Strict-Transport-Security", value: "max-age=60" }],
      remove: ["Server"],
      replace: true,
    });
  });

  it("refuses values that browsers would ignore", () => {
    expect(findings(securityHeaders, { ...options, strictTransportSecurity: "includeSubDomains" })).toEqual([
      "security-headers/no-max-age at /strictTransportSecurity",
    ]);
    expect(findings(securityHeaders, { ...options, permissionsPolicy: "a\nb" })).toEqual([
      "security-headers/invalid-value at /permissionsPolicy",
    ]);
    for (const strictTransportSecurity of ["off", "includeSubDomains; MAX-AGE = 5", 'max-age="5"']) {
      expect(findings(securityHeaders, { ...options, strictTransportSecurity })).toEqual([]);
    }
  });
});

describe("headers", () => {
  it("refuses changes that undo each other, whatever their case", () => {
    expect(findings(headers, { request: { set: { "X-A": "1" }, remove: ["x-a"] } })).toEqual([
      "headers/contradiction at /request/set/X-A",
    ]);
    expect(findings(headers, { request: { rename: { A: "B", B: "C" } } })).toEqual([
      "headers/contradiction at /request/rename/B",
    ]);
    expect(findings(headers, { request: { rename: { A: "B" }, set: { b: "1" } } })).toEqual([
      "headers/contradiction at /request/set/b",
    ]);
    expect(findings(headers, { response: { set: { "X-A": "1", "x-a": "2" } } })).toEqual([
      "headers/contradiction at /response/set/x-a",
    ]);
    expect(findings(headers, { response: { remove: ["A"], add: { A: "1" } } })).toEqual([
      "headers/contradiction at /response/add/A",
    ]);
  });

  it("lets a name be renamed and set anew, and set and added to", () => {
    expect(findings(headers, { request: { rename: { A: "B" }, set: { A: "1", C: "1" }, add: { C: ["2", "3"] } } })).toEqual([]);
  });

  it("refuses fields that are the gateway's own, and values that are none", () => {
    expect(findings(headers, { request: { remove: ["Content-Length"] } })).toEqual([
      "headers/forbidden-name at /request/remove/0",
    ]);
    expect(findings(headers, { response: { rename: { A: "connection" } } })).toEqual([
      "headers/forbidden-name at /response/rename/A",
    ]);
    expect(findings(headers, { request: { set: { HOST: "a" } } })).toEqual(["headers/host-field at /request/set/HOST"]);
    expect(findings(headers, { response: { add: { A: ["ok", "a\nb"] } } })).toEqual([
      "headers/invalid-value at /response/add/A/1",
    ]);
  });

  it("asks only for the hooks it needs", () => {
    const hooks = (options: Parameters<typeof headers.lower>[0]) => headers.lower(options, fakePolicyContext());
    expect(hooks({ request: { remove: ["A"] } })).toMatchObject({ hooks: ["upstreamRequest"] });
    expect(hooks({ response: { remove: ["A"] } })).toMatchObject({ hooks: ["response"], summary: "response: -A" });
    expect(loweredConfig(headers, { response: { add: { A: ["1", "${env:X}"] } } })).toEqual({
      request: null,
      response: {
        rename: [],
        remove: [],
        set: [],
        add: [
          { name: "A", value: "1" },
          { name: "A", value: { kind: "setting", template: "${env:X}", origin: fakeOrigin("/response/add/A/1") } },
        ],
      },
    });
  });
});

describe("rewrite", () => {
  const operation = { path: "/v1/orders/{orderId}/{from}-{to}" };

  it("turns a template into pieces", () => {
    expect(loweredConfig(rewrite, { path: "/o/{orderId}" }, operation)).toEqual({
      path: ["/o/", { segment: 2 }],
      query: null,
      host: null,
    });
  });

  it("refuses at run time only where a request could bring `..` about", () => {
    const lower = (path: string) => rewrite.lower({ path }, fakePolicyContext(operation));
    expect(lower("/o/{from}")).toMatchObject({ hooks: ["request", "upstreamRequest"], mayAnswer: true });
    expect(lower("/o/{orderId}")).toMatchObject({ hooks: ["upstreamRequest"], mayAnswer: false });
  });

  it.each([
    ["/v1", 3],
    ["/v1/orders/", 10],
  ])("strips %s", (stripPrefix, length) => {
    expect(findings(rewrite, { stripPrefix }, operation)).toEqual([]);
    expect(loweredConfig(rewrite, { stripPrefix }, operation)).toMatchObject({ path: length });
  });

  it.each(["/v", "/v2", "/", "/v1/orders/x", "/v1/orders/{orderId}"])("refuses the prefix %s", (stripPrefix) => {
    expect(findings(rewrite, { stripPrefix }, operation)).toEqual(["rewrite/prefix-not-in-path at /stripPrefix"]);
  });

  it("suggests the parameter that was meant", () => {
    const context = fakePolicyContext(operation);
    rewrite.check!({ path: "/{orderID}" }, context);
    expect(context.found[0]).toMatchObject({ code: "rewrite/unknown-parameter", help: "Did you mean `orderId`?" });
  });

  it("finds everything else that cannot be meant", () => {
    expect(findings(rewrite, { path: "/a", stripPrefix: "/v1" }, operation)).toEqual(["rewrite/two-paths at /stripPrefix"]);
    expect(findings(rewrite, { path: "/a/./b" }, operation)).toEqual(["rewrite/dot-segment at /path"]);
    expect(findings(rewrite, { path: "/a?b" }, operation)).toEqual(["rewrite/invalid-character at /path"]);
    expect(findings(rewrite, { path: "/x{**}" }, { path: "/a/**" })).toEqual(["rewrite/rest-not-last at /path"]);
    expect(findings(rewrite, { query: { set: { a: "1" }, rename: { b: "a" } } }, operation)).toEqual([
      "rewrite/query-contradiction at /query/set/a",
    ]);
    for (const host of ["https://a", "a/b", "a b", "u@a", "a:x"])
      expect(findings(rewrite, { host }, operation)).toEqual(["rewrite/invalid-host at /host"]);
    for (const host of ["a", "a.b:80", "[::1]:80", "preserve", "${env:H}"])
      expect(findings(rewrite, { host }, operation)).toEqual([]);
  });
});

describe("redirect", () => {
  const redirectTo = (to: string) => ({ to, status: 308, keepQuery: true }) as const;

  it("takes the location apart", () => {
    expect(loweredConfig(redirect, redirectTo("https://a.example:8443/o/{orderId}?x=1#f"))).toEqual({
      ...{
        status: 308,
        base: "https://a.example:8443",
        path: ["/o/", { segment: 2 }],
        query: "x=1",
        keepQuery: true,
        fragment: "#f",
      },
    });
    expect(loweredConfig(redirect, redirectTo("${env:SHOP_URL}/o"))).toMatchObject({
      base: { kind: "setting", template: "${env:SHOP_URL}" },
      path: ["/o"],
    });
    expect(loweredConfig(redirect, redirectTo("https://a.example"))).toMatchObject({ base: "https://a.example", path: [] });
  });

  it.each([
    ["a.example/x", "not-a-location"],
    ["//a.example/x", "not-a-location"],
    ["?x", "not-a-location"],
    ["https:/a", "not-a-location"],
    ["https://{orderId}.example/", "outside-path"],
    ["/a?x={orderId}", "outside-path"],
    ["/a/${env:X}", "outside-path"],
    ["/a/{id}", "unknown-parameter"],
    ["/a b", "invalid-character"],
    ["/v1/orders/{orderId}", "to-itself"],
  ])("refuses %s: %s", (to, slug) => {
    expect(new Set(findings(redirect, redirectTo(to)))).toEqual(new Set([`redirect/${slug} at /to`]));
  });

  it.each(["/a", "/a/{orderId}", "https://a.example", "${env:U}", "https://${env:HOST}/x", "app://open/{orderId}"])(
    "takes %s",
    (to) => {
      expect(findings(redirect, redirectTo(to))).toEqual([]);
    },
  );
});

describe("respond", () => {
  const respondWith = (options: Partial<RespondOptions>): RespondOptions => ({ status: 200, ...options });

  it.each([
    [{}, { status: 200, headers: [], body: "" }],
    [{ body: "hi" }, { status: 200, headers: [{ name: "Content-Type", value: "text/plain; charset=utf-8" }], body: "hi" }],
    [
      { body: { a: [1, null] } },
      { status: 200, headers: [{ name: "Content-Type", value: "application/json" }], body: '{"a":[1,null]}' },
    ],
    [{ body: null }, { status: 200, headers: [{ name: "Content-Type", value: "application/json" }], body: "null" }],
    [
      { status: 201, body: "<a>", contentType: "text/html" },
      { status: 201, headers: [{ name: "Content-Type", value: "text/html" }], body: "<a>" },
    ],
  ])("lowers %j", (options, config) => {
    expect(findings(respond, respondWith(options))).toEqual([]);
    expect(loweredConfig(respond, respondWith(options))).toEqual(config);
  });

  it.each([
    [{ status: 204, body: "x" }, "no-content at /body"],
    [{ status: 304, body: {} }, "no-content at /body"],
    [{ body: "{a}", contentType: "application/problem+json; charset=utf-8" }, "not-json at /body"],
    [{ body: { a: "${env:X}" } }, "setting-in-json at /body"],
    [{ headers: { "content-type": "a/b" } }, "content-type-field at /headers/content-type"],
    [{ headers: { Upgrade: "h2c" } }, "forbidden-name at /headers/Upgrade"],
    [{ headers: { A: "a\r\nb" } }, "invalid-value at /headers/A"],
  ])("refuses %j", (options, finding) => {
    expect(findings(respond, respondWith(options))).toEqual([`respond/${finding}`]);
  });
});

describe("accessLog", () => {
  const options: AccessLogOptions = { format: "native", query: false, headers: [], level: "info", redact: [] };

  it("logs everything, or what is chosen, in one order", () => {
    expect((loweredConfig(accessLog, options) as { fields: string[] }).fields).toHaveLength(30);
    expect(loweredConfig(accessLog, { ...options, fields: ["status", "time"] })).toMatchObject({ fields: ["time", "status"] });
  });

  it("warns of a redaction of nothing", () => {
    expect(findings(accessLog, { ...options, redact: ["a"] })).toEqual(["access-log/nothing-to-redact at /redact"]);
    expect(findings(accessLog, { ...options, query: true, redact: ["a"] })).toEqual([]);
    const bodies = { request: true, response: true, level: "info", maxBytes: "4KiB" } as const;
    expect(findings(accessLog, { ...options, bodies: { ...bodies, redact: [], redactValues: [] }, redact: ["a"] })).toEqual([]);
  });

  it("warns of options that are about lines that are not written", () => {
    const sample = { rate: "1%", keep: "warning" } as const;
    expect(findings(accessLog, { ...options, level: "warning", sample, slow: "1s" })).toEqual([
      "access-log/level-too-high at /sample",
    ]);
    expect(findings(accessLog, { ...options, level: "error", slow: "1s" })).toEqual(["access-log/level-too-high at /slow"]);
    expect(findings(accessLog, { ...options, level: "error", sample: { rate: "1%", keep: "nothing" } })).toEqual([]);
  });

  it("is the plain one unless asked for more", () => {
    const lowered = (more: Partial<AccessLogOptions>) => accessLog.lower({ ...options, ...more }, fakePolicyContext());
    const factory = { module: "policies/access-log", name: "createAccessLog" };
    expect(lowered({})).toMatchObject({ factory, hooks: ["done"] });
    expect(lowered({ slow: "1s" })).toMatchObject({ factory: { name: "createFullLog" }, clocks: true });
    expect(lowered({ level: "error" })).not.toHaveProperty("clocks");
  });
});

describe("metrics", () => {
  it("wants ascending buckets", () => {
    expect(findings(metrics, { buckets: [1, 0.5], native: true, process: true, own: {} })).toEqual([
      "metrics/buckets-not-ascending at /buckets/1",
    ]);
    expect(findings(metrics, { buckets: [0.5, 1], native: true, process: true, own: {} })).toEqual([]);
  });

  it("is handed to the admin listener", () => {
    expect(metrics.lower({ buckets: [1], native: true, process: true, own: {} }, fakePolicyContext())).toMatchObject({
      roles: ["metrics"],
      hooks: ["request", "done"],
    });
  });
});
