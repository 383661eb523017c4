import { expect, test } from "vitest";
import { celTypes, type Schema, SchemaTypes } from "../../../compiler/expressions/index.ts";
import { expressionOf, problemsOf } from "./support.ts";

/** Code, the text it points at, and the help, of each problem. */
const found = (text: string, ...rest: Parameters<typeof problemsOf> extends [string, ...infer More] ? More : never) =>
  problemsOf(text, ...rest).map(
    ({ code, start, end, help }) => `${code.slice("expressions/".length)} [${text.slice(start, end)}] ${help}`,
  );

test.each([
  ["identity.scops.size() > 0", "unknown-variable [identity.scops] Did you mean `identity.scopes`?"],
  ["identiti.scopes.size() > 0", "unknown-variable [identiti] Did you mean `identity`?"],
  ["body.totl > 1", "unknown-field [totl] Did you mean `body.total`?"],
  ["body.customer.nam == 'a'", "unknown-field [nam] Did you mean `body.customer.name`?"],
  ["has(body.notee)", "unknown-field [notee] Did you mean `body.note`?"],
  ["params.orderID == '1'", "unknown-field [orderID] Did you mean `params.orderId`?"],
  ["params['line-nr'] == '1'", "unknown-field ['line-nr'] Did you mean `params[\"line-no\"]`?"],
  ["params.limit > 1", "unknown-field [limit] It is a query parameter: write `request.query.limit`."],
  ["params['page-size'] > 1", "unknown-field ['page-size'] It is a query parameter: write `request.query[\"page-size\"]`."],
  ["request.method == 'get'", "method-case ['get'] Write `'GET'`."],
  ["request.method in ['GET', 'Head']", "method-case ['Head'] Write `'HEAD'`."],
  ["body.items.exists(i, i.skuu == 'a')", "unknown-field [skuu] Did you mean `i.sku`?"],
  ["request.path.startWith('/a')", "unknown-function [startWith] Did you mean `startsWith`?"],
  ["startsWith(request.path, '/a')", "unknown-function [startsWith] Write it behind a value: `value.startsWith(…)`."],
  ["body.total == '5'", "never-equal [body.total == '5'] Write `5`."],
  ["body.status == 5", "never-equal [body.status == 5] Write `'5'`."],
  ["body.total in ['a']", "never-equal [body.total in ['a']] Convert one of them, for example `string(body.total)`."],
  [
    "body.status == null",
    "never-equal [body.status == null] It is never null. Write `has(body.status)` to ask whether it is there.",
  ],
  ["body.total > '5'", "wrong-arguments [body.total > '5'] Write `5`."],
  [
    "has(body.price) && body.price * 2 > 1.0",
    "wrong-arguments [body.price * 2] Numbers of different types are not mixed here: write `2.0`.",
  ],
  ["'a' + body.total == 'a1'", "wrong-arguments ['a' + body.total] Convert it: `string(body.total)`."],
  ["body.total", "wrong-type [body.total] Compare it with something, for example `== …`."],
  ["body.total && true", "wrong-type [body.total] Compare it with something, for example `== …`."],
  ["'a' in identity.subject", "wrong-arguments [identity.subject] Write `identity.subject.contains('a')`."],
  ["request.query.limit == '5'", "never-equal [request.query.limit == '5'] Write `5`."],
  ["request.query['limit'] > '5'", "wrong-arguments [request.query['limit'] > '5'] Write `5`."],
  ["'red' in request.query.limit", "wrong-arguments [request.query.limit] Write a list or a map behind `in`."],
  ["request.query.tag == 'a'", "undeclared-parameter [tag] Did you mean `tags`? Otherwise declare it in the spec."],
  ["has(request.query.limt)", "undeclared-parameter [limt] Did you mean `limit`? Otherwise declare it in the spec."],
  [
    "request.query.quiet",
    "may-be-absent [request.query.quiet] Put `has(request.query.quiet) &&` in front of a condition, write `has(request.query.quiet) ? … : …` where a value is wanted, or make it required in the spec.",
  ],
  [
    "request.query['page-size'] > 5",
    "may-be-absent [request.query['page-size']] Put `'page-size' in request.query &&` in front of a condition, write `'page-size' in request.query ? … : …` where a value is wanted, or make it required in the spec.",
  ],
  ["identity.subject.name == 'a'", "no-fields [name] Compare or convert the value itself."],
  [
    "identity == null",
    "not-a-value [identity] Known: `identity.subject`, `identity.scheme`, `identity.roles`, `identity.scopes`, `identity.claims`.",
  ],
  ["params == null", 'not-a-value [params] Known: `params.orderId`, `params["line-no"]`.'],
  [
    "body.note == 'a'",
    "may-be-absent [body.note] Put `has(body.note) &&` in front of a condition, write `has(body.note) ? … : …` where a value is wanted, or make it required in the spec.",
  ],
  [
    "body.customer.parent.name == 'a'",
    "may-be-absent [body.customer.parent] Put `has(body.customer.parent) &&` in front of a condition, write `has(body.customer.parent) ? … : …` where a value is wanted, or make it required in the spec.",
  ],
  [
    "has(body.memo) && body.memo.size() > 1",
    "may-be-null [body.memo] Put `body.memo != null &&` in front of a condition, or write `body.memo != null ? … : …` where a value is wanted.",
  ],
  [
    "identity.subject in ['a', 1]",
    "mixed-types [['a', 1]] Use values of one type, or write `dyn(…)` around one of them to say that this is meant.",
  ],
  ["now < timestamp('2027-01-01')", "invalid-literal ['2027-01-01'] Write it as in `'2027-01-31T12:00:00Z'` (RFC 3339)."],
  [
    "now.getHours('Mars/Base') > 1",
    "invalid-literal ['Mars/Base'] Write a name such as `'Europe/Berlin'`, or an offset such as `'+02:00'`.",
  ],
  [
    "request.path.matches('(a+)+')",
    "pattern ['(a+)+'] Begin the group with a character that comes up nowhere else in it, as in `(/[a-z]+)*`.",
  ],
  [
    "request.path.matches(request.host)",
    "pattern [request.host] Write the pattern itself in quotes; it is compiled when the gateway is built.",
  ],
  ["double(body.total) < 1e400", "out-of-range [1e400] Write a smaller number."],
  ["body.total < 9223372036854775808", "out-of-range [9223372036854775808] Write it with a fraction (`.0`) for a double."],
  ["{'a': 1, 'a': 2}.size() > 1", "map-key ['a'] Write each key once, as text or as a whole number."],
  ["'a' in identity.scopes and true", "syntax [and] Expected an operator or the end. For `and` write `&&`."],
  ["(1 == 1", "syntax [(] Write `)` where it ends."],
  ["1 = 1", "syntax [=] Write `==`."],
  ["body.?note == 'a'", "syntax [?] Write `has(a.b) ? a.b : otherwise`."],
  ["'abc", "syntax ['abc] Close it with '."],
  ["1 ==", "syntax [==] Behind this, a value is missing."],
])("%s", (text, wanted) => {
  expect(found(text)).toEqual([wanted]);
});

