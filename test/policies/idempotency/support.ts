import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type Received, sendRequest } from "../../harness/http-client.ts";
import { keptFor } from "../../harness/kept-connections.ts";
import { buildForTest } from "../../harness/running-gateway.ts";

/** Gateways with the same operations, whose keys are in memory or in Redis. */
export const files = (store: "memory" | "redis"): Readonly<Record<string, string>> => {
  const policy = (options = ""): string =>
    `idempotency: { ${[...(store === "redis" ? ["onStoreFailure: refuse"] : []), ...(options === "" ? [] : [options])].join(", ")} }`;
  return {
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true, trustedProxies: [127.0.0.1] }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
${store === "redis" ? "stores: { default: { redis: { url: { env: REDIS_URL }, timeout: 10s, breaker: { failures: 1000, open: 100ms } } } }" : ""}
identity:
  schemes:
    partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } }, zenith: { key: { env: ZENITH_KEY } } } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"], retry: { backoff: { base: 1ms, max: 1ms }, budget: { min: 1000/s } } }
  down: { endpoints: ["\${env:UPSTREAM_DOWN}"] }
apis:
  orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend }
routes:
  guests: { match: { path: "/guests", methods: [POST] }, service: backend, policies: { public: guests, ${policy("anonymous: uuid, required: true")} } }
  down: { match: { path: "/down", methods: [POST] }, service: down, policies: { public: guests, ${policy("anonymous: uuid")} } }
policies: { metrics: {} }
`,
    "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components:
  securitySchemes: { partnerKey: { type: apiKey, in: header, name: X-API-Key } }
  parameters:
    key: { name: Idempotency-Key, in: header, required: true, schema: { type: string } }
paths:
  /orders:
    post: { operationId: createOrder, parameters: [{ $ref: "#/components/parameters/key" }], responses: { "201": { description: created } } }
  /others:
    post: { operationId: createOther, responses: { "201": { description: created } } }
  /resends:
    post: { operationId: createAgain, responses: { "201": { description: created } } }
`,
    "policies.yaml": `operations:
  createOrder: { ${policy("maxBody: 1KiB, maxAnswer: 1KiB, headers: [X-Warehouse]")} }
  createOther: { ${policy()} }
  createAgain: { ${policy('resend: "the service knows orders by the key"')} }
`,
  };
};

export async function builtShop(store: "memory" | "redis"): Promise<{ readonly out: string; dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  for (const [name, text] of Object.entries(files(store))) writeFileSync(join(folder, name), text);
  const { out, dispose, diagnostics } = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return { out, dispose };
}

export type Answering = (response: ServerResponse, request: IncomingMessage, body: Buffer) => void;

export const created: Answering = (response) => response.writeHead(201, { "content-type": "text/plain" }).end("made");

/** A service that answers each request as the test says. */
export class Service {
  /** Requests that came, with their bodies. */
  readonly seen: { readonly request: IncomingMessage; readonly body: string }[] = [];
  /** What is done with the next requests, in turn; `created` behind them. */
  next: Answering[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        this.seen.push({ request, body: body.toString() });
        (this.next.shift() ?? created)(response, request, body);
      });
    });
  }

  static async start(): Promise<Service> {
    const server = createServer({ keepAliveTimeout: keptFor });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Service(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.seen.length = 0;
    this.next = [];
  }

  /** The next request waits until the test gives its answer. */
  hold(): Promise<ServerResponse> {
    return new Promise((resolve) => this.next.push((response) => resolve(response)));
  }

  end(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export interface Sent {
  readonly path?: string;
  readonly key?: string | readonly string[];
  readonly body?: string;
  readonly caller?: "acme" | "zenith" | "none";
  readonly headers?: readonly (readonly [string, string])[];
}

export function post(
  port: number,
  { path = "/orders", key, body = "a book", caller = "acme", headers = [] }: Sent,
): Promise<Received> {
  const keys = key === undefined ? [] : [key].flat();
  return sendRequest(port, {
    method: "POST",
    target: path,
    headers: [
      ["Content-Type", "text/plain"],
      ...(caller === "none" ? [] : [["X-API-Key", `${caller}-key-for-tests-0001`] as const]),
      ...keys.map((one) => ["Idempotency-Key", one] as const),
      ...headers,
    ],
    body,
  });
}

/** Status, type of the problem, whether it is a replay, and the body of an answer that is no problem. */
export function told({ status, headers, body }: Received): readonly unknown[] {
  const field = (name: string) => headers.find(([one]) => one.toLowerCase() === name)?.[1];
  if (field("content-type") === "application/problem+json")
    return [status, (JSON.parse(body) as { type: string }).type.replace("urn:gatewright:problem:", "")];
  return field("idempotency-replayed") === "true" ? [status, body, "replayed"] : [status, body];
}

export const valueOf = ({ headers }: Received, name: string): string | undefined =>
  headers.find(([one]) => one.toLowerCase() === name)?.[1];

/** Answers until then. */
export const eventually = async (send: () => Promise<Received>, expected: readonly unknown[]): Promise<void> =>
  vi.waitFor(
    async () => {
      const got = told(await send());
      if (JSON.stringify(got) !== JSON.stringify(expected))
        throw new Error(`${JSON.stringify(got)}, not ${JSON.stringify(expected)}`);
    },
    { interval: 10 },
  );
