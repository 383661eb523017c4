import { describe, expect, test } from "vitest";
import { closed, endpoint, messagesOf, open, orders, type Plan, securityOf } from "./planted.ts";

const holes: [title: string, plan: Plan, request: RegExp][] = [
  [
    "another query",
    { apis: orders, routes: { debug: { match: { path: "/orders", methods: ["GET"], query: { debug: true } }, policies: open } } },
    /`GET \/orders\?debug=x` needs no authentication and reaches `\/orders` of app, where `GET \/orders` needs key/,
  ],
  [
    "another header field",
    {
      apis: orders,
      routes: { probe: { match: { path: "/orders/*", methods: ["GET"], headers: { "X-Probe": "1" } }, policies: open } },
    },
    /`GET \/orders\/x with x-probe: 1` needs no authentication/,
  ],
  [
    "other methods of a wildcard that names none",
    { apis: orders, routes: { rest: { match: { path: "/orders/**" }, policies: open } } },
    /`PUT \/orders` needs no authentication and reaches `\/orders` of app, where `GET \/orders` needs key\. It leads around `orders\.v1\.postOrders` and/,
  ],
  [
    "other methods of a wildcard that change something",
    { apis: orders, routes: { rest: { match: { path: "/**", methods: ["GET", "DELETE"] }, policies: open } } },
    /`DELETE \/orders` needs no authentication/,
  ],
  [
    "a prefix that is stripped",
    {
      apis: orders,
      routes: {
        files: { match: { path: "/files/**", methods: ["GET"] }, policies: { ...open, rewrite: { stripPrefix: "/files" } } },
      },
    },
    /`GET \/files\/orders` needs no authentication and reaches `\/orders`/,
  ],
  [
    "a path that is rewritten",
    {
      apis: orders,
      routes: {
        find: { match: { path: "/find/{id}/now", methods: ["GET"] }, policies: { ...open, rewrite: { path: "/orders/{id}" } } },
      },
    },
    /`GET \/find\/x\/now` needs no authentication and reaches `\/orders\/x`/,
  ],
  [
    "a path that is rewritten to one",
    {
      apis: orders,
      routes: { all: { match: { path: "/all/**", methods: ["POST"] }, policies: { ...open, rewrite: { path: "/orders" } } } },
    },
    /`POST \/all` needs no authentication and reaches `\/orders` of app, where `POST \/orders` needs key/,
  ],
  [
    "a protected path that is rewritten, and its new one asked for",
    {
      routes: {
        shop: { match: { path: "/shop/**" }, policies: { ...closed, rewrite: { path: "/internal/{**}" } } },
        site: { match: { path: "/{a}/{b}", methods: ["GET"] }, policies: open },
      },
    },
    /`GET \/internal\/x` needs no authentication and reaches `\/internal\/x` of app, where `GET \/shop\/x` needs key/,
  ],
  [
    "a path that is rewritten on a condition",
    {
      apis: orders,
      routes: {
        page: {
          match: { path: "/pages/{id}", methods: ["GET"] },
          policies: {
            ...open,
            rewrite: { path: "/orders/{id}", when: "'x-new' in request.headers && request.headers['x-new'] == 'yes'" },
          },
        },
      },
    },
    /`GET \/pages\/x with x-new: yes` needs no authentication and reaches `\/orders\/x`/,
  ],
  [
    "a part of a segment",
    {
      apis: orders,
      routes: {
        short: { match: { path: "/o-{id}.json", methods: ["GET"] }, policies: { ...open, rewrite: { path: "/orders/{id}" } } },
      },
    },
    /`GET \/o-x\.json` needs no authentication and reaches `\/orders\/x`/,
  ],
  [
    "routeTo",
    {
      apis: orders,
      services: { pages: endpoint("http://pages.internal") },
      routes: {
        pages: {
          match: { path: "/{page}/{id}", methods: ["GET"], hosts: ["www.example.com"] },
          service: "pages",
          policies: { ...open, routeTo: { service: "app" } },
        },
      },
    },
    /`GET \/orders\/x for host www\.example\.com` needs no authentication and reaches `\/orders\/x` of app/,
  ],
  [
    "routeTo on a condition",
    {
      routes: {
        admin: { match: { path: "/admin/**" }, service: "back", policies: closed },
        pages: {
          match: { path: "/admin/help", methods: ["GET"], hosts: ["www.example.com"] },
          policies: { ...open, routeTo: { service: "back", when: "'next' in request.query && request.query['next'] == '1'" } },
        },
      },
      services: { back: endpoint("http://back.internal") },
    },
    /`GET \/admin\/help\?next=1 for host www\.example\.com` needs no authentication and reaches `\/admin\/help` of back/,
  ],
  [
    "the protected side by routeTo",
    {
      routes: {
        admin: {
          match: { path: "/admin" },
          policies: { ...closed, routeTo: { service: "back", when: "request.method == 'GET'" } },
        },
        back: {
          match: { path: "/back/**", methods: ["GET"] },
          service: "back",
          policies: { ...open, rewrite: { stripPrefix: "/back" } },
        },
      },
      services: { back: endpoint("http://back.internal") },
    },
    /`GET \/back\/admin` needs no authentication and reaches `\/admin` of back/,
  ],
  [
    "a service that takes the place of another one",
    {
      apis: orders,
      services: { site: { ...endpoint("http://site.internal"), breaker: {}, fallback: { service: "app" } } },
      routes: {
        site: { match: { path: "/orders", methods: ["GET"], hosts: ["www.example.com"] }, service: "site", policies: open },
      },
    },
    /`GET \/orders for host www\.example\.com` needs no authentication and reaches `\/orders` of app/,
  ],
  [
    "a service under two names",
    {
      apis: orders,
      services: { same: { endpoints: ["http://spare.internal", "http://APP.internal:8080/"] } },
      routes: { same: { match: { path: "/orders", hosts: ["old.example.com"] }, service: "same", policies: open } },
    },
    /`GET \/orders for host old\.example\.com` needs no authentication/,
  ],
  [
    "a path of an endpoint",
    {
      apis: { orders: { ...orders.orders, servers: "/shop" } },
      services: { deep: endpoint("http://app.internal:8080/shop") },
      routes: {
        deep: { match: { path: "/orders", methods: ["GET"], hosts: ["deep.example.com"] }, service: "deep", policies: open },
      },
    },
    /`GET \/orders for host deep\.example\.com` needs no authentication and reaches `\/shop\/orders` of deep/,
  ],
  [
    "a server that is written in two ways",
    {
      services: { app: endpoint("http://localhost:80"), there: endpoint("http://127.0.0.1") },
      routes: {
        a: { match: { path: "/a" }, policies: closed },
        b: { match: { path: "/a", hosts: ["b.example.com"] }, service: "there", policies: open },
      },
    },
    /`GET \/a for host b\.example\.com` needs no authentication/,
  ],
  [
    "another host",
    {
      apis: { orders: { ...orders.orders, options: { hosts: ["api.example.com"] } } },
      routes: { site: { match: { path: "/**", methods: ["GET"], hosts: ["*.example.com"] }, policies: open } },
    },
    /`GET \/orders for host x\.example\.com` needs no authentication .* where `GET \/orders for host api\.example\.com` needs key/,
  ],
  [
    "a role that is not asked for",
    {
      apis: { orders: { versions: { v1: { "/orders": { get: "key buyer" } } } } },
      routes: {
        list: {
          match: { path: "/list", methods: ["GET"] },
          policies: { security: securityOf("key"), rewrite: { path: "/orders" } },
        },
      },
    },
    /`GET \/list` needs key and reaches `\/orders` of app, where `GET \/orders` needs key with buyer/,
  ],
  [
    "one scheme of two",
    {
      routes: {
        both: { match: { path: "/pay", methods: ["POST"] }, policies: { security: securityOf("key+other") } },
        one: { match: { path: "/pay", methods: ["POST"], query: { fast: "1" } }, policies: { security: securityOf("other") } },
      },
    },
    /`POST \/pay\?fast=1` needs other and reaches `\/pay` of app, where `POST \/pay` needs key and other/,
  ],
  [
    "an alternative more",
    {
      routes: {
        strict: { match: { path: "/pay", methods: ["POST"] }, policies: { security: securityOf("key") } },
        lax: {
          match: { path: "/pay/lax", methods: ["POST"] },
          policies: { security: securityOf("key|other"), rewrite: { path: "/pay" } },
        },
      },
    },
    /`POST \/pay\/lax` needs key or other and reaches `\/pay`/,
  ],
  [
    "another version in the path",
    {
      apis: {
        orders: {
          versions: { v1: { "/orders": { get: "public" } }, v2: { "/orders": { get: "key" } } },
          options: { versioning: { by: "path", prefix: "/{version}" } },
        },
      },
    },
    /`GET \/v1\/orders` needs no authentication and reaches `\/orders` of app, where `GET \/v2\/orders` needs key/,
  ],
  [
    "another version than the default",
    {
      apis: {
        orders: {
          versions: { v1: { "/orders": { get: "public" } }, v2: { "/orders": { get: "key" } } },
          options: { versioning: { by: "header", name: "Api-Version" } },
          defaultVersion: "v2",
        },
      },
    },
    /`GET \/orders with api-version: v1` needs no authentication and reaches `\/orders` of app, where `GET \/orders` needs key/,
  ],
  [
    "a field that tells apart and that the service does not see",
    {
      routes: {
        a: {
          match: { path: "/a", methods: ["GET"], headers: { "X-Tenant": "a" } },
          policies: { ...closed, headers: { request: { remove: ["X-Tenant"] } } },
        },
        b: { match: { path: "/a", methods: ["GET"], headers: { "X-Tenant": "b" } }, policies: open },
      },
    },
    /`GET \/a with x-tenant: b` needs no authentication and reaches `\/a` of app, where `GET \/a with x-tenant: a` needs key/,
  ],
  [
    "a trailing slash that is rewritten away",
    {
      apis: orders,
      routes: { slash: { match: { path: "/orders/", methods: ["GET"] }, policies: { ...open, rewrite: { path: "/orders" } } } },
    },
    /`GET \/orders\/` needs no authentication and reaches `\/orders`/,
  ],
  [
    "a trailing slash that is ignored",
    {
      routing: { trailingSlash: "ignore" },
      routes: {
        a: { match: { path: "/a", methods: ["GET"] }, policies: closed },
        b: { match: { path: "/b", methods: ["GET"] }, policies: { ...open, rewrite: { path: "/a/" } } },
      },
    },
    /`GET \/b` needs no authentication and reaches `\/a\/` of app, where `GET \/a\/` needs key/,
  ],
  [
    "HEAD for GET (RFC 9110 §9.3.2)",
    {
      apis: orders,
      routes: {
        peek: { match: { path: "/peek/{id}", methods: ["HEAD"] }, policies: { ...open, rewrite: { path: "/orders/{id}" } } },
      },
    },
    /`HEAD \/peek\/x` needs no authentication and reaches `\/orders\/x`/,
  ],
  [
    "a value that the schema lists",
    {
      apis: {
        orders: {
          versions: {
            v1: {
              "/orders/{kind}": { get: { access: "key", parameters: { kind: { type: "string", enum: ["open", "done"] } } } },
              "/public/{kind}": { get: { access: "public", parameters: { kind: { type: "string", enum: ["done", "new"] } } } },
            },
          },
          policies: { paths: { "/public/{kind}": { rewrite: { path: "/orders/{kind}" } } } },
        },
      },
    },
    /`GET \/public\/done` needs no authentication and reaches `\/orders\/done`/,
  ],
  [
    "two wildcards, of which a third route takes the shortest",
    {
      routes: {
        admin: { match: { path: "/admin/**" }, policies: closed },
        site: { match: { path: "/site/**", methods: ["GET"] }, policies: { ...open, rewrite: { stripPrefix: "/site" } } },
        one: { match: { path: "/site/admin" }, policies: { ...closed, rewrite: { stripPrefix: "/site" } } },
      },
    },
    /`GET \/site\/admin\/x` needs no authentication and reaches `\/admin\/x`/,
  ],
];

