/** Who exports: the resource, and the scope that all of it has in common. */
export interface OtlpSource {
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
  readonly scope: { readonly name: string; readonly version: string };
}

/** Version of the semantic conventions that names of attributes follow; nothing else may be translated by it. */
export const schemaUrl = "https://opentelemetry.io/schemas/1.45.0";
