import { describe, expect, test } from "vitest";
import { isProven, type Surroundings } from "../../../compiler/expressions/proof/index.ts";
import { expressionOf } from "./support.ts";

const isAlways = (text: string, around: Surroundings = {}): boolean =>
  isProven({ oneOf: [expressionOf(text)], orUndecided: true, around });

describe("an expression that nothing can make false is known for one", () => {
  test.each([
    "true",
    "!false",
    "true || request.method == 'GET'",
    "request.method == 'GET' || true",
    "1 == 1",
    "1 < 2",
    "2 >= 1 + 1",
    "-1 < 0",
    "'a' == 'a'",
    "'a' != 'b'",
    "'a' in ['a', 'b']",
    "1 in [1]",
    "true ? true : false",
    "identity.subject == 'x' ? true : true",
    "type(1) == int",
    "int('1') == 1",
    "string(1) == '1'",
    "bool('true')",
    "size('ab') == 2",
    "size([1, 2]) == 2",
    "'abc'.startsWith('a')",
    "'abc'.contains('b') && 'abc'.endsWith('c')",
    "'abc'.matches('^a')",
    "request.method == request.method",
    "identity.subject == identity.subject",
    "identity.subject != ''",
    "request.method != 'GET' || request.method != 'POST'",
    "request.method == 'GET' || request.method != 'GET'",
    "request.method == 'GET' || !(request.method == 'GET')",
    "!(request.method == 'GET' && request.method == 'POST')",
    "request.path.startsWith('')",
    "request.path.startsWith('/')",
    "request.path.contains('/')",
    "request.path.matches('.*')",
    "request.path.matches('^.*$')",
    "request.headers['x'].matches('^(.*)$')",
    "body.total >= -9223372036854775808",
    "request.path.matches('^')",
    "request.path.matches('x*')",
    "request.host.endsWith('')",
    "size(request.path) >= 0",
    "request.path.size() > -1",
    "size(request.headers) >= 0",
    "size(identity.roles) >= 0",
    "[1, 2].all(x, x == x)",
    "[1].exists(x, true)",
    "identity.roles.all(role, role == role)",
    "has(request.headers.a) || !has(request.headers.a)",
    "'a' in request.headers || !('a' in request.headers)",
    "has(request.headers.b) ? request.headers.b == request.headers.b : true",
    "body.total > 5 || body.total <= 5",
    "body.total < 10 || body.total > 5",
    "body.total == 3 || body.total != 3",
    "has(identity.subject)",
    "params.orderId != ''",
    "now == now",
    "!(request.method < request.method)",
    "identity.subject >= identity.subject",
    "['a', request.method] == ['a', request.method]",
    "identity.subject == 'a' || identity.scheme == 'b' || !(identity.subject == 'a' || identity.scheme == 'b')",
  ])("%s", (text) => expect(isAlways(text)).toBe(true));
});

describe("what some request can make false is not taken for always true", () => {
  test.each([
    "['a'] == ['a', 'b']",
    "['a', 'b'] == ['a']",
    "[identity.subject] == ['ann']",
    "!([] == ['a']) && ['a'] == []",
    "request.method < identity.subject",
    "false",
    "request.method == 'GET'",
    "request.headers['a'] == '1'",
    "has(request.headers.a)",
    "'admin' in identity.roles",
    "identity.subject == 'a' || identity.subject == 'b'",
    "identity.subject != 'a' && identity.subject != 'b'",
    "request.path.startsWith('/x')",
    "request.path.matches('^/x')",
    "request.path.matches('^$')",
    // `.` matches no line break (RE2 syntax without the flag s), and a query can hold `%0A`.
    "request.query.q.matches('^.*$')",
    "request.query.q.matches('^(.*)$')",
    // Numbers that are computed with have more values that matter than those that they are compared with.
    "body.total < 10 || body.total * 2 < 100",
    "body.total < 10 || string(body.total) != '77'",
    "body.total < 10 || [body.total] != [77]",
    "body.total < 10 || !(77 in [body.total])",
    "body.total < 10 || (request.path == '/' ? 0 : body.total) != 77",
    "body.total < 10 || body.total - 50 != 27",
    // One more than a large double is the same double (IEEE 754), and NaN is not equal to itself.
    "body.price <= 1e300",
    "double(request.query.q) == double(request.query.q)",
    "request.path.matches('.+x')",
    "size(request.path) > 1",
    "body.total <= 100",
    "body.total < 5 || body.total > 5",
    "body.price < 5.0 || body.price > 5.0",
    "identity.roles.exists(role, role == 'admin')",
    "identity.roles.all(role, role == 'admin')",
    "identity.roles.exists(role, true)",
    "!(body.total > 5 && size(body.items) > 5 && body.total < size(body.items))",
    "identity.subject == params.orderId",
    "now < timestamp('2020-01-01T00:00:00Z')",
    "peer.ip == '10.0.0.1'",
    "request.query.limit < 10",
    "[1, 2].all(x, x == 1)",
    "double(request.headers['a']) < 1.0 || double(request.headers['a']) >= 1.0",
  ])("%s", (text) => expect(isAlways(text)).toBe(false));
});

test("an expression without a value is true for a condition, and not for a demand", () => {
  const oneOf = [expressionOf("request.headers['a'] == request.headers['a']")];
  expect(isProven({ oneOf, orUndecided: true })).toBe(true);
  expect(isProven({ oneOf, orUndecided: false })).toBe(false);
});

test("methods and path of an operation are known", () => {
  expect(isAlways("request.method == 'GET'", { methods: ["GET", "HEAD"] })).toBe(false);
  expect(isAlways("request.method in ['GET', 'HEAD']", { methods: ["GET", "HEAD"] })).toBe(true);
  expect(isAlways("request.method != 'POST'", { methods: ["GET", "HEAD"] })).toBe(true);
  expect(isAlways("request.path.startsWith('/orders')", { path: { prefix: "/orders/" } })).toBe(true);
  expect(isAlways("request.path.startsWith('/orders/1')", { path: { prefix: "/orders/" } })).toBe(false);
  expect(isAlways("request.path != '/other'", { path: { prefix: "/orders/" } })).toBe(true);
  expect(isAlways("!request.path.startsWith('/other')", { path: { prefix: "/orders/" } })).toBe(true);
  expect(isAlways("request.path == '/orders'", { path: { values: ["/orders"] } })).toBe(true);
  expect(isAlways("request.path == '/orders'", { path: { values: ["/orders", "/orders/"] } })).toBe(false);
});

test("conditions that cover every request together are proven together, and what is given counts", () => {
  const [when, other] = [expressionOf("request.headers['a'] == '1'"), expressionOf("request.headers['a'] != '1'")];
  expect(isProven({ oneOf: [when], orUndecided: true })).toBe(false);
  expect(isProven({ oneOf: [when, other], orUndecided: true })).toBe(true);
  expect(isProven({ oneOf: [when], orUndecided: true, given: [{ expression: when, is: true }] })).toBe(true);
  expect(isProven({ oneOf: [when], orUndecided: true, given: [{ expression: other, is: false }] })).toBe(true);
  expect(isProven({ oneOf: [when], orUndecided: true, given: [{ expression: when, is: false }] })).toBe(false);
});

test("a proof that takes too long is none", () => {
  const text = Array.from(
    { length: 30 },
    (_, index) => `(request.path.endsWith('${index}') || request.host.endsWith('${index}'))`,
  ).join(" && ");
  expect(isAlways(`${text} || !(${text})`)).toBe(false);
});
