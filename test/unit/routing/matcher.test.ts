import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRoute } from "../../../compiler/routing/brute-force.ts";
import { compileMatcher, request, requestArbitrary, route, routesArbitrary } from "./support.ts";

describe("the emitted matcher agrees with the plain reading of the routes", () => {
  for (const trailingSlash of ["strict", "ignore", "redirect"] as const) {
    test(`trailingSlash: ${trailingSlash}`, () => {
      const cases = routesArbitrary.chain((routes) =>
        fc.tuple(fc.constant(routes), fc.array(requestArbitrary(routes), { minLength: 20, maxLength: 40 })),
      );
      fc.assert(
        fc.property(cases, ([routes, requests]) => {
          const matcher = compileMatcher(routes, { trailingSlash });
          for (const each of requests) {
            const wanted = decideRoute(routes, each, { trailingSlash }).winner?.id ?? null;
            expect({ request: each, won: matcher.match(each) }).toEqual({ request: each, won: wanted });
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});

describe("precedence", () => {
  const table: [string, string[], string][] = [
    ["GET /a/b", ["GET /a/{x}", "GET /a/b"], "GET /a/b"],
    ["GET /a/c", ["GET /a/{x}", "GET /a/b"], "GET /a/{x}"],
    ["GET /a/b/c", ["GET /a/{x}/c", "GET /a/b/{y}"], "GET /a/b/{y}"],
    ["GET /a/b/d", ["GET /a/{x}/d", "GET /a/b/c"], "GET /a/{x}/d"],
    ["GET /report.json", ["GET /{x}", "GET /report.{format}"], "GET /report.{format}"],
    ["GET /a-b", ["GET /{from}-{to}", "GET /{x}"], "GET /{from}-{to}"],
    ["GET /items/1:cancel", ["GET /items/{id}", "GET /items/{id}:cancel"], "GET /items/{id}:cancel"],
    ["GET /legacy", ["GET /legacy/**", "GET /**"], "GET /legacy/**"],
    ["GET /legacy/", ["GET /legacy/**", "GET /**"], "GET /legacy/**"],
    ["GET /legacy/a/b", ["GET /legacy/**", "GET /**"], "GET /legacy/**"],
    ["GET /legacyx", ["GET /legacy/**", "GET /**"], "GET /**"],
    ["GET /a", ["* /a", "GET /a"], "GET /a"],
    ["PUT /a", ["* /a", "GET /a"], "* /a"],
    ["HEAD /a", ["* /a", "GET /a"], "GET /a"],
    ["HEAD /a", ["HEAD /a", "GET /a", "* /a"], "HEAD /a"],
  ];
  test.each(table)("%s among %j goes to %s", (asked, routes, winner) => {
    const made = routes.map((text) => route(text));
    for (const order of [made, made.toReversed()]) {
      expect(compileMatcher(order).match(request(asked))).toBe(winner);
      expect(decideRoute(order, request(asked)).winner?.id).toBe(winner);
    }
  });

  test("a literal without the method does not hide a template that has it", () => {
    expect(compileMatcher([route("GET /a/b"), route("POST /a/{x}")]).match(request("POST /a/b"))).toBe("POST /a/{x}");
  });
});

// What decides here is not taken from our own reading of `RouteMatch`, which was wrong together with the matcher once.
describe("HEAD goes where the path says", () => {
  const table: [source: string, asked: string, routes: string[], winner: string][] = [
    ["OpenAPI 3.1 §4.8.8.2, concrete before templated", "HEAD /a", ["HEAD /{x}", "GET /a"], "GET /a"],
    ["OpenAPI 3.1 §4.8.8.2, concrete before templated", "HEAD /a/b", ["HEAD /{x}/b", "GET /a/{y}"], "GET /a/{y}"],
    ["OpenAPI 3.1 §4.8.8.2, concrete before templated", "HEAD /admin/x", ["* /admin/**", "GET /**", "HEAD /**"], "* /admin/**"],
    ["OpenAPI 3.1 §4.8.8.2, concrete before templated", "HEAD /admin/x", ["GET /admin/{x}", "HEAD /admin/**"], "GET /admin/{x}"],
    ["RFC 9110 §9.3.2, HEAD is GET without content", "HEAD /a", ["GET /a", "POST /a"], "GET /a"],
    ["RFC 9110 §9.3.2, HEAD is GET without content", "HEAD /a", ["GET /a", "HEAD /b"], "GET /a"],
    ["RFC 9110 §9.3.2, a HEAD of its own between equals", "HEAD /a", ["GET /a", "HEAD /a"], "HEAD /a"],
    ["RFC 9110 §9.3.2, a HEAD of its own where the narrower path has neither", "HEAD /a", ["POST /a", "HEAD /{x}"], "HEAD /{x}"],
  ];
  test.each(table)("%s: %s among %j", (_, asked, routes, winner) => {
    const made = routes.map((text) => route(text));
    for (const order of [made, made.toReversed()]) expect(compileMatcher(order).match(request(asked))).toBe(winner);
  });

  test("conditions and hosts decide before HEAD as well", () => {
    const routes = [
      route("GET /a", { headers: [{ name: "x-a" }] }, "with a field"),
      route("HEAD /a", {}, "head"),
      route("HEAD /**", { hosts: ["*.example"] }, "wide"),
      route("GET /**", { hosts: ["shop.example"] }, "host"),
    ];
    const matcher = compileMatcher(routes);
    const asked = (host: string, headers: { name: string; value: string }[] = []) =>
      matcher.match(request("HEAD /a", { host, headers }));
    expect(asked("other.test")).toBe("head");
    expect(asked("other.test", [{ name: "x-a", value: "1" }])).toBe("with a field");
    expect(asked("api.example")).toBe("wide");
    expect(asked("shop.example")).toBe("host");
  });

  test("no GET becomes a HEAD", () => {
    const matcher = compileMatcher([route("HEAD /a"), route("HEAD /b/{x}"), route("GET /{x}"), route("GET /b/**")]);
    expect(matcher.match(request("GET /a"))).toBe("GET /{x}");
    expect(matcher.match(request("HEAD /a"))).toBe("HEAD /a");
    expect(matcher.match(request("GET /b/c"))).toBe("GET /b/**");
    expect(matcher.match(request("HEAD /b/c"))).toBe("HEAD /b/{x}");
  });
});

describe("allow", () => {
  test("lists the methods of the path, HEAD for GET, and OPTIONS", () => {
    const matcher = compileMatcher([route("GET /a"), route("DELETE /{x}"), route("PURGE /a"), route("HEAD /b")]);
    expect(matcher.allow(request("PUT /a"))).toBe("GET, HEAD, DELETE, PURGE, OPTIONS");
    expect(matcher.allow(request("PUT /b"))).toBe("HEAD, DELETE, OPTIONS");
    expect(matcher.allow(request("PUT /a/b"))).toBe("");
  });
});

describe("the printed text", () => {
  test("is the same for the same routes and holds no regular expression", () => {
    const routes = Array.from({ length: 50 }, (_, index) => route(`GET /v1/thing${index}/{id}`));
    const { text } = compileMatcher(routes);
    expect(compileMatcher(routes).text).toBe(text);
    expect(text).not.toMatch(/RegExp|\.match\(|\.test\(|\.slice\(|\.split\(/);
  });

  test("cannot be broken out of by a path", () => {
    const evil = ["GET /*/x", "GET /a*/{b}", "GET /`${process.exit()}`/b", 'GET /";throw/c', "GET /a\u2028b"];
    const routes = evil.map((text) => route(text, {}, text, false));
    const matcher = compileMatcher(routes);
    expect(matcher.match(request("GET /a%E2%80%A8b"))).toBe(evil[4]);
  });
});
