import fc from "fast-check";

/** The files of a project, as values; JSON is YAML. */
export type ProjectFiles = Readonly<Record<string, unknown>>;

type Json = { readonly [key: string]: unknown };

/**
 * Gateways made of few words, so that their routes meet: literals beside parameters, wildcards beside both, versions of
 * every kind, hosts, conditions, and policies in every scope. Not all of them build; those with conflicts are refused.
 */
export const gateways = (): fc.Arbitrary<ProjectFiles> =>
  fc
    .record({
      trailingSlash: fc.constantFrom("strict", "ignore", "redirect"),
      versioning: fc.constantFrom(
        { by: "path" },
        { by: "path", prefix: "/api/{version}" },
        { by: "header", name: "X-Version" },
        { by: "query", name: "v" },
        { by: "mediaType", name: "version" },
      ),
      hasDefault: fc.boolean(),
      hosts: fc.constantFrom(undefined, ["shop.example.com"], ["*.example.com", "shop.example.com"]),
      basePath: fc.constantFrom(undefined, "/a", "/shop"),
      specs: fc.tuple(spec("/inner"), spec("/inner/next")),
      files: fc.tuple(policyFile(), policyFile()),
      routes: fc.uniqueArray(route(), { maxLength: 4, selector: ({ match }) => JSON.stringify(match) }),
      policies: policies(),
    })
    .map(({ trailingSlash, versioning, hasDefault, hosts, basePath, specs, files, routes, policies: own }) => ({
      "gateway.yaml": {
        gateway: "generated",
        compatibility: "2026-12-01",
        listeners: { public: { host: "127.0.0.1", port: "${env:PORT}", trustedProxies: ["127.0.0.1"] } },
        routing: { trailingSlash },
        apis: {
          things: withoutUndefined({
            versioning,
            hosts,
            basePath,
            versions: {
              v1: { spec: "v1.json", policies: "p1.json" },
              v2: withoutUndefined({
                spec: "v2.json",
                policies: "p2.json",
                default: hasDefault && versioning.by !== "path" ? true : undefined,
              }),
            },
            service: "backend",
          }),
        },
        routes: Object.fromEntries(routes.map((one, index) => [`r${index}`, one])),
        // Where public traffic reaches what protected operations reach, a gateway does not build.
        services: {
          backend: {
            endpoints: ["${env:UPSTREAM}", { url: "${env:UPSTREAM_2}/base", weight: 2 }],
            // The only one that chance has no say in: both gateways have to choose alike.
            loadBalancer: { algorithm: "consistentHash", key: "request.path", balance: 100 },
          },
          files: { endpoints: ["${env:UPSTREAM_3}"] },
        },
        identity: {
          schemes: {
            partnerKey: {
              apiKey: {
                keys: { acme: { key: { env: "ACME_KEY" }, roles: ["partner"] }, zenith: { key: { env: "ZENITH_KEY" } } },
              },
            },
          },
        },
        policies: own,
      },
      "v1.json": specs[0],
      "v2.json": specs[1],
      "p1.json": files[0],
      "p2.json": files[1],
    }));

const segment = fc.constantFrom("a", "b", "{x}", "{y}.json", "a-{x}", "{x}-{y}", "{id}:go", "%7Ec", "a b");

const template: fc.Arbitrary<string> = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "", "", "/"))
  .map(([segments, end]) => `/${named(segments).join("/")}${end}`);

/** Each parameter of a template with a name of its own. */
function named(segments: readonly string[]): string[] {
  let count = 0;
  return segments.map((text) => text.replaceAll(/\{\w+\}/g, () => `{p${count++}}`));
}

