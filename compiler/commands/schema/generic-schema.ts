import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import { packageRoot } from "../../package-root.ts";

export type SchemaKind = "gateway" | "policies";

const fileNames: Record<SchemaKind, string> = { gateway: "gateway.schema.json", policies: "policy-file.schema.json" };

/** Text of the schema that holds for every gateway. */
export const genericSchemaText = (kind: SchemaKind): string =>
  readFileSync(join(packageRoot(), "schema/editor", fileNames[kind]), "utf8");

// The generator wrote it from the schemas that have this type.
export const genericSchema = (kind: SchemaKind): JsonSchema => JSON.parse(genericSchemaText(kind)) as JsonSchema;
