import type { JsonObject, JsonValue, SourceSet } from "../../source/source-set.ts";
import type { DeclaredScheme } from "./linked-gateway.ts";

/** `components.securitySchemes` of all specs by name, in the order of spec files. */
export function declaredSchemes(sources: SourceSet): Map<string, DeclaredScheme[]> {
  const declared = new Map<string, DeclaredScheme[]>();
  for (const file of [...sources.specs.keys()].sort()) {
    const spec = sources.specs.get(file)!;
    const { components } = spec.document;
    const schemes = isObject(components) ? components.securitySchemes : undefined;
    if (!isObject(schemes)) continue;
    for (const [name, written] of Object.entries(schemes)) {
      if (!isObject(written)) continue;
      const value = typeof written.$ref === "string" ? spec.resolve(written) : written;
      if (value === undefined) continue;
      const known = declared.get(name) ?? [];
      known.push({ value, origin: sources.positions.key(schemes, name) });
      declared.set(name, known);
    }
  }
  return declared;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