function spec(server: string): fc.Arbitrary<Json> {
  const operation = fc.record({
    tags: fc.subarray(["read", "write"], { maxLength: 1 }),
    security: fc.constantFrom(
      undefined,
      undefined,
      [{ partnerKey: [] }],
      [{ partnerKey: ["partner"] }],
      [{}, { partnerKey: [] }],
    ),
  });
  const item = fc.dictionary(fc.constantFrom("get", "post", "put", "delete", "head", "options"), operation, {
    minKeys: 1,
    maxKeys: 3,
  });
  return fc.dictionary(template, item, { minKeys: 2, maxKeys: 5 }).map((items) => ({
    openapi: "3.1.0",
    info: { title: "Generated", version: "1" },
    servers: [{ url: server }],
    components: { securitySchemes: { partnerKey: { type: "apiKey", in: "header", name: "X-Api-Key" } } },
    paths: Object.fromEntries(
      Object.entries(items).map(([path, methods]) => [
        path,
        {
          parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
            name,
            in: "path",
            required: true,
            schema: { type: "string" },
          })),
          ...Object.fromEntries(
            Object.entries(methods).map(([method, { tags, security }]) => [
              method,
              withoutUndefined({ tags, security, ...openReason(security), responses: { 200: { description: "ok" } } }),
            ]),
          ),
        },
      ]),
    ),
  }));
}

/** What may be called without credentials has to say why. */
const openReason = (security: readonly Json[] | undefined): Json =>
  security === undefined || security.some((alternative) => Object.keys(alternative).length === 0)
    ? { "x-gateway": { public: "generated" } }
    : {};

function policyFile(): fc.Arbitrary<Json> {
  return fc.record({ all: policies() });
}

function route(): fc.Arbitrary<{ readonly match: Json } & Json> {
  return fc
    .record({
      path: fc.oneof(template, fc.constantFrom("/**", "/a/**", "/*/b", "/a/*")),
      methods: fc.constantFrom(undefined, ["GET"], ["GET", "HEAD"], ["POST", "PUT"]),
      hosts: fc.constantFrom(undefined, undefined, ["*.example.com"]),
      headers: fc.constantFrom(undefined, undefined, { "X-Tenant": "a" }, { "X-Tenant": true }),
      query: fc.constantFrom(undefined, undefined, { preview: true }),
      policies: policies(),
    })
    .map(({ policies: own, ...match }) => ({
      match: withoutUndefined(match),
      service: "files",
      policies: { public: "generated", ...own },
    }));
}

function policies(): fc.Arbitrary<Json> {
  const some = <T>(...values: T[]): fc.Arbitrary<T | undefined> =>
    fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
  return fc
    .record({
      cors: some(
        { origins: ["https://shop.example.com", "https://*.example.org"], credentials: true, allowHeaders: ["X-Api-Key"] },
        { origins: ["*"] },
      ),
      securityHeaders: some({}, { frameOptions: "off" }),
      headers: some<unknown>(
        { request: { set: { "X-A": "1" } }, response: { add: { "X-B": "2" } } },
        [{ response: { rename: { Server: "X-Served" } } }, { response: { add: { "X-C": "3" } } }],
        conditionalHeaders(33),
        conditionalHeaders(65),
      ),
      rewrite: some<unknown>({ query: { remove: ["debug"], add: { via: "gateway" } } }, { host: "preserve" }, { path: "asSent" }),
      requestId: some({}, { trust: true }),
      requestSize: some({ max: "8B" }, { max: "1KiB" }),
      ipFilter: some<unknown>({ deny: ["203.0.113.0/24"] }, { allow: ["10.0.0.0/8"], mode: "report" }),
      rateLimit: some<unknown>(
        { limit: "5/m" },
        [
          { limit: "3/m", by: { header: "X-Tenant" } },
          { limit: "9/h", algorithm: "slidingWindow", by: "operation" },
        ],
        { limit: "1/m", mode: "report" },
      ),
      respond: fc.option(fc.constant({ body: { from: "the gateway" } }), { nil: undefined, freq: 9 }),
    })
    .map(withoutUndefined);
}

const conditions = [
  "request.method == 'GET'",
  "'x-tenant' in request.headers",
  "request.path.startsWith('/a')",
  "'debug' in request.query",
  "!('origin' in request.headers)",
];

/** More conditional steps on one operation than a number has bits: each adds a field that says whether it held. */
const conditionalHeaders = (count: number): readonly Json[] =>
  Array.from({ length: count }, (_, index) => ({
    when: conditions[index % conditions.length],
    request: { set: { [`X-Sent-${index}`]: "1" } },
    response: { set: { [`X-Held-${index}`]: "1" } },
  }));

const withoutUndefined = (value: object): Json =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
