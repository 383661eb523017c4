import { expect, test } from "vitest";
import { celTypes } from "../../../compiler/expressions/index.ts";
import { ExpressionError } from "../../../runtime/expressions/error.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { compilePolicy } from "./run-expression.ts";
import { environment, expressionOf } from "./support.ts";

const x = {
  method: "POST",
  path: "/orders/7",
  query: "page=2&tag=a%20b",
  host: "shop.example",
  headers: new HeaderList(["Host", "shop.example", "X-Tenant", "acme"]),
  peer: { ip: "10.0.0.1" },
  identity: {
    subject: "ann",
    scheme: "bearer",
    roles: [],
    scopes: ["orders:write"],
    claims: JSON.parse('{"level":3,"__proto__":{"admin":true}}') as unknown,
  },
};

const printed = (text: string, expected = celTypes.bool as (typeof celTypes)["bool"] | (typeof celTypes)["string"]) =>
  compilePolicy(expressionOf(text, expected));
const run = (text: string, body?: unknown): unknown => printed(text).run(x, { orderId: "7", "line-no": "1" }, body);

test.each([
  [
    "'orders:write' in identity.scopes && body.total <= 10000",
    'x.identity.scopes.includes("orders:write") && readInt(readObject(body).total) <= 10000',
  ],
  [
    "body.total <= 10000 && 'orders:write' in identity.scopes",
    'x.identity.scopes.includes("orders:write") && readInt(readObject(body).total) <= 10000',
  ],
  ["request.headers['X-Tenant'] == params.orderId", 'present(x.headers.get("x-tenant")) === params.orderId'],
  ["'X-Tenant' in request.headers", 'x.headers.get("x-tenant") !== undefined'],
  ["has(request.query.page)", 'queryValue(x.query, "page") !== undefined'],
  ["request.method in ['GET', 'HEAD']", "list.includes(x.method)"],
  ["request.path.matches('^/orders/[0-9]+$')", "pattern.test(x.path)"],
  ["body.constructor == 'a'", 'readString(own(readObject(body), "constructor")) === "a"'],
  ["body['content-type'] == 'a'", 'readString(readObject(body)["content-type"]) === "a"'],
  ["now < timestamp('2027-01-01T00:00:00Z')", "compareTime(timestampOfMillis(clock.wall()), timestamp) < 0"],
  ["!(request.method == 'GET') || true", '!(x.method === "GET") || true'],
  ["(request.method == 'GET' ? 1 : 2) > 1", '(x.method === "GET" ? 1 : 2) > 1'],
  ["identity.subject + request.path == 'a'", 'x.identity.subject + x.path === "a"'],
])("%s", (text, wanted) => {
  expect(printed(text).text).toBe(wanted);
});

test("what can fail on both sides is evaluated by a function at module level, without closures", () => {
  const { text, declarations } = printed("body.total > 1 && body.items[0].count > 1");
  expect(text).toBe("every(body)");
  expect(declarations).toEqual([
    [
      "function every(body) {",
      "  let failure;",
      "  try {",
      "    if (!(readInt(readObject(body).total) > 1)) return false;",
      "  } catch (error) {",
      "    failure ??= error;",
      "  }",
      "  try {",
      "    if (!(readInt(readObject(elementOf(readList(readObject(body).items), 0)).count) > 1)) return false;",
      "  } catch (error) {",
      "    failure ??= error;",
      "  }",
      "  if (failure !== undefined) throw failure;",
      "  return true;",
      "}",
    ].join("\n"),
  ]);
});