test("says why there is no body and no identity", () => {
  expect(problemsOf("body.total > 1", celTypes.bool, { body: undefined as never }).map(({ message }) => message)).toEqual([
    "There is no `body` here. The operation has no JSON body in its spec.",
  ]);
  expect(found("identity.subject == 'a'", celTypes.bool, { identity: undefined as never })).toEqual([
    "absent-variable [identity] Add `security` to the operation, or use other parts of the request.",
  ]);
  expect(found("identity.claims.level == 3", celTypes.bool, { identity: {} })).toEqual([
    "absent-variable [identity.claims] Use `identity.subject`, `identity.scheme`, `identity.roles` or `identity.scopes`.",
  ]);
});

test.each([
  "has(body.note) && body.note == 'a'",
  "!has(body.note) || body.note == 'a'",
  "has(body.note) ? body.note == 'a' : false",
  "has(body.memo) && body.memo != null && body.memo.size() > 1",
  "body.customer['name'] == 'a'",
  "request.query.limit > 5 && 'red' in request.query.tags && has(request.query.anything) && request.query.anything == 'text'",
  "has(request.query.quiet) && request.query.quiet",
  "'page-size' in request.query && request.query['page-size'] < 10",
  "request.query.exists(name, request.query[name] == '1')",
  "body.items.all(i, i.count > 0 && i.sku.startsWith('a'))",
  "'x-tenant' in request.headers && request.headers['X-Tenant'] == 'a'",
  "'orders:write' in identity.scopes && body.total <= 10000",
  "has(identity.claims.level) && identity.claims.level > 3",
  // A key that is asked for is there, also one that something else holds, and one that comes from the map itself.
  "params.orderId in request.query && request.query[params.orderId] == 'a'",
  "request.query.exists(name, request.query[name] == 'a')",
  "request.headers.map(name, name != 'a', request.headers[name]).exists(value, value == 'b')",
  "body.status == 'open' || body.status in ['paid', 'open'] || 'paid' == body.status",
  "(body.status == 'open' ? body.status : 'other') == 'other'",
  "1.0 / 0.0 > 1.0 && body.total / 2 > 1",
  "now - timestamp('2026-01-01T00:00:00Z') > duration('24h')",
  "request.path.matches('^/v[0-9]+/(orders|items)(/[a-z0-9]+)*$')",
])("finds nothing wrong with %s", (text) => {
  expect(found(text)).toEqual([]);
});

