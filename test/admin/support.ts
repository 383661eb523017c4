import { onTestFinished, vi } from "vitest";
import { type AdminAccessConfig, createAdminAccess } from "../../runtime/admin/access.ts";
import type { AdminRoute } from "../../runtime/admin/route.ts";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import { logging } from "../../runtime/log/level.ts";
import { gateway, operation } from "../runtime/support/gateway.ts";
import { exchange } from "../runtime/support/raw-client.ts";

export const key = "operator-key-0123456789";
// As the environment hands secrets to factories.
export const secret = (text: string): StartValue => text as StartValue;

export const withKey: AdminAccessConfig = { reads: "open", keys: [{ name: "operator", key: secret(key) }], certificates: [] };

/** What a contributed route may look like: parameters in path and query, a body with everything that schemas may say. */
export const things: readonly AdminRoute[] = [
  {
    method: "PATCH",
    path: "/things/{thing}/parts/{part}",
    from: "all",
    describe: {
      operationId: "changePart",
      summary: "Changes a part",
      parameters: [
        { name: "thing", in: "path", required: true, schema: { type: "string", minLength: 2, maxLength: 8 } },
        { name: "part", in: "path", required: true, schema: { type: "integer", minimum: 1, maximum: 99 } },
        { name: "force", in: "query", schema: { type: "boolean" } },
        { name: "mode", in: "query", required: true, schema: { type: "string", enum: ["now", "later"] } },
      ],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["name"],
              additionalProperties: false,
              properties: {
                name: { type: "string", maxLength: 10 },
                weight: { type: "number", minimum: 0 },
                tags: { type: "array", minItems: 1, maxItems: 3, items: { type: "string", minLength: 1 } },
                kind: { const: "part" },
              },
            },
          },
        },
      },
      responses: { 200: { description: "As it is now." } },
    },
    answer: (request) => ({ status: 200, json: { parameters: { ...request.parameters }, body: request.body } }),
  },
  {
    method: "DELETE",
    path: "/things/{thing}",
    from: "one",
    describe: {
      operationId: "removeThing",
      summary: "Removes a thing",
      parameters: [{ name: "thing", in: "path", required: true, schema: { type: "string", minLength: 1 } }],
      responses: { 200: { description: "Removed." } },
    },
    answer: ({ parameters }) => ({ status: 200, json: { removed: parameters.thing! } }),
  },
  {
    method: "GET",
    path: "/things/all",
    from: "holder",
    describe: { operationId: "listThings", summary: "All things", responses: { 200: { description: "They." } } },
    answer: () => ({ status: 200, json: [] }),
  },
];

/** A gateway with an admin listener that has these credentials and routes. */
export function administered(access: AdminAccessConfig | undefined, change: Partial<Gateway> = {}): Gateway {
  const built = gateway(operation(), { adminRoutes: things, ...change });
  const { admin } = built.listeners;
  if (access === undefined) return built;
  return { ...built, listeners: { ...built.listeners, admin: { ...admin!, access: createAdminAccess(access) } } };
}

/** Lines that are written to standard error while the test runs. */
export function logLines(): readonly string[] {
  const lines: string[] = [];
  logging.pace = undefined;
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line).trimEnd());
    return true;
  });
  onTestFinished(() => {
    spy.mockRestore();
    logging.level = "info";
    logging.format = undefined;
    logging.pace = undefined;
  });
  return lines;
}

/** A request with these field lines besides Host, and a body where there is one. */
export function asking(port: number, line: string, fields: readonly string[] = [], body?: string) {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${line} HTTP/1.1`, "Host: localhost", ...fields, ...length];
  return exchange(port, `${head.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

export const bearer = `Authorization: Bearer ${key}`;
export const json = "Content-Type: application/json";
