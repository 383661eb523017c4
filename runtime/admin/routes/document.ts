import { adminDocument } from "../document.ts";
import type { AdminRoute } from "../route.ts";
import type { RouteTable } from "../route-table.ts";
import type { AdminSource } from "../source.ts";

/** `/openapi.json`: what else there is. */
export const documentRoute = (source: AdminSource, table: () => RouteTable): AdminRoute => ({
  method: "GET",
  path: "/openapi.json",
  from: "holder",
  describe: {
    operationId: "getDocument",
    summary: "This document",
    responses: {
      200: { description: "An OpenAPI 3.1 document.", content: { "application/json": { schema: { type: "object" } } } },
    },
  },
  answer: () => {
    const { gateway, build } = source.status();
    const label = { gateway, version: build?.version ?? "0" };
    return { status: 200, json: adminDocument(label, table(), source.listener.access) };
  },
});