test.each<[string, unknown, boolean]>([
  ["body.total == 5", { total: 5 }, true],
  ["body.items.exists(i, i.count > 1)", { items: [{ count: 1 }, { count: 2 }] }, true],
  ["body.items.exists(i, i.count > 1)", { items: [{ count: "x" }, { count: 2 }] }, true],
  [
    "body.items.all(i, body.items.exists(j, j.sku == i.sku && j.count > 0))",
    {
      items: [
        { sku: "a", count: 1 },
        { sku: "b", count: 2 },
      ],
    },
    true,
  ],
  ["body.total > 3 || request.method == 'POST'", undefined, true],
  // The smallest int64 and every second integer beyond 2^53 are doubles in JSON, the others bigints.
  ["body.total == -9223372036854775808", { total: -(2 ** 63) }, true],
  ["body.total == -9223372036854775808", { total: -9223372036854775808n }, true],
  ["body.total == -9223372036854775807", { total: -(2 ** 63) }, false],
  ["body.total + 1 == -9223372036854775807", { total: -(2 ** 63) }, true],
  ["body.total in [-9223372036854775808]", { total: -(2 ** 63) }, true],
  ["-9223372036854775808 in body.ids", { ids: [1, -(2 ** 63)] }, true],
  ["9007199254740993 in body.ids", { ids: [2 ** 53] }, false],
  ["9007199254740993 in body.ids", { ids: [9007199254740993n] }, true],
  ["body.total in body.ids", { total: 9007199254740993n, ids: [9007199254740992] }, false],
  ["body.total in body.ids", { total: 9007199254740994, ids: [9007199254740994] }, true],
  ["body.total == 9007199254740994", { total: 9007199254740994 }, true],
  ["body.total < 9007199254740993", { total: 2 ** 53 }, true],
  ["has(body.constructor)", {}, false],
  ["body.customer.level == 3", { customer: { level: 3 } }, true],
  ["body.customer.level == 3", { customer: { level: "3" } }, false],
  ["identity.claims.level == 3", undefined, true],
  ["request.query.tag == 'a b'", undefined, true],
  ["request.headers.exists(name, request.headers[name] == 'acme')", undefined, true],
  ["params['line-no'] == '1'", undefined, true],
])("%s on %o", (text, body, wanted) => {
  expect(run(text, body)).toBe(wanted);
});

test.each<[string, unknown]>([
  ["body.total == 5", undefined],
  ["body.total == 5", {}],
  ["body.total == 5", { total: "5" }],
  ["body.total == 5", { total: 2 ** 63 }],
  ["body.total == 5", { total: 9223372036854775808n }],
  ["body.total == 5", { total: 1.5 }],
  ["body.total + 9223372036854775807 > 0", { total: 1 }],
  ["100 / body.total > 1", { total: 0 }],
  ["body.status.size() > 2", { status: null }],
  ["'a' in body.tags", { tags: "a" }],
  ["has(body.note)", []],
  ["identity.claims.admin == true", undefined],
  ["identity.claims.__proto__.admin == true && identity.claims.other == 1", undefined],
  ["identity.claims.toString == 'a'", undefined],
])("%s on %o ends in an error", (text, body) => {
  expect(() => run(text, body)).toThrow(ExpressionError as never);
});

test("an identity that may be missing is guarded", () => {
  const code = compilePolicy(
    expressionOf("has(identity.subject) && identity.subject == 'ann'", celTypes.bool, { identity: { optional: true } }),
  );
  expect(code.run({ ...x, identity: undefined })).toBe(false);
  expect(code.run(x)).toBe(true);
});

test("an optional body that is missing is null", () => {
  const { type } = environment().variables.body!;
  const code = compilePolicy(expressionOf("body != null && body.total > 1", celTypes.bool, { body: type, bodyOptional: true }));
  expect(code.text).toBe("orNull(body) !== null && readInt(readObject(orNull(body)).total) > 1");
  expect(code.run(x, {}, undefined)).toBe(false);
  expect(code.run(x, {}, { total: 2 })).toBe(true);
});

test("text of a spec cannot become code", () => {
  const hostile = '"];process.exit(1);//';
  const code = compilePolicy(expressionOf(`body["content-type"] == '${hostile}' || request.path.matches('/\\\\]//\\n')`));
  expect(code.run(x, {}, { "content-type": hostile })).toBe(true);
});
