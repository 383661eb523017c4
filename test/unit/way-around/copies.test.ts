import { describe, expect, test } from "vitest";
import { closed, endpoint, messagesOf, open, orders, type Plan, securityOf } from "./planted.ts";

const holes: [title: string, plan: Plan, copy: RegExp][] = [
  [
    "a copy that a mirror gets",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: {
        site: {
          match: { path: "/orders", methods: ["GET"], hosts: ["www.example.com"] },
          service: "site",
          policies: { ...open, mirror: { to: "app" } },
        },
      },
    },
    /A copy of `GET \/orders for host www\.example\.com`, which needs no authentication, reaches `\/orders` of app, where `GET \/orders for host gateway\.example` needs key/,
  ],
  [
    "a copy at another name of the service, on a condition and for a share, with the path that is rewritten",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal"), same: endpoint("http://APP.internal:8080/") },
      routes: {
        site: {
          match: { path: "/find/{id}", methods: ["GET"] },
          service: "site",
          policies: {
            ...open,
            rewrite: { path: "/orders/{id}" },
            mirror: { to: "same", share: "0.1%", when: "'next' in request.query && request.query['next'] == '1'" },
          },
        },
      },
    },
    /A copy of `GET \/find\/x\?next=1`, which needs no authentication, reaches `\/orders\/x` of same/,
  ],
  [
    "a copy of what changes something",
    {
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: {
        site: {
          match: { path: "/orders", methods: ["POST"], hosts: ["www.example.com"] },
          service: "site",
          policies: { ...open, mirror: { to: "app", unsafe: "planted" } },
        },
      },
    },
    /A copy of `POST \/orders for host www\.example\.com`, which needs no authentication/,
  ],
  [
    "a copy of what needs another role",
    {
      routes: {
        admin: { match: { path: "/admin/**" }, policies: { security: securityOf("key buyer") } },
        site: {
          match: { path: "/site/**", methods: ["GET"] },
          service: "site",
          policies: { ...closed, rewrite: { stripPrefix: "/site" }, mirror: { to: "app" } },
        },
      },
      services: { site: endpoint("http://site.internal") },
    },
    /A copy of `GET \/site\/admin`, which needs key, reaches `\/admin` of app, where `GET \/admin` needs key with buyer/,
  ],
  [
    "a copy without the field, or the host, that sets it apart",
    {
      routes: {
        admin: {
          match: { path: "/admin" },
          policies: {
            ...closed,
            rewrite: { path: "/index.php", host: "admin.internal" },
            headers: { request: { set: { "X-Page": "admin" } } },
          },
        },
        home: {
          match: { path: "/home", methods: ["GET"] },
          service: "site",
          policies: {
            ...open,
            rewrite: { path: "/index.php", host: "site.internal" },
            headers: { request: { set: { "X-Page": "home" } } },
            mirror: { to: "app" },
          },
        },
      },
      services: { site: endpoint("http://site.internal") },
    },
    /A copy of `GET \/home`, which needs no authentication, reaches `\/index\.php` of app/,
  ],
];

describe("a copy that reaches what is protected stops the build and is shown by a request", () => {
  test.each(holes)("%s", async (_, plan, copy) => {
    const messages = await messagesOf(plan);
    expect(messages.filter((message) => !/^warning (route\/crossing|expressions\/may-be-absent)/.test(message))).toEqual([
      expect.stringMatching(/^error way-around\/copied: /),
    ]);
    expect(messages[0]).toMatch(copy);
  });
});

test("an operation whose requests and copies both get there is told of its requests", async () => {
  const plan: Plan = {
    apis: orders,
    services: { same: endpoint("http://APP.internal:8080/") },
    routes: {
      debug: {
        match: { path: "/orders", methods: ["GET"], query: { debug: true } },
        policies: { ...open, mirror: { to: "same" } },
      },
    },
  };
  expect(await messagesOf(plan)).toEqual([expect.stringMatching(/^error way-around\/open: `GET \/orders\?debug=x` needs/)]);
});
