import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

type Json = { readonly [key: string]: unknown };

/** A gateway whose APIs and routes all lead to one application, unless they say otherwise. */
export interface Plan {
  /** By API: paths of its spec, by method the scheme that it asks for, with a role (`key buyer`), or `public`. */
  readonly apis?: Readonly<Record<string, PlannedApi>>;
  readonly routes?: Readonly<Record<string, Json>>;
  readonly services?: Json;
  readonly routing?: Json;
}

interface PlannedApi {
  /** One version, or several by name. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Operation>>>>>>;
  readonly options?: Json;
  /** Of each version. */
  readonly policies?: Json;
  readonly servers?: string;
  readonly defaultVersion?: string;
}

type Operation = string | { readonly access: string; readonly parameters?: Readonly<Record<string, Json>> };

export const endpoint = (url: string): Json => ({ endpoints: [url] });

/** Messages of all that was found, errors first. */
export async function messagesOf(plan: Plan): Promise<string[]> {
  const files = new Map<string, string>();
  const apis = Object.entries(plan.apis ?? {}).map(([name, { versions, options, policies, servers, defaultVersion }]) => {
    const written = Object.entries(versions).map(([version, paths]) => {
      files.set(`${name}-${version}.json`, JSON.stringify(specOf(paths, servers)));
      files.set(`${name}-${version}-policies.json`, JSON.stringify(policies ?? {}));
      const isDefault = version === defaultVersion ? { default: true } : {};
      return [version, { spec: `${name}-${version}.json`, policies: `${name}-${version}-policies.json`, ...isDefault }] as const;
    });
    return [name, { service: "app", versions: Object.fromEntries(written), ...options }] as const;
  });
  // A scheme that nobody asks for is warned of.
  const asked = JSON.stringify(plan);
  const used = ["key", "other"].filter(
    (name) => asked.includes(`"${name}`) || asked.includes(`|${name}`) || asked.includes(`+${name}`),
  );
  files.set(
    "gateway.yaml",
    JSON.stringify({
      gateway: "planted",
      compatibility: "2026-12-01",
      listeners: { public: { port: 8080 } },
      ...(plan.routing === undefined ? {} : { routing: plan.routing }),
      services: { app: endpoint("http://app.internal:8080"), ...plan.services },
      identity: { schemes: Object.fromEntries(used.map((name) => [name, apiKey(name)])) },
      apis: Object.fromEntries(apis),
      routes: Object.fromEntries(
        Object.entries(plan.routes ?? {}).map(([name, route]) => [
          name,
          { ...(answers(route) ? {} : { service: "app" }), ...route },
        ]),
      ),
    }),
  );
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(files) });
  return diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);
}

const answers = ({ policies }: Json): boolean => typeof policies === "object" && policies !== null && "respond" in policies;

const apiKey = (name: string): Json => ({
  apiKey: { in: "header", name: `X-${name}`, keys: { acme: { key: { env: name.toUpperCase() }, roles: ["buyer"] } } },
});

function specOf(paths: PlannedApi["versions"][string], servers: string | undefined): Json {
  return {
    openapi: "3.1.0",
    info: { title: "Planted", version: "1" },
    ...(servers === undefined ? {} : { servers: [{ url: servers }] }),
    components: {
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "X-key" },
        other: { type: "apiKey", in: "header", name: "X-other" },
      },
    },
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, operationOf(method, path, operation)])),
      ]),
    ),
  };
}

function operationOf(method: string, path: string, operation: Operation): Json {
  const { access, parameters } = typeof operation === "string" ? { access: operation, parameters: undefined } : operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return {
    operationId: `${method}${path.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, "")}`,
    parameters: names.map((name) => ({ name, in: "path", required: true, schema: parameters?.[name] ?? { type: "string" } })),
    responses: { 200: { description: "ok" } },
    ...(access === "public" ? { security: [], "x-gateway": { public: "planted" } } : { security: securityOf(access) }),
  };
}

/** `key`, `key buyer`, `key+other`, `key|other`. */
export const securityOf = (access: string): Json[] =>
  access.split("|").map((alternative) =>
    Object.fromEntries(
      alternative.split("+").map((scheme) => {
        const [name, ...roles] = scheme.split(" ");
        return [name!, roles];
      }),
    ),
  );

export const open = { public: "planted" };
export const closed = { security: securityOf("key") };

/** `GET /orders`, `GET /orders/{id}` and `POST /orders`, all with a key. */
export const orders = {
  orders: { versions: { v1: { "/orders": { get: "key", post: "key" }, "/orders/{id}": { get: "key" } } } },
};
