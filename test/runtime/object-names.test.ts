import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../compiler/source/source-set.ts";
import { type RecordingUpstream, startUpstream } from "../harness/recording-upstream.ts";
import { buildForTest, type RunningGateway, startGateway } from "../harness/running-gateway.ts";

/** Names that objects of JavaScript have of themselves, and one that they have not. */
const names = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "__defineGetter__",
  "prototype",
  "length",
  "then",
];

type Shape = "required" | "optional" | "closed";
const shapes: readonly Shape[] = ["required", "optional", "closed"];

function schemaOf(name: string, shape: Shape): JsonObject {
  return {
    type: "object",
    properties: { [name]: { type: "string", minLength: 2 }, other: { type: "string" } },
    ...(shape === "required" ? { required: [name] } : {}),
    ...(shape === "closed" ? { additionalProperties: false } : {}),
  };
}

/** Of the object, `__proto__` included: what JSON.parse makes of it. */
const written = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;

const pairs = (members: readonly (readonly [string, string])[], nameOf: (name: string) => string = (name) => name): string =>
  members.map(([name, value]) => `${encodeURIComponent(nameOf(name))}=${encodeURIComponent(value)}`).join("&");

const multipart = (members: readonly (readonly [string, string])[]): string =>
  [
    ...members.map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
    "--b--\r\n",
  ].join("");

interface Way {
  readonly title: string;
  /** `__proto__` is refused whatever the schema says, as no two readers do the same with it. */
  readonly refusesProto: boolean;
  readonly content?: (schema: JsonObject) => JsonObject;
  readonly parameter?: (schema: JsonObject) => JsonObject;
  readonly request: (path: string, members: readonly (readonly [string, string])[]) => readonly [string, RequestInit?];
  /** Where an object without members cannot be written. */
  readonly needsMembers?: boolean;
  readonly isSpread?: boolean;
}

const post = (path: string, type: string, body: string): readonly [string, RequestInit] => [
  path,
  { method: "POST", headers: { "Content-Type": type }, body },
];
const spreadOver = "constructor";
const form = "application/x-www-form-urlencoded";

const ways: readonly Way[] = [
  {
    title: "JSON",
    refusesProto: true,
    content: (schema) => ({ "application/json": { schema } }),
    request: (path, members) => post(path, "application/json", written(members)),
  },
  {
    title: "JSON with an escape and an integer that no double holds",
    refusesProto: true,
    content: (schema) => ({ "application/json": { schema: { type: "array", prefixItems: [schema] } } }),
    request: (path, members) => post(path, "application/json", `[${written(members)},"\\u0041",9007199254740993]`),
  },
  {
    title: "form",
    refusesProto: true,
    content: (schema) => ({ [form]: { schema } }),
    request: (path, members) => post(path, form, pairs(members)),
    // A form without fields is no body.
    needsMembers: true,
  },
  {
    title: "form with a spread object",
    refusesProto: true,
    content: (schema) => ({
      [form]: {
        schema: { type: "object", properties: { [spreadOver]: schema } },
        encoding: { [spreadOver]: { style: "form", explode: true } },
      },
    }),
    request: (path, members) => post(path, form, pairs(members)),
    needsMembers: true,
    isSpread: true,
  },
  {
    title: "form with a deep object",
    refusesProto: false,
    content: (schema) => ({
      [form]: {
        schema: { type: "object", properties: { deep: schema } },
        encoding: { deep: { style: "deepObject", explode: true } },
      },
    }),
    request: (path, members) =>
      post(
        path,
        form,
        pairs(members, (name) => `deep[${name}]`),
      ),
    needsMembers: true,
  },
  {
    title: "multipart",
    refusesProto: true,
    content: (schema) => ({ "multipart/form-data": { schema } }),
    request: (path, members) => post(path, "multipart/form-data; boundary=b", multipart(members)),
  },
  {
    title: "deep object in the query",
    refusesProto: false,
    parameter: (schema) => ({ name: "deep", in: "query", style: "deepObject", explode: true, schema }),
    request: (path, members) => [`${path}?${pairs(members, (name) => `deep[${name}]`)}`],
    needsMembers: true,
  },
  {
    title: "object in the query, names and values in turn",
    refusesProto: false,
    parameter: (schema) => ({ name: "flat", in: "query", style: "form", explode: false, schema }),
    request: (path, members) => [`${path}?flat=${members.flat().map(encodeURIComponent).join(",")}`],
    needsMembers: true,
  },
  {
    title: "object in a header field",
    refusesProto: false,
    parameter: (schema) => ({ name: "X-Object", in: "header", explode: true, schema }),
    request: (path, members) => [path, { headers: { "X-Object": members.map((member) => member.join("=")).join(",") } }],
    needsMembers: true,
  },
];

