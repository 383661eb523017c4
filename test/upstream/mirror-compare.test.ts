import type { RequestListener, ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { sumOf } from "../faults/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { mirroring, silent } from "./support/mirroring.ts";

/** What a service answers: JSON, unless it says otherwise. */
type Answer = (response: ServerResponse) => void;

interface Case {
  readonly own: Answer;
  readonly mirror: Answer;
  /** Fields of the request. */
  readonly fields?: string;
  /** Kinds of differences; empty: the answers are alike. */
  readonly differs?: readonly string[];
  readonly place?: string;
  /** Why they are not compared. */
  readonly reason?: string;
}

const json =
  (text: string, fields: Readonly<Record<string, string>> = {}, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...fields });
    response.end(text);
  };

const bytes =
  (body: string | Buffer, fields: Readonly<Record<string, string>> = {}, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "text/plain", ...fields });
    response.end(body);
  };

const whole = json('{"a":1}');
const large = (text: string): string => JSON.stringify({ a: text, pad: "x".repeat(70_000) });
const gzip = { "content-encoding": "gzip" };
const head = (status: number): Answer => bytes("", {}, status);
/** Many names in few bytes, and many values that are none. */
const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;

const cases: Readonly<Record<string, Case>> = {
  same: { own: json('{"id":1,"tags":["a","b"]}'), mirror: json('{ "tags": ["b", "a"], "id": 1.0 }') },
  ignored: {
    own: json('{"updatedAt":1,"requestId":"x"}', { date: "Sun, 01 Jan 2023 00:00:00 GMT", etag: '"1"', "set-cookie": "a=1" }),
    mirror: json('{"updatedAt":2,"requestId":"y"}', { etag: '"2"', "set-cookie": "a=2" }),
  },
  codings: {
    own: json(gzipSync('{"a":1}') as never, gzip),
    mirror: json(brotliCompressSync('{"a": 1}') as never, { "content-encoding": "br" }),
  },
  charset: {
    own: json("1", { "content-type": "application/json; charset=utf-8" }),
    mirror: json("1", { "content-type": "Application/json;charset=UTF-8" }),
  },
  status: { own: json('{"a":1}'), mirror: json('{"a":1}', {}, 500), differs: ["status"], place: "status" },
  field: {
    own: json("1", { location: "/a" }),
    mirror: json("1", { location: "/b" }),
    differs: ["header location"],
    place: "header location",
  },
  values: {
    own: json('{"items":[{"price":5,"secret":"s1"}]}'),
    mirror: json('{"items":[{"price":6,"secret":"s2"}],"more":1}'),
    differs: ["value", "added"],
    place: "body /items/0/price",
  },
  integers: { own: json("[9007199254740993]"), mirror: json("[9007199254740992]"), differs: ["value"], place: "body /0" },
  text: { own: bytes("abc"), mirror: bytes("abd"), differs: ["bytes"], place: "body" },
  "text coded": { own: bytes("abc"), mirror: bytes(gzipSync("abc"), gzip) },
  "not json": { own: json("{}"), mirror: json("{]"), differs: ["bytes"], place: "body" },
  "nested too deep": { own: json("[]"), mirror: json(deep), differs: ["bytes"], place: "body" },
  "another type": {
    own: json("{}"),
    mirror: bytes("{}", { "content-type": "text/html" }),
    differs: ["header content-type"],
    place: "header content-type",
  },
  empty: { own: head(204), mirror: head(204) },
  "nothing and something": {
    own: head(204),
    mirror: bytes("abc"),
    differs: ["status", "bytes"],
    place: "status",
  },
  large: { own: json(large("a")), mirror: json("{}"), reason: "size" },
  "large of the mirror": { own: json("{}"), mirror: json(large("a")), reason: "size" },
  "large when decoded": { own: json("{}"), mirror: json(gzipSync("x".repeat(10_000_000)) as never, gzip), reason: "size" },
  "no coding at all": { own: json("{}"), mirror: json("{}", gzip), reason: "coding" },
  "two codings": { own: json("{}"), mirror: json("{}", { "content-encoding": "gzip, gzip" }), reason: "coding" },
  stream: {
    own: bytes("data: 1\n\n", { "content-type": "text/event-stream" }),
    mirror: bytes("data: 1\n\n", { "content-type": "text/event-stream" }),
    reason: "stream",
  },
  "not modified": {
    own: head(304),
    mirror: json("{}"),
    fields: 'If-None-Match: "1"\r\n',
    reason: "conditional",
  },
  "precondition failed": {
    own: json("{}"),
    mirror: json("{}", {}, 412),
    fields: 'If-Match: "1"\r\n',
    reason: "conditional",
  },
  "never modified": { own: bytes("abc"), mirror: head(304), differs: ["status", "bytes"], place: "status" },
  "mirror resets": { own: json("{}"), mirror: (response) => response.destroy(), reason: "failed" },
  "mirror breaks off": {
    own: json("{}"),
    mirror: (response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
      setImmediate(() => response.destroy());
    },
    reason: "failed",
  },
  "service breaks off": {
    own: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    },
    mirror: json("{}"),
    reason: "broken",
  },
  "service resets": { own: (response) => response.destroy(), mirror: json("{}"), reason: "unanswered" },
};