const guard = (path: string, test = `has(${path})`): string =>
  `may-be-absent [${path}] Put \`${test} &&\` in front of a condition, write \`${test} ? … : …\` where a value is wanted, or make it required in the spec.`;

// CEL language definition, "Field Selection": reading a key that a map does not have is an error.
test.each([
  ["request.headers['x-tenant'] == 'a'", guard("request.headers['x-tenant']", "'x-tenant' in request.headers")],
  ["request.query.anything == 'a'", guard("request.query.anything")],
  ["identity.claims.level == 3", guard("identity.claims.level")],
  ["request.query[params.orderId] == 'a'", guard("request.query[params.orderId]", "params.orderId in request.query")],
  [
    "!(params.orderId in request.query) && request.query[params.orderId] == 'a'",
    guard("request.query[params.orderId]", "params.orderId in request.query"),
  ],
])("%s may have no value", (text, wanted) => {
  expect(found(text)).toEqual([wanted]);
});

// What a condition proves by Boolean algebra: a conjunction that is false leaves each of its parts open.
test.each([
  "!(has(body.note) && body.total > 1) && body.note == 'a'",
  "has(body.note) && body.total > 1 ? true : body.note == 'a'",
  "has(body.note) && body.total > 1 || body.note == 'a'",
  "has(body.note) || body.note == 'a'",
  "!has(body.note) && body.note == 'a'",
  "(has(body.note) || body.total > 1) && body.note == 'a'",
])("a part of a condition that is false proves nothing: %s", (text) => {
  expect(found(text)).toEqual([guard("body.note")]);
});

// JSON Schema Validation 2020-12 §6.5.3: `required` speaks of members, and `null` is a value that a member has.
test.each([
  ["body.memo != null", [guard("body.memo")]],
  ["body.memo != null && body.memo == 'a'", [guard("body.memo"), guard("body.memo")]],
  ["body.memo == null || body.memo.startsWith('a')", [guard("body.memo"), guard("body.memo")]],
  ["has(body.memo) && body.memo != null && body.memo.startsWith('a')", []],
])("a test for null proves no presence: %s", (text, wanted) => {
  expect(found(text)).toEqual(wanted);
});

