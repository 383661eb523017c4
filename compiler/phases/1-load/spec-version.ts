import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject } from "../../source/source-set.ts";
import { notASpec, unknownOpenapi } from "./messages.gen.ts";

/** The version of OpenAPI as written; undefined where we cannot read it, which is reported. */
export function specVersion(document: JsonObject, file: string, positions: Positions, sink: DiagnosticSink): string | undefined {
  const { openapi, swagger } = document;
  if (openapi === undefined && swagger !== undefined) {
    // In YAML without quotes it is the number 2.
    if (swagger === "2.0" || swagger === 2) return "2.0";
    sink.report(
      unknownOpenapi(positions.value(document, "swagger"), {
        version: typeof swagger === "object" ? JSON.stringify(swagger) : String(swagger),
      }),
    );
    return undefined;
  }
  if (openapi === undefined) {
    const { start } = positions.of(document);
    sink.report(notASpec(positions.range(file, start, start + 1), { file }));
    return undefined;
  }
  if (typeof openapi === "string" && /^3\.[012]\.\d+(-[A-Za-z0-9.-]+)?$/.test(openapi)) return openapi;
  const at = positions.value(document, "openapi");
  sink.report(unknownOpenapi(at, { version: typeof openapi === "object" ? JSON.stringify(openapi) : String(openapi) }));
  return undefined;
}
