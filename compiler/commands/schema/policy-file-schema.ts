import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import { closed, editSchema, keys, oneOf } from "./edit-schema.ts";
import { generatedComment, withSchemes } from "./gateway-schema.ts";
import type { PolicyFileNames } from "./policy-file-names.ts";
import type { ProjectNames } from "./project-names.ts";

/** A selector of several paths; whether it selects one, `check` says. */
const glob = "^/(.*/)?\\*\\*?(/|$)";

/** The schema of one policy file: its selectors are those that match an operation of the spec beside it. */
export function policyFileSchema(generic: JsonSchema, file: PolicyFileNames, names: ProjectNames): JsonSchema {
  const edits: readonly (readonly [readonly string[], (part: JsonSchema) => JsonSchema])[] = [
    [["properties", "operations"], closed(file.operations, { others: file.routes })],
    [["properties", "tags"], closed(file.tags)],
    [["properties", "paths"], closed(file.paths, { pattern: glob })],
    [["definitions", "routeToPolicy", "properties", "service"], oneOf(names.services)],
    [["definitions", "splitPolicy", "properties", "to"], keys(names.services)],
    [["definitions", "securityPolicy", "items"], withSchemes(names)],
  ];
  return edits.reduce<JsonSchema>((schema, [path, change]) => editSchema(schema, path, change), {
    ...generic,
    $comment: generatedComment,
  });
}
