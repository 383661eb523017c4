import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { OriginList } from "../../../runtime/fields/origin-list.ts";
import { type CorsConfig, createCors } from "../../../runtime/policies/cors/index.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const config = (
  change: Omit<Partial<CorsConfig>, "origins"> & { readonly origins?: readonly string[] | "any" } = {},
): CorsConfig => ({
  methods: ["GET", "HEAD"],
  allowHeaders: [],
  exposeHeaders: [],
  credentials: false,
  maxAge: 600,
  ...change,
  origins: (change.origins ?? ["https://shop.example.com"]) as readonly StartValue[] | "any",
});

const preflight = (policy: CorsConfig, ...headers: string[]): readonly string[] => {
  const x = fakeExchange({ method: "OPTIONS", headers });
  createCors(policy).preflight(x);
  expect(x.answer?.status).toBe(204);
  return x.answer!.headers.lines;
};

const response = (policy: CorsConfig, origin: string | undefined, ...upstream: string[]): readonly string[] => {
  const x = fakeExchange({ headers: origin === undefined ? [] : ["Origin", origin] });
  x.answer = fakeAnswer({ headers: upstream });
  createCors(policy).response(x);
  return x.answer.headers.lines;
};

const vary = ["Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"];

describe("preflight", () => {
  it("offers what is configured to an allowed origin", () => {
    const lines = preflight(
      config({ allowHeaders: ["Content-Type", "X-Api-Key"], credentials: true }),
      "origin",
      "https://shop.example.com",
    );
    expect(lines).toEqual([
      ...vary,
      ...["Access-Control-Allow-Origin", "https://shop.example.com"],
      ...["Access-Control-Allow-Credentials", "true"],
      ...["Access-Control-Allow-Methods", "GET, HEAD"],
      ...["Access-Control-Allow-Headers", "Content-Type, X-Api-Key"],
      ...["Access-Control-Max-Age", "600"],
    ]);
  });

  it("gives another origin nothing but Vary", () => {
    expect(preflight(config(), "Origin", "https://evil.example")).toEqual(vary);
    expect(preflight(config())).toEqual(vary);
  });

  it("mirrors every character of a token (RFC 9110 §5.6.2), and nothing that stands beside them", () => {
    const policy = config({ origins: "any", allowHeaders: "requested" });
    const offered = (names: string): string | undefined => {
      const lines = preflight(policy, "Origin", "https://a.example", "Access-Control-Request-Headers", names);
      const at = lines.indexOf("Access-Control-Allow-Headers");
      return at < 0 ? undefined : lines[at + 1];
    };
    for (const names of ["a", "z", "A", "Z", "0", "9", "x-a, x-z", "!#$%&'*+-.^_`|~"]) expect(offered(names)).toBe(names);
    for (const sign of '"(),/:;<=>?@[\\]{}'.replace(",", "")) expect(offered(`x${sign}a`), sign).toBeUndefined();
  });

  it("mirrors method and names where the policy says so, and only tokens", () => {
    const policy = config({ origins: "any", methods: "requested", allowHeaders: "requested" });
    const asks = ["Origin", "https://a.example", "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers"];
    expect(preflight(policy, ...asks, "x-a, content-type")).toEqual([
      ...vary,
      ...["Access-Control-Allow-Origin", "*"],
      ...["Access-Control-Max-Age", "600"],
      ...["Access-Control-Allow-Methods", "PATCH"],
      ...["Access-Control-Allow-Headers", "x-a, content-type"],
    ]);
    expect(preflight(policy, ...asks, "x-a;<script>")).not.toContain("Access-Control-Allow-Headers");
  });

  it("does not leak changes of one answer into the next", () => {
    const policy = createCors(config());
    const first = fakeExchange({ headers: ["Origin", "https://shop.example.com"] });
    policy.preflight(first);
    first.answer!.headers.add("X-Other", "1");
    const second = fakeExchange({ headers: ["Origin", "https://shop.example.com"] });
    policy.preflight(second);
    expect(second.answer!.headers.has("x-other")).toBe(false);
  });

  it("is left alone by the response hook", () => {
    const policy = createCors(config({ exposeHeaders: ["X-Total"] }));
    const x = fakeExchange({ method: "OPTIONS", headers: ["Origin", "https://shop.example.com"] });
    policy.preflight(x);
    const before = [...x.answer!.headers.lines];
    policy.response(x);
    expect(x.answer!.headers.lines).toEqual(before);
  });
});

