import { expect, test } from "vitest";
import { using } from "../runtime/support/gateway.ts";
import { administered, asking, bearer, json, logLines, things, withKey } from "./support.ts";

const part = "PATCH /things/abc/parts/7?mode=now";

async function answered(line: string, body?: string): Promise<[number, unknown]> {
  logLines();
  let found: [number, unknown] = [0, undefined];
  await using(administered(withKey), async ({ adminPort }) => {
    const { status, body: text } = await asking(adminPort!, line, [bearer, json], body);
    found = [status, JSON.parse(text)];
  });
  return found;
}

test("a route gets its parameters decoded and typed, and its body", async () => {
  const body = { name: "wheel", weight: 1.5, tags: ["a"], kind: "part" };
  expect(await answered("PATCH /things/a%2Fb/parts/7?mode=now&force=true", JSON.stringify(body))).toEqual([
    200,
    { parameters: { thing: "a/b", part: 7, mode: "now", force: true }, body },
  ]);
});

test.each([
  ["PATCH /things/a/parts/7?mode=now", "path parameter thing must have at least 2 characters."],
  ["PATCH /things/abc/parts/x?mode=now", "path parameter part must be an integer."],
  ["PATCH /things/abc/parts/100?mode=now", "path parameter part must be at most 99."],
  ["PATCH /things/%ff/parts/7?mode=now", "path parameter thing must be percent-encoded UTF-8."],
  ["PATCH /things/abc/parts/7", "query parameter mode must be there."],
  ["PATCH /things/abc/parts/7?mode=soon", 'query parameter mode must be one of "now", "later".'],
  ["PATCH /things/abc/parts/7?mode=now&mode=now", "query parameter mode must not be there more than once."],
  ["PATCH /things/abc/parts/7?mode=now&force=1", "query parameter force must be `true` or `false`."],
  ["PATCH /things/abc/parts/7?mode=now&x=1", "query parameter x is not a parameter of this operation."],
  ["PATCH /things/abc/parts/9007199254740993?mode=now", "path parameter part must be a number that a double holds."],
])("%s: %s", async (line, detail) => {
  expect(await answered(line, '{"name":"a"}')).toEqual([400, { title: "The parameters are not valid", status: 400, detail }]);
});

test.each([
  ["[]", "the body must be an object."],
  ["{}", 'the body must have the property "name".'],
  ['{"name":1}', "/name must be a string."],
  ['{"name":"abcdefghijk"}', "/name must have at most 10 characters."],
  ['{"name":"a","other":1}', 'the body must not have the property "other".'],
  ['{"name":"a","weight":-1}', "/weight must be at least 0."],
  ['{"name":"a","tags":[]}', "/tags must have at least 1 item."],
  ['{"name":"a","tags":["a","","c"]}', "/tags/1 must not be empty."],
  ['{"name":"a","tags":["a","b","c","d"]}', "/tags must have at most 3 items."],
  ['{"name":"a","kind":"whole"}', '/kind must be "part".'],
])("the body %s: %s", async (body, detail) => {
  expect(await answered(part, body)).toEqual([400, { title: "The body is not valid", status: 400, detail }]);
});

test.each(['{"name":"a"', '{"name":"a","name":"b"}', '{"__proto__":{}}', "", "[".repeat(50)])(
  "the body %s is not valid JSON",
  async (body) => {
    const [status, problem] = await answered(part, body);
    expect([status, problem]).toMatchObject([400, { title: "The body is not valid JSON" }]);
  },
);

test("a body beyond 64 KiB is refused, and the connection ends", async () => {
  logLines();
  await using(administered(withKey), async ({ adminPort }) => {
    const answer = await asking(adminPort!, part, [bearer, json], JSON.stringify({ name: "x".repeat(65_536) }));
    expect(answer.status).toBe(413);
  });
});

test("paths that are not there name those that are; methods name those that may be used", async () => {
  await using(administered(withKey), async ({ adminPort }) => {
    const missing = await asking(adminPort!, "GET /other");
    expect([missing.status, missing.field("content-type")]).toEqual([404, "application/problem+json"]);
    expect((JSON.parse(missing.body) as { detail: string }).detail).toBe(
      "There are /healthz, /log-level, /openapi.json, /readyz, /status, /things/all, /things/{thing} and /things/{thing}/parts/{part}. With `policies: { metrics: {} }` in gateway.yaml there is /metrics.",
    );
    const method = await asking(adminPort!, "POST /log-level");
    expect([method.status, method.field("allow")]).toEqual([405, "GET, HEAD, PUT"]);
    for (const path of ["/healthz/", "//healthz", "/things//parts/1", "/things/", "/", "*", "/%68ealthz"])
      expect([path, (await asking(adminPort!, `GET ${path}`)).status]).toEqual([path, 404]);
  });
});

test("a literal segment wins over a parameter", async () => {
  await using(administered(withKey), async ({ adminPort }) => {
    expect((await asking(adminPort!, "GET /things/all")).status).toBe(200);
    expect((await asking(adminPort!, "GET /things/some")).status).toBe(405);
  });
});

test("a route that fails is a 500 that says nothing of why, and the next request is answered", async () => {
  const lines = logLines();
  const broken = {
    ...things[2]!,
    answer: () => {
      throw new Error("secret reason");
    },
  };
  await using(administered(withKey, { adminRoutes: [broken] }), async ({ adminPort }) => {
    const answer = await asking(adminPort!, "GET /things/all");
    expect([answer.status, answer.body]).toEqual([500, expect.not.stringContaining("secret") as string]);
    expect(lines.join("")).toContain("secret reason");
    expect((await asking(adminPort!, "GET /healthz")).status).toBe(200);
  });
});

test("a change that fails leaves its line too: nobody knows how far it came", async () => {
  const lines = logLines();
  const broken = {
    ...things[1]!,
    answer: () => {
      throw new Error("half way");
    },
  };
  await using(administered(withKey, { adminRoutes: [broken] }), async ({ adminPort }) => {
    expect((await asking(adminPort!, "DELETE /things/a", [bearer])).status).toBe(500);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { message: "admin change", who: "operator", operation: "removeThing", path: "/things/a", status: 500 },
      { level: "error", message: "the admin listener failed" },
    ]);
  });
});
