import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Received, sendRequest } from "../harness/http-client.ts";
import { type RecordingUpstream, startUpstream } from "../harness/recording-upstream.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { type Subject, startCompiled } from "../harness/subject.ts";

/**
 * Whatever is counted, each of n things counts: below, at and beyond the bits of a small integer, of `|`
 * (ECMAScript 2024, 6.1.6.1.17), of the integers of a double, and of 64.
 */
const counts = [30, 31, 32, 33, 52, 53, 54, 63, 64, 65];

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const object = (count: number, prefix: string, value: (index: number) => unknown): Record<string, unknown> =>
  Object.fromEntries(upTo(count).map((index) => [`${prefix}${index}`, value(index)]));
/** Those beside a bound. */
const looked = (count: number): number[] => [0, 1, 29, 30, 31, 32, 33, 52, 53, 62, 63, 64].filter((index) => index < count);

const integer = { type: "integer" };
const parameters = (count: number, where: string, prefix: string) =>
  upTo(count).map((index) => ({ name: `${prefix}${index}`, in: where, required: true, schema: integer }));
const body = (schema: object) => ({ requestBody: { required: true, content: { "application/json": { schema } } } });
const only = (index: number) => ({
  type: "object",
  required: [`p${index}`],
  properties: { [`p${index}`]: integer },
  additionalProperties: false,
});

type Sent = Partial<{ query: string; headers: (readonly [string, string])[]; body: string }>;

/** n things that are all asked for: an operation, and a request in which one of them is wrong, or none. */
interface Kind {
  readonly facts: (count: number) => object;
  readonly send: (count: number, wrong: number | undefined) => Sent;
}

const pairs = (count: number, wrong: number | undefined, prefix: string): string[] =>
  upTo(count).flatMap((index) => (index === wrong ? [] : [`${prefix}${index}=1`]));

const kinds: Readonly<Record<string, Kind>> = {
  "query parameters": {
    facts: (count) => ({ parameters: parameters(count, "query", "q") }),
    send: (count, wrong) => ({ query: pairs(count, wrong, "q").join("&") }),
  },
  "header fields": {
    facts: (count) => ({ parameters: parameters(count, "header", "X-H") }),
    send: (count, wrong) => ({
      headers: upTo(count).map((index) => [`X-H${index}`, index === wrong ? "no integer" : "1"] as const),
    }),
  },
  cookies: {
    facts: (count) => ({ parameters: parameters(count, "cookie", "c") }),
    send: (count, wrong) => ({ headers: [["Cookie", pairs(count, wrong, "c").join("; ")]] }),
  },
  properties: {
    facts: (count) =>
      body({
        type: "object",
        required: upTo(count).map((index) => `p${index}`),
        properties: object(count, "p", () => integer),
        additionalProperties: false,
      }),
    send: (count, wrong) => ({ body: JSON.stringify(object(count, "p", (index) => (index === wrong ? undefined : 1))) }),
  },
  "values of an enum": {
    facts: (count) =>
      body({ type: "array", uniqueItems: true, minItems: count, items: { enum: upTo(count).map((index) => `v${index}`) } }),
    send: (count, wrong) => ({ body: JSON.stringify(upTo(count).map((index) => (index === wrong ? "other" : `v${index}`))) }),
  },
  "members of allOf": {
    facts: (count) => body({ type: "object", allOf: upTo(count).map((index) => ({ required: [`p${index}`] })) }),
    send: (count, wrong) => ({ body: JSON.stringify(object(count, "p", (index) => (index === wrong ? undefined : 1))) }),
  },
  "items of prefixItems": {
    facts: (count) => body({ type: "array", prefixItems: upTo(count).map((index) => ({ const: index })) }),
    send: (count, wrong) => ({ body: JSON.stringify(upTo(count).map((index) => (index === wrong ? -1 : index))) }),
  },
};

/** n things of which one is enough. */
const choices: Readonly<Record<string, { readonly facts: Kind["facts"]; readonly send: (index: number) => Sent }>> = {
  "members of oneOf": {
    facts: (count) => body({ oneOf: upTo(count).map(only) }),
    send: (index) => ({ body: `{"p${index}":1}` }),
  },
  "media types": {
    facts: (count) => ({
      requestBody: {
        required: true,
        content: object(count, "application/x-type-", () => ({ schema: { type: "string", minLength: 1 } })),
      },
    }),
    send: (index) => ({ headers: [["Content-Type", `application/x-type-${index}`]], body: "x" }),
  },
  "security schemes": {
    facts: (count) => ({ "x-gateway": {}, security: upTo(count).map((index) => ({ [`key${index}`]: [] })) }),
    send: (index) => ({ headers: [[`X-Key-${index}`, `key-for-tests-number-${index}`]] }),
  },
};

const open = { "x-gateway": { public: "test" }, responses: { 200: { description: "ok" } } };
const slug = (kind: string): string => kind.replaceAll(" ", "-");
const operations = (of: Readonly<Record<string, { readonly facts: Kind["facts"] }>>) =>
  Object.entries(of).flatMap(([kind, { facts }]) =>
    counts.map((count) => {
      const made = { ...open, ...facts(count) };
      return [`/${slug(kind)}/${count}`, { ["requestBody" in made ? "post" : "get"]: made }] as const;
    }),
  );

