import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Compiled, compileGateway } from "../../compiler/index.ts";
import { bundle } from "../../compiler/phases/6-bundle/index.ts";
import { publicDocuments } from "../../compiler/public-document/index.ts";
import { innerNames, reservedNames } from "../../compiler/text/reserved-names.ts";
import { sendRequest } from "../harness/http-client.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { startGateway } from "../harness/running-gateway.ts";
import { findSamples, repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { emittedNames } from "./emitted-names.ts";

const examples = readdirSync(join(repository, "examples"), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [join(repository, "examples", entry.name, "gateway.yaml")] : [],
);

const namesIn = (modules: Compiled["modules"]) =>
  [...(modules ?? new Map()).values()].map((source) => ({ path: source.path, ...emittedNames(source) }));

const namesOf = async (entry: string) => namesIn((await compileGateway(entry)).modules);

it("no function of generated code has a name inside that its module has outside, and every global is reserved", async () => {
  const found: string[] = [];
  const globals = new Set<string>();
  let modules = 0;
  for (const entry of [...examples, ...findSamples().map((sample) => sample.entry)]) {
    for (const { path, outer, inner, globals: used } of await namesOf(entry)) {
      modules++;
      for (const name of inner) if (outer.has(name)) found.push(`${entry} ${path}: ${name}`);
      for (const name of used) globals.add(name);
    }
  }
  expect(found).toEqual([]);
  expect([...globals].filter((name) => !reservedNames.has(name))).toEqual([]);
  // A control: there is something to find.
  expect(modules).toBeGreaterThan(200);
  expect([...globals]).toContain("undefined");
  expect([...globals]).toContain("Set");
});

const integers = { type: "array", items: { type: "integer" } };

const serviceOf = (name: string, index: number): string =>
  /^[A-Za-z]/.test(name) ? name.replaceAll("$", "-") : `service-${index}`;
const methodOf = (name: string, index: number): string => serviceOf(name, index).toUpperCase().slice(0, 24);

/** A gateway in which nearly everything that can have a name has each of `names` once. */
function gatewayOf(names: readonly string[]): Readonly<Record<string, string>> {
  const keyed = <T>(make: (name: string, index: number) => readonly [string, T]): Record<string, T> =>
    Object.fromEntries(names.map(make));
  const spec = {
    openapi: "3.1.0",
    info: { title: "Names", version: "1" },
    components: {
      securitySchemes: keyed((name, index) => [name, { type: "apiKey", in: "header", name: `X-Key-${index}` }]),
      schemas: keyed((name) => [
        name,
        {
          type: "object",
          required: [name, "a list"],
          properties: {
            [name]: { type: "integer", minimum: 0 },
            "a list": integers,
            "an inner": { $ref: `#/components/schemas/${name}` },
            "an other": { anyOf: [{ type: "string", pattern: "^[a-z]+$" }, { enum: [name, 1, 2, 3] }] },
          },
          patternProperties: { "^x-": { type: "string", maxLength: 3 } },
          unevaluatedProperties: false,
        },
      ]),
    },
    paths: keyed((name, index) => [
      `/operations/${index}/{${name}}`,
      {
        post: {
          operationId: name,
          tags: [name],
          security: [{ [name]: [] }],
          parameters: [
            { name, in: "path", required: true, schema: { type: "integer", maximum: 9 } },
            { name, in: "query", schema: { type: "integer", minimum: 1, enum: [1, 2, 3] } },
            { name: `X-${name}`, in: "header", schema: integers },
            { name, in: "cookie", schema: { type: "string", minLength: 2 } },
          ],
          requestBody: { required: true, content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } } },
          responses: { 200: { description: "ok" } },
        },
      },
    ]),
  };
  const gateway = {
    gateway: "names",
    compatibility: "2026-12-01",
    listeners: {
      public: { host: "127.0.0.1", port: "${env:PORT}", trustedProxies: ["10.0.0.0/8"] },
      admin: { host: "127.0.0.1", port: "${env:ADMIN_PORT}" },
    },
    apis: { names: { versions: { v1: { spec: "openapi.json", policies: "policies.json" } }, service: serviceOf(names[0]!, 0) } },
    routes: keyed((name, index) => [
      serviceOf(name, index),
      {
        match: { path: `/routes/${index}`, methods: [methodOf(name, index)] },
        service: serviceOf(name, index),
        policies: { public: "test", respond: { body: index } },
      },
    ]),
    services: keyed((name, index) => [serviceOf(name, index), { endpoints: ["${env:UPSTREAM}"] }]),
    identity: { schemes: keyed((name) => [name, { apiKey: { keys: { [serviceOf(name, 0)]: { key: { env: "ACME_KEY" } } } } }]) },
    policies: { metrics: {}, accessLog: {}, requestId: {} },
  };
  const policies = {
    operations: keyed((name, index) => {
      const list = "body['a list']";
      const variable = /^[A-Za-z_]\w*$/.test(name) && !wordsOfCel.has(name) ? name : "each";
      return [
        name,
        {
          routeTo: { service: serviceOf(name, index) },
          authorize: {
            require: `${list}.all(${variable}, ${variable} < 100) && ${list}.map(${variable}, ${variable} + 1).filter(${variable}, ${variable} > 0).exists(${variable}, ${list}.exists_one(nobody_else, nobody_else + 1 == ${variable}))`,
          },
          headers: {
            when: `request.query.exists(${variable}, ${variable} == '${name}') || request.path.matches('${index}')`,
            response: { set: { "X-Sum": { expression: `string(${list}.map(${variable}, ${variable} * 2)[0])` } } },
          },
          rateLimit: { limit: "1000000/s", by: { expression: "identity.subject" } },
        },
      ];
    }),
  };
  return {
    "gateway.yaml": JSON.stringify(gateway),
    "openapi.json": JSON.stringify(spec),
    "policies.json": JSON.stringify(policies),
  };
}