describe("a hole stops the build and is shown by a request", () => {
  test.each(holes)("%s", async (_, plan, request) => {
    const messages = await messagesOf(plan);
    expect(messages.filter((message) => !/^warning (route\/crossing|expressions\/may-be-absent)/.test(message))).toEqual([
      expect.stringMatching(/^error way-around\/open: /),
    ]);
    expect(messages[0]).toMatch(request);
  });
});

describe("what is accepted", () => {
  const plan = (to: string[]): Plan => ({
    apis: orders,
    routes: { rest: { match: { path: "/orders/**" }, policies: { ...open, wayAround: [{ to, because: "planted" }] } } },
  });

  test("is named one by one", async () => {
    expect(await messagesOf(plan(["getOrders"]))).toEqual([
      expect.stringMatching(/^error way-around\/open: .*where `POST \/orders` needs key/),
    ]);
    expect(await messagesOf(plan(["getOrders", "orders.v1.postOrders", "getOrdersId"]))).toEqual([]);
  });

  test("is there", async () => {
    expect(
      await messagesOf({
        ...plan(["getOrders"]),
        routes: {
          rest: { match: { path: "/x" }, policies: { ...open, wayAround: [{ to: ["getOrders"], because: "planted" }] } },
        },
      }),
    ).toEqual([expect.stringMatching(/^warning way-around\/not-needed: `routes\.rest` is not a way around `getOrders`/)]);
    expect(await messagesOf(plan(["nobody"]))).toContainEqual(
      expect.stringMatching(/^error way-around\/unknown-operation: No operation is called `nobody`/),
    );
  });
});