/** Answers as the case in the path says. */
const answering =
  (side: "own" | "mirror"): RequestListener =>
  (request, response) => {
    const name = decodeURIComponent(/case\/([^/?]*)/.exec(request.url!)![1]!);
    cases[name]![side](response);
  };

const options = `compare: { ignore: [/updatedAt, requestId], unordered: ["/tags"], maxBody: 64KiB }`;

test("answers are compared, counted by what differs, and by why they are not compared", async () => {
  const gateway = await mirroring(options, answering("mirror"), { own: answering("own") });
  const { port, compared, differing, uncompared } = gateway;
  const kinds = new Map<string, number>();
  const reasons = new Map<string, number>();
  const outcomes = { same: 0, different: 0 };
  for (const [name, { fields = "", differs = [], reason }] of Object.entries(cases)) {
    const client = new RawClient(port).write(get(`/case/${encodeURIComponent(name)}`, `${fields}Connection: close\r\n`));
    await client.rest();
    if (reason !== undefined) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      await expect.poll(() => uncompared(reason), { message: name }).toBe(reasons.get(reason));
    } else {
      const outcome = differs.length === 0 ? "same" : "different";
      outcomes[outcome]++;
      await expect.poll(() => compared(outcome), { message: name }).toBe(outcomes[outcome]);
    }
    for (const kind of differs) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  expect(await compared("same")).toBe(outcomes.same);
  for (const [kind, count] of kinds) expect(await differing(kind), kind).toBe(count);
  await expect.poll(gateway.held).toBe(0);
  const lines = gateway.stderr().filter((line) => line.includes("answered differently"));
  const places = Object.values(cases).flatMap(({ place }) => (place === undefined ? [] : [place]));
  expect(lines.map((line) => (JSON.parse(line) as { place: string }).place)).toEqual(places);
  // No value of an answer is in the log.
  expect(lines.join("\n")).not.toMatch(/s1|s2|"own"/);
});

const secret = (value: string): Answer => json(`{"items":[{"price":6}],"user":{"password":"${value}"}}`);
const pairs: Readonly<Record<string, readonly [own: Answer, mirror: Answer]>> = {
  "/price": [json('{"items":[{"price":5}]}'), json('{"items":[{"price":6}]}')],
  "/password": [secret("s1"), secret("s2")],
  "/location": [json("{}", { location: "/a" }), json("{}", { location: "/b" })],
  "/session": [json("{}", { "x-session": "s1" }), json("{}", { "x-session": "s2" })],
};

test("values are in the line where that is asked for, without what is secret in them", async () => {
  const gateway = await mirroring(
    "compare: { values: true, fields: [Location, X-Session] }",
    (request, response) => pairs[request.url!.replace("/base", "")]![1](response),
    { own: (request, response) => pairs[request.url!]![0](response) },
  );
  for (const [index, path] of Object.keys(pairs).entries()) {
    await exchange(gateway.port, get(path));
    await expect.poll(() => gateway.compared("different")).toBe(index + 1);
  }
  const lines = gateway.stderr().flatMap((line) => (line.includes("answered differently") ? [JSON.parse(line) as object] : []));
  expect(lines).toMatchObject([
    { place: "body /items/0/price", own: '{"items":[{"price":5}]}', mirror: '{"items":[{"price":6}]}', kinds: "value" },
    { place: "body /user/password", own: '{"user":{"password":"[redacted]"}}', mirror: '{"user":{"password":"[redacted]"}}' },
    { place: "header location", own: "/a", mirror: "/b" },
    { place: "header x-session", own: "[redacted]", mirror: "[redacted]" },
  ]);
});

test("answers of the cache are compared with nothing, and the one that was fetched is", async () => {
  const { port, main, compared, uncompared } = await mirroring("compare: {}", (_, response) => whole(response), {
    policies: "cache: { ttl: 1h }\n      public: trial",
    own: (_, response) => {
      // The clock of the gateway is another one.
      response.sendDate = false;
      json('{"a":1}', { "cache-control": "max-age=60" })(response);
    },
  });
  for (let request = 0; request < 4; request++) expect((await exchange(port, get("/c"))).status).toBe(200);
  await expect.poll(() => uncompared("cached")).toBe(3);
  expect([main.seen.length, await compared("different"), await compared("same")]).toEqual([1, 1, 0]);
});

