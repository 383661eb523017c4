import type { Json } from "../life/json.ts";
import type { AdminAccess } from "./access.ts";
import type { AdminRoute } from "./route.ts";
import type { RouteTable } from "./route-table.ts";

const problem: Json = {
  description: "Refused: `detail` says why, and what to do.",
  content: {
    "application/problem+json": {
      schema: {
        type: "object",
        required: ["title", "status", "detail"],
        properties: { title: { type: "string" }, status: { type: "integer" }, detail: { type: "string" } },
      },
    },
  },
};

/** OpenAPI 3.1 of what this admin listener answers; made of the routes, which requests are validated by. */
export function adminDocument(
  { gateway, version }: { readonly gateway: string; readonly version: string },
  table: RouteTable,
  access: AdminAccess | undefined,
): Json {
  return {
    openapi: "3.1.1",
    info: { title: `Admin API of ${gateway}`, version },
    servers: [{ url: "/" }],
    paths: Object.fromEntries(
      table.paths.map(({ template, routes }) => [
        template,
        Object.fromEntries(routes.map((route) => [route.method.toLowerCase(), operationOf(route, access)])),
      ]),
    ),
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" }, certificate: { type: "mutualTLS" } },
      responses: { problem },
    },
  };
}

function operationOf(route: AdminRoute, access: AdminAccess | undefined): Json {
  const { operationId, summary, parameters, requestBody, responses } = route.describe;
  const needsCredential = route.method !== "GET" || (access?.readsNeedCredential === true && route.isProbe !== true);
  return {
    operationId,
    summary,
    ...(parameters === undefined ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    security: needsCredential ? [{ key: [] }, { certificate: [] }] : [],
    responses: { ...responses, default: { $ref: "#/components/responses/problem" } },
  };
}
