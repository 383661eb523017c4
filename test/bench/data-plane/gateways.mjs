// Gateways of ours: built with the command line program, started as one process.
import { join } from "node:path";
import { build, key, scratch, writeFiles } from "../support.mjs";
import { begin, message } from "./processes.mjs";

const order = {
  id: "0192f3c4-7a51-7cc0-8e1d-7b1ff09a4c11",
  customer: { name: "Ada Lovelace", email: "ada@example.com", address: { street: "12 St James's Square", city: "London" } },
  createdAt: "2026-11-21T09:15:00Z",
  currency: "GBP",
  lines: Array.from({ length: 9 }, (_, index) => ({
    id: 100_000 + index,
    sku: `AB-${index}-XL`,
    name: "A thing in a box",
    quantity: index,
    price: 12.5 + index,
  })),
};

/** About 1 KB of JSON. */
export const orderText = JSON.stringify(order);

const text = (more = {}) => ({ type: "string", minLength: 1, maxLength: 200, ...more });
const object = (properties) => ({
  type: "object",
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});
const orderSchema = object({
  id: text({ format: "uuid" }),
  customer: object({ name: text(), email: text({ format: "email" }), address: object({ street: text(), city: text() }) }),
  createdAt: text({ format: "date-time" }),
  currency: { enum: ["EUR", "USD", "GBP"] },
  lines: {
    type: "array",
    maxItems: 100,
    items: object({
      id: { type: "integer", minimum: 1 },
      sku: text({ pattern: "^[A-Z0-9-]+$" }),
      name: text(),
      quantity: { type: "integer", minimum: 0 },
      price: { type: "number", minimum: 0 },
    }),
  },
});

const responses = { 200: { description: "ok" } };
const securityOfKey = {
  security: [{ key: [] }],
  components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Api-Key" } } },
};
const spec = (paths, more = {}) => JSON.stringify({ openapi: "3.1.0", info: { title: "Bench", version: "1" }, ...more, paths });

/** An operation whose parameters, or whose body, the spec describes. */
const described = {
  "/things/{id}": {
    parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } }],
    get: {
      parameters: [
        { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100 } },
        { name: "sort", in: "query", schema: { enum: ["created", "total", "name"] } },
      ],
      responses,
    },
  },
  "/things": {
    post: { requestBody: { required: true, content: { "application/json": { schema: orderSchema } } }, responses },
  },
};

const resources = (count) =>
  Object.fromEntries(
    Array.from({ length: count / 5 }, (_, index) => [
      [`/resource-${index}`, { get: { responses }, post: { responses } }],
      [`/resource-${index}/items`, { get: { responses }, put: { responses }, delete: { responses } }],
    ]).flat(),
  );

const listeners = (tls) =>
  `listeners: { public: { host: 127.0.0.1, port: 0${tls === undefined ? "" : `, tls: ${JSON.stringify(tls)}`} }, admin: { port: 0 } }`;

/** Files of the smallest gateway there is. */
export const smallestGateway = () => ({
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: benchmark } } }
services: { backend: { endpoints: [http://127.0.0.1:9001] } }
`,
});

/** Files of a gateway with one route for all paths. */
export const routeGateway = (service, { policies = {}, tls } = {}) => ({
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
${listeners(tls)}
routes: { all: { match: { path: "/**" }, service: backend, policies: ${JSON.stringify({ public: "benchmark", ...policies })} } }
services: { backend: { endpoints: ["${service.origin}"], timeout: { connect: 1m, response: 5m } } }
`,
});

/** The same, with half of the requests for another service of the same origin. `more`: of the split. */
export const splitGateway = (service, more = {}) => twoServices(service, { split: { to: { next: "50%" }, ...more } });

/** The same, where a share of the requests is copied to the other one. */
export const mirrorGateway = (service, share) => twoServices(service, { mirror: { to: "next", share } });

function twoServices(service, policies) {
  const { "gateway.yaml": text } = routeGateway(service, { policies });
  const next = `services: { next: { endpoints: ["${service.origin}"], timeout: { connect: 1m, response: 5m } }, `;
  return { "gateway.yaml": text.replace("services: { ", next) };
}

/** The same, where what comes of the requests decides about the share. */
export const rollOutGateway = (service) =>
  splitGateway(service, { to: { next: "0%" }, steps: ["50%", "100%"], analysis: { errors: "1%", latency: { p99: "1m" } } });

/** The same, for those who have a token of the issuer. */
export function tokenGateway(service, jwt) {
  const { "gateway.yaml": text } = routeGateway(service);
  const demanded = text.replace('"public":"benchmark"', '"security":[{"token":[]}]');
  return { "gateway.yaml": `${demanded}identity: { schemes: { token: ${JSON.stringify({ jwt })} } }\n` };
}

/** The same, for those who have a key. */
export function keyGateway(service, forward = "none") {
  const { "gateway.yaml": text } = routeGateway(service);
  const demanded = text.replace('"public":"benchmark"', '"security":[{"key":[]}]');
  const apiKey = { in: "header", name: "X-Api-Key", forward, keys: { acme: { key: { env: "ACME_KEY" } } } };
  return { "gateway.yaml": `${demanded}identity: { schemes: { key: ${JSON.stringify({ apiKey })} } }\n` };
}

/** Files of a gateway for a spec. */
const specGateway = (service, specText, { policies = {}, hasKeys = false } = {}) => ({
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
${listeners()}
apis: { bench: { versions: { v1: { spec: openapi.json, policies: policies.yaml } }, service: backend } }
services: { backend: { endpoints: ["${service.origin}"], timeout: { connect: 1m, response: 5m } } }
${hasKeys ? "identity: { schemes: { key: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }" : ""}
policies: ${JSON.stringify(policies)}
`,
  "policies.yaml": hasKeys ? "{}\n" : "all: { public: benchmark }\n",
  "openapi.json": specText,
});

export const validatingGateway = (service) => specGateway(service, spec(described));

export const operationsGateway = (service, count) =>
  specGateway(service, spec(resources(count)), { policies: { validate: "off" } });

/** Policies that most APIs have, beside a key and validation. */
const usual = {
  requestId: {},
  securityHeaders: {},
  rateLimit: { limit: "1000000/s", by: "identity.subject" },
  metrics: {},
};

/** Key, limit, validation, security fields, request id and metrics; `more`: further policies. */
export const fullGateway = (service, more = {}) =>
  specGateway(service, spec(described, securityOfKey), { hasKeys: true, policies: { ...usual, ...more } });

/** The same policies on many operations. */
export const manyOperationsGateway = (service, count) =>
  specGateway(service, spec(resources(count), securityOfKey), { hasKeys: true, policies: usual });

/** Builds into a folder of its own; `dist`: of which checkout. Returns the folder. */
export function buildGateway(files, dist) {
  const folder = writeFiles(scratch(), files);
  build(folder, join(folder, "out"), dist);
  return join(folder, "out");
}

/** Starts a build as one process. */
export async function startGateway(name, out, { scheme = "http", nodeOptions = [], args = [] } = {}) {
  const child = begin(process.execPath, [...nodeOptions, join(out, "gateway.mjs"), ...args], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, ACME_KEY: key },
  });
  const { port } = await message(child, ({ gatewright }) => gatewright === "ready");
  return { name, child, port, origin: `${scheme}://127.0.0.1:${port}` };
}