test.each([
  ["body.status == 'opne'", "impossible-value ['opne'] Did you mean `'open'`? It may be `'open'` or `'paid'`."],
  ["'xyz' != body.status", "impossible-value ['xyz'] It may be `'open'` or `'paid'`."],
  ["body.status in ['open', 'payd']", "impossible-value ['payd'] Did you mean `'paid'`? It may be `'open'` or `'paid'`."],
  [
    "body.total / 0 > 1",
    "division-by-zero [0] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  [
    "body.total % 0 > 1",
    "division-by-zero [0] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  ["5u / 0u > 1u", "division-by-zero [0u] Divide by another number, or write `0.0` for doubles, where the result is infinite."],
  ["dyn(5) / 0 == 1", "division-by-zero [0] Divide by another number, or write `0.0` for doubles, where the result is infinite."],
  [
    "body.total / (1 - 1) > 1",
    "division-by-zero [(1 - 1)] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  [
    "body.total % int('0') > 1",
    "division-by-zero [int('0')] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  [
    "body.total % (true ? size('') : 1) > 1",
    "division-by-zero [(true ? size('') : 1)] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  ["body.total < int('8O')", "no-value [int('8O')] Write a constant that the function accepts, or remove this part."],
  ["body.total < int('1' + 'a')", "no-value [int('1' + 'a')] Write a constant that the function accepts, or remove this part."],
  [
    "double(body.total) < double('much')",
    "no-value [double('much')] Write a constant that the function accepts, or remove this part.",
  ],
  ["bool('yes') || body.total > 1", "no-value [bool('yes')] Write a constant that the function accepts, or remove this part."],
  ["uint(-1) > 1u", "no-value [uint(-1)] Write a constant that the function accepts, or remove this part."],
  [
    "body.total < 9223372036854775807 + 1",
    "no-value [9223372036854775807 + 1] Write a constant that the function accepts, or remove this part.",
  ],
  [
    "-(-9223372036854775808) > body.total",
    "no-value [-(-9223372036854775808)] Write a constant that the function accepts, or remove this part.",
  ],
  // What has no value is reported where it is, and not again around it.
  ["body.total < int('x') + 1", "no-value [int('x')] Write a constant that the function accepts, or remove this part."],
  [
    "body.total > (true ? int('x') : 1) * 2",
    "no-value [int('x')] Write a constant that the function accepts, or remove this part.",
  ],
  [
    "body.total < 1 - 1 / 0",
    "division-by-zero [0] Divide by another number, or write `0.0` for doubles, where the result is infinite.",
  ],
  ["int(1e300) > body.total", "no-value [int(1e300)] Write a constant that the function accepts, or remove this part."],
  ["dyn(1)", "wrong-type [dyn(1)] Compare it with something, for example `== …`."],
  ["dyn('a')", "wrong-type [dyn('a')] Compare it with something, for example `== …`."],
  ["dyn(body.total) + 1", "wrong-type [dyn(body.total) + 1] Compare it with something, for example `== …`."],
  ["-dyn(body.total)", "wrong-type [-dyn(body.total)] Compare it with something, for example `== …`."],
  [
    "body.total > 1 ? dyn(1) : dyn('a')",
    "wrong-type [body.total > 1 ? dyn(1) : dyn('a')] Compare it with something, for example `== …`.",
  ],
])("%s can never be what it is for", (text, wanted) => {
  expect(found(text)).toEqual([wanted]);
});

test("what an enum lists is looked for behind references, in all of `allOf` and in any of `oneOf`", () => {
  const state = { type: "string", enum: ["open", "paid", "gone"] };
  const schemas: Readonly<Record<string, object>> = {
    "#/state": state,
    "#/all": { allOf: [{ $ref: "#/state" }, { enum: ["open", "other"] }] },
    "#/one": { oneOf: [{ const: "a" }, { enum: ["b"] }] },
    "#/open": { anyOf: [{ const: "a" }, { type: "string" }] },
  };
  const types = new SchemaTypes((schema) => schemas[schema.$ref as string] as Schema);
  const properties = Object.fromEntries(Object.keys(schemas).map((ref) => [ref.slice(2), { $ref: ref }]));
  const body = types.typeOf({ type: "object", required: Object.keys(properties), properties });
  const codes = (text: string) => problemsOf(text, celTypes.bool, { body, definitions: types }).map(({ code }) => code);
  for (const text of ["body.state == 'paid'", "body.all == 'open'", "body.one == 'b'", "body.open == 'anything'"])
    expect(codes(text), text).toEqual([]);
  for (const text of ["body.state == 'other'", "body.all == 'paid'", "body.all == 'other'", "body.one == 'c'"])
    expect(codes(text), text).toEqual(["expressions/impossible-value"]);
});

test.each([
  `${"(".repeat(300)}1${")".repeat(300)} == 1`,
  `${"[".repeat(300)}${"]".repeat(300)} == []`,
  `${"!".repeat(300)}true`,
  `${"-".repeat(100_000)}1 == 1`,
  `1${" + 1".repeat(100_000)} == 1`,
  `body${".a".repeat(100_000)}`,
  `${"{'a': ".repeat(300)}1${"}".repeat(300)} == {}`,
  `${"size(".repeat(300)}'a'${")".repeat(300)} == 1`,
  `${"true ? (".repeat(300)}true${") : false".repeat(300)}`,
  `${"[1].exists(x, ".repeat(300)}true${")".repeat(300)}`,
  `${"(".repeat(100_000)}`,
  `true${" && (true".repeat(300)}${")".repeat(300)}`,
])("what is nested too deep is refused and breaks nothing (%#)", (text) => {
  const codes = problemsOf(text).map(({ code }) => code);
  expect(codes.length).toBeGreaterThan(0);
  expect(new Set(codes)).toEqual(new Set(["expressions/syntax"]));
});

test("two hundred brackets are fine", () => {
  expect(found(`${"(".repeat(200)}body.total${")".repeat(200)} == 1`)).toEqual([]);
});

// CEL language definition, "Syntax": a number ends before a letter, and no token begins with it.
test.each(["1abc == 1", "1a", "0xg", "1u8 == 1u", "1.5x > 1.0", "1e5e > 1.0", "007_ == 7", "12_000 == 1"])(
  "%s is no number",
  (text) => {
    expect(found(text)).toEqual([expect.stringMatching(/^syntax \[/)]);
  },
);

test.each([
  ["has(request.headers.foo) && request.headers.foo == 'a' && !(request.headers.foo in ['b'])", undefined],
  ["'x-a' in request.headers && 'a' in request.query", undefined],
  ["size(request.headers) > 1 && request.headers['x-a'] == 'a'", ["request.headers"]],
  ["request.headers['x-' + request.method] == 'a'", ["request.headers"]],
  ["request.query.exists(name, request.query[name] == 'a')", ["request.query"]],
  ["request.method in request.headers", ["request.headers"]],
])("says of %s which maps it reads without a name: %j", (text, whole) => {
  expect(expressionOf(text).reads.whole).toEqual(whole);
});

test("says what an expression reads", () => {
  const { reads } = expressionOf(
    "request.headers['X-Tenant'] == params.orderId && 'page' in request.query && body.total > 1 && now > timestamp(0)",
  );
  expect(reads).toMatchObject({
    headers: ["x-tenant"],
    query: ["page"],
    params: ["orderId"],
    body: true,
    identity: false,
    peer: false,
    now: true,
  });
});

test("the checked expression is plain JSON", () => {
  const expression = expressionOf("body.items.exists(i, i.count > 1) && b'a'.size() > 0 && 1u < 2u && 1.5 > -0.5");
  expect(JSON.parse(JSON.stringify(expression))).toEqual(expression);
});
