import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import { newerOpenapi, notASpec, swaggerRefused, unknownOpenapi } from "./messages.gen.ts";
import type { JsonObject } from "./source-set.ts";

/** The version of OpenAPI as written; undefined where we cannot read it, which is reported. */
export function specVersion(document: JsonObject, file: string, positions: Positions, sink: DiagnosticSink): string | undefined {
  const { openapi, swagger } = document;
  if (openapi === undefined && swagger !== undefined) {
    sink.report(swaggerRefused(positions.value(document, "swagger"), { version: String(swagger) }));
    return undefined;
  }
  if (openapi === undefined) {
    const { start } = positions.of(document);
    sink.report(notASpec(positions.range(file, start, start + 1), { file }));
    return undefined;
  }
  if (typeof openapi === "string" && /^3\.[01]\.\d+(-[A-Za-z0-9.-]+)?$/.test(openapi)) return openapi;
  const at = positions.value(document, "openapi");
  if (typeof openapi === "string" && /^3\.2\.\d+(-[A-Za-z0-9.-]+)?$/.test(openapi)) {
    sink.report(newerOpenapi(at, { version: openapi }));
    return openapi;
  }
  sink.report(unknownOpenapi(at, { version: typeof openapi === "object" ? JSON.stringify(openapi) : String(openapi) }));
  return undefined;
}