/** Reserved words of CEL's grammar, which name no variable. */
const wordsOfCel = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(
    " ",
  ),
);

/** What generated code calls anything: read off the code. */
function harvest(modules: ReturnType<typeof namesIn>): string[] {
  const all = new Set<string>();
  for (const { outer, inner, globals } of modules) for (const name of [...outer, ...inner, ...globals]) all.add(name);
  return [...all].sort();
}

/** Its code, which takes the compiler long enough to be made only once, is what is started and what is given back. */
async function answersOf(names: readonly string[]): Promise<Compiled["modules"]> {
  const folder = temporaryFolder(gatewayOf(names));
  const { ir, modules, sources, diagnostics } = await compileGateway(join(folder, "gateway.yaml"));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const out = join(folder, "out");
  await bundle(modules!, ir!, publicDocuments(ir!, sources), out);
  const upstream = await startUpstream();
  const subject = await startGateway(out, { ...sampleEnvironment(upstream.urls), FOLDER: folder }, { cwd: folder });
  try {
    const { ACME_KEY = "" } = sampleEnvironment([]);
    for (const [index, name] of names.entries()) {
      const ask = async (list: readonly number[], own: unknown, parameters = "1") => {
        const { status, headers, body } = await sendRequest(subject.port, {
          method: "POST",
          target: `/operations/${index}/7?${encodeURIComponent(name)}=${parameters}`,
          headers: [
            ["Content-Type", "application/json"],
            [`X-Key-${index}`, ACME_KEY],
            [`X-${name}`, "1,2"],
            ["Cookie", `${name}=ab`],
          ],
          body: JSON.stringify({
            [name]: own,
            "a list": list,
            "an inner": { [name]: 1, "a list": [], "an other": name },
            "x-a": "abc",
          }),
        });
        return [status, status === 200 ? headers.find(([field]) => field === "X-Sum")?.[1] : body];
      };
      expect(await ask([1, 2], 1), name).toEqual([200, "2"]);
      const wrong = [
        async () => expect((await ask([1, 200], 1))[0], `${name}: an expression refuses`).toBe(403),
        async () => expect((await ask([1, 2], -1))[0], `${name}: a validator refuses`).toBe(400),
        async () => expect((await ask([1, 2], 1, "4"))[0], `${name}: a parameter is refused`).toBe(400),
      ];
      await wrong[index % wrong.length]!();
      const route = await sendRequest(subject.port, {
        method: methodOf(name, index),
        target: `/routes/${index}`,
        headers: [],
        body: "",
      });
      expect([route.status, route.body], name).toEqual([200, String(index)]);
    }
  } finally {
    await subject.stop();
    await upstream.close();
  }
  return modules;
}

describe("a gateway whose every name is one that generated code uses", () => {
  let before: readonly string[] = [];
  let code: Compiled["modules"];

  it("builds and answers as any other", { timeout: 180_000 }, async () => {
    const plain = temporaryFolder(gatewayOf(["plain"]));
    const modules = await Promise.all([...examples, join(plain, "gateway.yaml")].map(namesOf));
    const found = harvest(modules.flat()).filter((name) => name !== "nobody_else");
    // `__proto__` is not among them: a body with such a key is refused.
    before = [...new Set([...found, ...innerNames, ...reservedNames, "constructor", "toString", "hasOwnProperty"])];
    code = await answersOf(before);
  });

  it("and so does one that has the names which that one got", { timeout: 180_000 }, async () => {
    const next = harvest(namesIn(code)).filter((name) => !before.includes(name));
    expect(next.length).toBeGreaterThan(100);
    await answersOf(next.filter((_, index) => index % Math.ceil(next.length / 60) === 0));
  });
});