function membersFor({ needsMembers, isSpread }: Way, name: string): readonly (readonly [string, string])[][] {
  // The property of a form that the object is spread over has this name, and is no property of the object then.
  if (isSpread === true && name === spreadOver) return [];
  return [
    ...(needsMembers === true ? [] : [[]]),
    [["other", "x"]],
    [[name, "ok"]],
    [[name, "x"]],
    ...(isSpread === true ? [] : [[["unknown", "x"] as const]]),
  ];
}

const pathOf = (way: number, name: number, shape: Shape): string => `/w${way}/n${name}/${shape}`;

function specification(): JsonObject {
  const paths: { [path: string]: JsonObject } = {};
  for (const [at, { content, parameter }] of ways.entries()) {
    for (const [index, name] of names.entries()) {
      for (const shape of shapes) {
        const schema = schemaOf(name, shape);
        const operation = {
          ...(content === undefined ? {} : { requestBody: { required: true, content: content(schema) } }),
          ...(parameter === undefined ? {} : { parameters: [parameter(schema)] }),
          responses: { 200: { description: "ok" } },
        };
        paths[pathOf(at, index, shape)] = { [content === undefined ? "get" : "post"]: operation };
      }
    }
  }
  return { openapi: "3.1.0", info: { title: "names", version: "1" }, paths };
}

const gateway = {
  gateway: "names",
  compatibility: "2026-12-01",
  listeners: { public: { host: "127.0.0.1", port: "${env:PORT}" } },
  apis: { names: { service: "backend", versions: { v1: { spec: "openapi.json", policies: "policies.yaml" } } } },
  services: { backend: { endpoints: ["${env:UPSTREAM}"] } },
};

const ajv = new Ajv2020.default({ strict: false });
const judges = new Map(shapes.map((shape) => [shape, ajv.compile(schemaOf("plain", shape))]));

/** What ajv says of the same with a name that nothing inherits: it leaves `__proto__` out of schemas itself. */
const accepts = (name: string, shape: Shape, members: readonly (readonly [string, string])[]): boolean =>
  judges.get(shape)!(Object.fromEntries(members.map(([member, value]) => [member === name ? "plain" : member, value])));

describe("a property with the name of what objects inherit is one like any other: what ajv says of a plain name", () => {
  let upstream: RecordingUpstream;
  let running: RunningGateway;
  let dispose = (): void => {};
  const folder = mkdtempSync(join(tmpdir(), "gatewright-names-"));

  beforeAll(async () => {
    writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(gateway));
    writeFileSync(join(folder, "openapi.json"), JSON.stringify(specification()));
    writeFileSync(join(folder, "policies.yaml"), "all: { public: test }");
    const built = await buildForTest(join(folder, "gateway.yaml"));
    expect(built.diagnostics).toEqual([]);
    dispose = built.dispose;
    upstream = await startUpstream();
    running = await startGateway(built.out, { PORT: "0", UPSTREAM: upstream.url });
  });

  afterAll(async () => {
    await running?.stop();
    await upstream?.close();
    dispose();
    rmSync(folder, { recursive: true });
  });

  const statusOf = async ([path, init]: readonly [string, RequestInit?]): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${running.port}${path}`, init);
    await answer.text();
    return answer.status;
  };

  for (const [at, way] of ways.entries()) {
    it(way.title, async () => {
      const cases = names.flatMap((name, index) =>
        shapes.flatMap((shape) => membersFor(way, name).map((members) => ({ name, index, shape, members }))),
      );
      const outcomes = cases.map(async ({ name, index, shape, members }) => {
        const isRefused = way.refusesProto && members.some(([member]) => member === "__proto__");
        const expected = !isRefused && accepts(name, shape, members) ? 200 : 400;
        const status = await statusOf(way.request(pathOf(at, index, shape), members));
        return { name, shape, members, status, expected };
      });
      const wrong = (await Promise.all(outcomes)).filter(({ status, expected }) => status !== expected);
      expect(wrong).toEqual([]);
    });
  }

  it("no request changed what objects inherit: an object without members lacks every name", async () => {
    for (const index of names.keys())
      expect(await statusOf(post(pathOf(0, index, "required"), "application/json", "{}"))).toBe(400);
  });
});