test("the answer after a retry is compared, and that of a service which took the place of another one is not", async () => {
  const { port, main, compared, uncompared } = await mirroring("compare: { fields: [] }", (_, response) => whole(response), {
    main: ", retry: { attempts: 3, backoff: { base: 1ms, max: 2ms } }, breaker: {}, fallback: { service: spare }",
    own: (request, response) => {
      const times = main.seen.filter(({ target }) => target === request.url).length;
      if (times === 1 || request.url === "/down") response.writeHead(503).end();
      else whole(response);
    },
  });
  expect((await exchange(port, get("/once"))).status).toBe(200);
  await expect.poll(() => compared("same")).toBe(1);
  expect(main.seen).toHaveLength(2);
  for (let request = 0; request < 100 && (await uncompared("fallback")) === 0; request++) await exchange(port, get("/down"));
  expect(await uncompared("fallback")).toBeGreaterThan(0);
});

test("clients notice nothing of a mirror that hangs, is slow, lies or never ends, and memory stays flat", async () => {
  const body = JSON.stringify({ pad: "x".repeat(30_000) });
  const behaviours: readonly RequestListener[] = [
    silent,
    // Begins and hangs.
    (_, response) => void response.writeHead(200, { "content-type": "application/json" }).write("{"),
    // Announces what never comes.
    (_, response) =>
      void response.writeHead(200, { "content-length": "30000", "content-type": "application/json" }).flushHeaders(),
    // Never ends.
    (_, response) => {
      const write = (): void => void (response.destroyed || setImmediate(() => response.write("x".repeat(16_384), write)));
      write();
    },
    json(gzipSync("x".repeat(1_000_000)) as never, gzip) as unknown as RequestListener,
  ];
  const gateway = await mirroring(
    "compare: {}, concurrency: 20, timeout: 1s",
    (request, response) => {
      const behaviour = behaviours[Number(/\d+/.exec(request.url!)![0]) % behaviours.length]!;
      if (behaviour.length === 1) (behaviour as unknown as Answer)(response);
      else behaviour(request, response);
    },
    { own: (_, response) => json(body, { "content-length": String(body.length) })(response) },
  );
  const slowest = async (requests: number): Promise<number> => {
    const client = new RawClient(gateway.port);
    let most = 0;
    for (let count = 0; count < requests; count++) {
      const begun = performance.now();
      expect((await client.write(get(`/${count}`)).answer()).body).toBe(body);
      most = Math.max(most, performance.now() - begun);
    }
    client.close();
    return most;
  };
  await slowest(100);
  const before = await gateway.memory();
  const times = await Promise.all([slowest(150), slowest(150)]);
  // None of them waited for the mirror, which takes its second.
  expect(Math.max(...times)).toBeLessThan(900);
  await expect.poll(() => gateway.held()).toBe(0);
  expect((await gateway.memory()) - before).toBeLessThan(8_000_000);
  expect(await gateway.compared("same")).toBe(0);
  for (const reason of ["late", "size"]) expect(await gateway.uncompared(reason), reason).toBeGreaterThan(0);
});

test("a client that reads slowly, or leaves, is waited for no longer than the mirror is", async () => {
  const large = "x".repeat(60_000);
  const gateway = await mirroring("compare: {}, timeout: 1s", (_, response) => bytes(large)(response), {
    own: (request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.write(large);
      if (request.url === "/slow") setTimeout(() => response.end(), 2_500);
    },
  });
  const slow = new RawClient(gateway.port).write(get("/slow"));
  await expect.poll(() => gateway.uncompared("late")).toBe(1);
  expect(await gateway.held()).toBe(0);
  const leaves = new RawClient(gateway.port).write(get("/leaves"));
  await leaves.until((text) => text.includes("xxx"));
  leaves.close();
  await expect.poll(() => gateway.uncompared("left")).toBe(1);
  await slow.until((text) => text.endsWith("0\r\n\r\n"));
  slow.close();
});

test("where memory is short, the client has its answer and nothing is compared", async () => {
  const body = JSON.stringify({ pad: "x".repeat(50_000) });
  const gateway = await mirroring(
    "compare: {}",
    (_, response) => json(body, { "content-length": String(body.length) })(response),
    {
      http2: ", limits: { bodyMemory: 100KiB }",
      own: (_, response) => json(body, { "content-length": String(body.length) })(response),
    },
  );
  expect((await exchange(gateway.port, get("/"))).body).toBe(body);
  await expect.poll(() => gateway.uncompared("memory")).toBe(1);
  expect(await gateway.held()).toBe(0);
  expect(sumOf(await gateway.metrics(), "gatewright_body_memory_refusals_total")).toBe(0);
});
