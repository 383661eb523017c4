import { describe, expect, test } from "vitest";
import { closed, endpoint, messagesOf, open, orders, type Plan, securityOf } from "./planted.ts";

const get = { get: "key" };

const controls: [title: string, plan: Plan][] = [
  [
    "a narrower route takes its path out",
    {
      routes: {
        admin: { match: { path: "/admin/**" }, policies: closed },
        health: { match: { path: "/admin/health" }, policies: open },
      },
    },
  ],
  [
    "a wide route that only reads",
    { apis: orders, routes: { site: { match: { path: "/**", methods: ["GET", "HEAD"] }, policies: open } } },
  ],
  ["a wide route that asks for the same", { apis: orders, routes: { rest: { match: { path: "/**" }, policies: closed } } }],
  [
    "another service",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: { site: { match: { path: "/**" }, service: "site", policies: open } },
    },
  ],
  [
    "another path of the same server",
    {
      apis: orders,
      services: { site: endpoint("http://app.internal:8080/site") },
      routes: { site: { match: { path: "/**" }, service: "site", policies: open } },
    },
  ],
  [
    "schemes that cannot be compared",
    {
      apis: orders,
      routes: {
        debug: {
          match: { path: "/orders", methods: ["GET"], query: { debug: true } },
          policies: { security: securityOf("other") },
        },
      },
    },
  ],
  [
    "more than is asked for, where a client asks for more",
    {
      apis: orders,
      routes: {
        debug: {
          match: { path: "/orders", methods: ["GET"], query: { debug: true } },
          policies: { security: securityOf("key+other") },
        },
      },
    },
  ],
  [
    "read by all, changed by some",
    {
      apis: {
        orders: {
          versions: { v1: { "/orders": { get: "public", post: "key" }, "/orders/{id}": { get: "public", delete: "key" } } },
        },
      },
    },
  ],
  [
    "a literal of the spec beside a parameter",
    { apis: { orders: { versions: { v1: { "/orders/{id}": get, "/orders/new": { get: "public" } } } } } },
  ],
  [
    "a parameter of the spec beside a literal",
    { apis: { orders: { versions: { v1: { "/orders/{id}": { get: "public" }, "/orders/mine": get } } } } },
  ],
  [
    "what the gateway answers itself",
    {
      apis: orders,
      routes: { probe: { match: { path: "/orders", query: { probe: true } }, policies: { ...open, respond: { status: 204 } } } },
    },
  ],
  [
    "a front controller that gets another page",
    {
      routes: {
        admin: {
          match: { path: "/admin" },
          policies: { ...closed, rewrite: { path: "/index.php", query: { set: { page: "admin" } } } },
        },
        home: {
          match: { path: "/home" },
          policies: { ...open, rewrite: { path: "/index.php", query: { set: { page: "home" } } } },
        },
      },
    },
  ],
  [
    "virtual hosts of one server",
    {
      routes: {
        admin: {
          match: { path: "/**", hosts: ["admin.example.com"] },
          policies: { ...closed, rewrite: { host: "admin.internal" } },
        },
        site: { match: { path: "/**", hosts: ["www.example.com"] }, policies: { ...open, rewrite: { host: "site.internal" } } },
      },
    },
  ],
  [
    "virtual hosts that are the client's",
    {
      routes: {
        admin: { match: { path: "/**", hosts: ["admin.example.com"] }, policies: { ...closed, rewrite: { host: "preserve" } } },
        site: { match: { path: "/**", hosts: ["www.example.com"] }, policies: { ...open, rewrite: { host: "preserve" } } },
      },
    },
  ],
  [
    "values that the schema does not list",
    {
      apis: {
        orders: {
          versions: {
            v1: {
              "/admin": { get: "key" },
              "/page/{name}": { get: { access: "public", parameters: { name: { type: "string", enum: ["home", "help"] } } } },
            },
          },
          policies: { paths: { "/page/{name}": { rewrite: { path: "/{name}" } } } },
        },
      },
    },
  ],
  [
    "values that are of another type",
    {
      apis: {
        orders: {
          versions: {
            v1: {
              "/admin": { get: "key" },
              "/page/{number}": { get: { access: "public", parameters: { number: { type: "integer" } } } },
            },
          },
          policies: { paths: { "/page/{number}": { rewrite: { path: "/{number}" } } } },
        },
      },
    },
  ],
  [
    "a slash that makes another path",
    { apis: orders, routes: { slash: { match: { path: "/orders/", methods: ["GET"] }, policies: open } } },
  ],
  [
    "what the wide one leaves over",
    {
      routes: {
        a: { match: { path: "/a" }, policies: closed },
        site: { match: { path: "/site/**", methods: ["GET"] }, policies: { ...open, rewrite: { stripPrefix: "/site" } } },
        b: { match: { path: "/site/a" }, policies: { ...closed, rewrite: { stripPrefix: "/site" } } },
      },
    },
  ],
  [
    "versions that the service tells apart",
    {
      apis: {
        orders: {
          versions: { v1: { "/orders": { get: "public" } }, v2: { "/orders": { get: "key" } } },
          options: { versioning: { by: "header", name: "Api-Version" } },
        },
      },
    },
  ],
  [
    "copies for endpoints of their own",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal"), next: endpoint("http://next.internal") },
      routes: {
        site: {
          match: { path: "/orders", methods: ["GET"], hosts: ["www.example.com"] },
          service: "site",
          policies: { ...open, mirror: { to: "next" } },
        },
      },
    },
  ],
  [
    "copies of what is protected alike",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: {
        site: {
          match: { path: "/orders", methods: ["GET"], hosts: ["www.example.com"] },
          service: "site",
          policies: { ...closed, mirror: { to: "app" } },
        },
      },
    },
  ],
  [
    "a service that gets copies of what is protected, and is open itself",
    {
      apis: { orders: { ...orders.orders, policies: { operations: { getOrders: { mirror: { to: "next" } } } } } },
      services: { next: endpoint("http://next.internal") },
      routes: { next: { match: { path: "/orders", hosts: ["next.internal"] }, service: "next", policies: open } },
    },
  ],
  [
    "methods of which there are no copies",
    {
      apis: { orders: { versions: { v1: { "/orders": { post: "key" } } } } },
      services: { site: endpoint("http://site.internal") },
      routes: {
        site: {
          match: { path: "/**", methods: ["GET", "POST"], hosts: ["www.example.com"] },
          service: "site",
          policies: { ...open, mirror: { to: "app" } },
        },
      },
    },
  ],
  [
    "a copy with a query that makes it another page",
    {
      routes: {
        admin: {
          match: { path: "/admin" },
          policies: { ...closed, rewrite: { path: "/index.php", query: { set: { page: "admin" } } } },
        },
        home: {
          match: { path: "/home", methods: ["GET"] },
          service: "site",
          policies: { ...open, rewrite: { path: "/index.php", query: { set: { page: "home" } } }, mirror: { to: "app" } },
        },
      },
      services: { site: endpoint("http://site.internal") },
    },
  ],
  [
    "a copy that is accepted",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: {
        site: {
          match: { path: "/orders", methods: ["GET"], hosts: ["www.example.com"] },
          service: "site",
          policies: {
            ...open,
            mirror: { to: "app" },
            wayAround: [{ to: ["getOrders"], because: "it reads a copy of the data" }],
          },
        },
      },
    },
  ],
  [
    "what is accepted",
    {
      apis: orders,
      routes: {
        debug: {
          match: { path: "/orders", methods: ["GET"], query: { debug: true } },
          policies: { ...open, wayAround: [{ to: ["getOrders"], because: "counts only" }] },
        },
      },
    },
  ],
];

describe("what is no hole builds", () => {
  test.each(controls)("%s", async (_, plan) => {
    const messages = await messagesOf(plan);
    expect(messages.filter((message) => message.includes("way-around"))).toEqual([]);
    expect(messages.filter((message) => message.startsWith("error"))).toEqual([]);
  });
});
