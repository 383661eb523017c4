/** JSON Schema of all claims together. What is not declared may be anything. */
export const claimsSchema = (claims: { readonly [name: string]: object }): { readonly [key: string]: unknown } => ({
  type: "object",
  properties: claims,
});

/** Whether a schema refers to another one, at any depth. */
export const hasReference = (schema: unknown): boolean =>
  typeof schema === "object" &&
  schema !== null &&
  Object.entries(schema).some(([key, value]) => key === "$ref" || key === "$dynamicRef" || hasReference(value));