describe("response", () => {
  it("names the allowed origin and varies by it", () => {
    expect(response(config({ exposeHeaders: ["X-Total"] }), "https://shop.example.com", "Content-Type", "text/plain")).toEqual([
      ...["Content-Type", "text/plain"],
      ...["Vary", "Origin"],
      ...["Access-Control-Allow-Origin", "https://shop.example.com"],
      ...["Access-Control-Expose-Headers", "X-Total"],
    ]);
  });

  it("varies also for those who get nothing, or a cache would mix them up", () => {
    expect(response(config(), "https://evil.example")).toEqual(["Vary", "Origin"]);
    expect(response(config(), undefined)).toEqual(["Vary", "Origin"]);
  });

  it("leaves fields of the service that are as long, or only begin like those of CORS", () => {
    const own = ["Content-Security-Policy-Report-Only", "default-src 'self'", "Access-Control-", "x", "Access-Controlled", "y"];
    expect(response(config(), "https://evil.example", ...own)).toEqual([...own, "Vary", "Origin"]);
  });

  it("replaces the fields of the service", () => {
    const own = ["access-control-allow-origin", "*", "Access-Control-Allow-Credentials", "true", "Accept", "x"];
    expect(response(config(), "https://evil.example", ...own)).toEqual(["Accept", "x", "Vary", "Origin"]);
  });

  it.each([
    [
      ["Vary", "Accept"],
      ["Vary", "Accept, Origin"],
    ],
    [
      ["vary", "accept-encoding, origin"],
      ["vary", "accept-encoding, origin"],
    ],
    [
      ["Vary", "X-Origin"],
      ["Vary", "X-Origin, Origin"],
    ],
    [
      ["Vary", "*"],
      ["Vary", "*"],
    ],
    [
      ["Vary", ""],
      ["Vary", "Origin"],
    ],
    [
      ["Vary", "A", "Vary", "ORIGIN"],
      ["Vary", "A", "Vary", "ORIGIN"],
    ],
  ])("adds to Vary %j once", (before, after) => {
    expect(response(config(), undefined, ...before)).toEqual(after);
  });

  it("is the same for everyone where any origin may call", () => {
    expect(response(config({ origins: "any" }), undefined)).toEqual(["Access-Control-Allow-Origin", "*"]);
  });
});

describe("origins", () => {
  const list = new OriginList(["https://shop.example.com", "https://*.example.org", "http://*.local:8080"], "cors");

  it.each(["https://shop.example.com", "https://a.example.org", "https://a.b-1.example.org", "http://x.local:8080"])(
    "has %s",
    (origin) => {
      expect(list.has(origin)).toBe(true);
    },
  );

  it.each([
    "https://shop.example.com.evil.example",
    "http://shop.example.com",
    "https://shop.example.com:8443",
    "https://example.org",
    "https://.example.org",
    "https://evilexample.org",
    "https://evil.example/.example.org",
    "https://user@x.example.org",
    "https://a..example.org",
    "https://x.example.org:444",
    "null",
    "*",
    "",
  ])("has not %j", (origin) => {
    expect(list.has(origin)).toBe(false);
  });

  it.each(["https://shop.example.com/", "shop.example.com", "*", "null", "https://*", "https://a*.example.com"])(
    "refuses %j when the gateway starts",
    (entry) => {
      expect(() => new OriginList([entry], "cors")).toThrow("is no origin");
    },
  );
});

it("a wildcard stands for labels of a host (RFC 3986 §3.2.2) and for nothing that ends them", () => {
  const list = new OriginList(["https://*.example.com" as StartValue], "cors");
  for (const labels of ["a", "z", "0", "9", "a-b", "a_b", "a.b", "a0.z9"])
    expect(list.has(`https://${labels}.example.com`), labels).toBe(true);
  for (const labels of ["", ".", "a.", ".a", "a..b", "a/b", "a:b", "a@b", "a`b", "a{b", "A", "Z", "a b", "a%2eb", "[a"])
    expect(list.has(`https://${labels}.example.com`), labels).toBe(false);
});