const spec = {
  openapi: "3.1.0",
  info: { title: "Bounds", version: "1" },
  components: { securitySchemes: object(65, "key", (index) => ({ type: "apiKey", in: "header", name: `X-Key-${index}` })) },
  paths: Object.fromEntries([
    ...operations(kinds),
    ...operations(choices),
    ...counts.map((count) => [`/conditions/${count}`, { get: { operationId: `conditions${count}`, ...open } }] as const),
    ...counts.flatMap((count) => upTo(count).map((index) => [`/literals/${count}/n${index}/end`, { get: open }] as const)),
  ]),
};

const conditional = (count: number) =>
  upTo(count).map((index) => ({
    when: `'x-c${index}' in request.headers`,
    request: { set: { [`X-Sent-${index}`]: "1" } },
    response: { set: { [`X-Held-${index}`]: "1" } },
  }));

const gateway = {
  gateway: "bounds",
  compatibility: "2026-12-01",
  listeners: { public: { host: "127.0.0.1", port: "${env:PORT}" } },
  apis: { bounds: { versions: { v1: { spec: "spec.json", policies: "policies.json" } }, service: "backend" } },
  routes: object(65, "method", (index) => ({
    match: { path: "/methods", methods: [`M${index}`], hosts: [`h${index}.example`, "*.all.example"] },
    policies: { public: "test", respond: { body: index } },
  })),
  services: { backend: { endpoints: ["${env:UPSTREAM}"] } },
  identity: {
    schemes: object(65, "key", (index) => ({ apiKey: { keys: { [`consumer${index}`]: { key: { env: `KEY_${index}` } } } } })),
  },
};

const policies = {
  all: { validate: {} },
  operations: Object.fromEntries(counts.map((count) => [`conditions${count}`, { headers: conditional(count) }])),
};

const files = { "gateway.yaml": gateway, "spec.json": spec, "policies.json": policies };

let folder: string;
let upstream: RecordingUpstream;
let subject: Subject;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value));
  upstream = await startUpstream();
  const keys = Object.fromEntries(upTo(65).map((index) => [`KEY_${index}`, `key-for-tests-number-${index}`]));
  subject = await startCompiled(
    { folder, entry: join(folder, "gateway.yaml") },
    { ...sampleEnvironment(upstream.urls), ...keys },
  );
});
afterAll(async () => {
  await subject.stop();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const send = (path: string, { query = "", headers = [], body: content = "" }: Sent, method?: string): Promise<Received> => {
  const typed =
    content === "" || headers.some(([name]) => name === "Content-Type")
      ? headers
      : [["Content-Type", "application/json"] as const, ...headers];
  return sendRequest(subject.port, {
    method: method ?? (content === "" ? "GET" : "POST"),
    target: `${path}${query === "" ? "" : `?${query}`}`,
    headers: typed,
    body: content,
  });
};

describe.each(Object.entries(kinds))("every one of n %s counts", (kind, { send: of }) => {
  it.each(counts)("n = %i", async (count) => {
    const path = `/${slug(kind)}/${count}`;
    expect(await send(path, of(count, undefined)), path).toMatchObject({ status: 200 });
    for (const index of looked(count))
      expect(await send(path, of(count, index)), `${path} without ${index}`).toMatchObject({ status: 400 });
  });
});

describe.each(Object.entries(choices))("any one of n %s is enough", (kind, { send: of }) => {
  it.each(counts)("n = %i", async (count) => {
    const path = `/${slug(kind)}/${count}`;
    for (const index of looked(count))
      expect(await send(path, of(index)), `${path} with ${index}`).toMatchObject({ status: 200 });
    const { status } = await send(path, of(count));
    expect(status, `${path} with none of them`).toBeGreaterThanOrEqual(400);
  });
});

it.each(counts)("each of %i conditions decides for its own step alone", async (count) => {
  for (const index of looked(count)) {
    upstream.take();
    const { headers } = await send(`/conditions/${count}`, { headers: [[`X-C${index}`, "1"]] });
    const [seen] = upstream.take();
    expect(headers.flatMap(([name]) => (name.startsWith("X-Held-") ? [name] : []))).toEqual([`X-Held-${index}`]);
    expect(seen!.headers.flatMap(([name]) => (name.startsWith("X-Sent-") ? [name] : []))).toEqual([`X-Sent-${index}`]);
  }
});

it.each(counts)("each of %i literals beside each other is found", async (count) => {
  for (const index of looked(count)) {
    upstream.take();
    await send(`/literals/${count}/n${index}/end`, {});
    expect(upstream.take().map(({ target }) => target)).toEqual([`/literals/${count}/n${index}/end`]);
    expect(await send(`/literals/${count}/n${index + count}/end`, {})).toMatchObject({ status: 404 });
  }
});

it("each of 65 methods and hosts is found", async () => {
  for (const index of looked(64)) {
    for (const host of [`h${index}.example`, "a.all.example"])
      expect(await send("/methods", { headers: [["Host", host]] }, `M${index}`)).toMatchObject({
        status: 200,
        body: String(index),
      });
    expect(await send("/methods", { headers: [["Host", `h${index + 1}.example`]] }, `M${index}`)).toMatchObject({ status: 405 });
  }
});
