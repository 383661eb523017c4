import type { ExpressionIr } from "./expression.ts";
import { type ParameterReaderIr, readerKey } from "./parameter.ts";
import type { ValidatorIr } from "./schema.ts";

/**
 * What code is made from, by who makes it: a row of `5-emit/printers.ts` prints it, and a row of the reference interpreter's
 * makers gives a value that does the same. The type check asks for both.
 */
export interface EmittedData {
  readonly expression: ExpressionIr;
  readonly validator: ValidatorIr;
  readonly parameterReader: ParameterReaderIr;
  /** A long list of short words without white space. */
  readonly words: { readonly words: readonly string[] };
}

export type EmittedBy = keyof EmittedData;

/** A node of a config in whose place the bundle has code: a function, mostly. */
export type EmittedIr<By extends EmittedBy = EmittedBy> = {
  readonly [One in By]: { readonly kind: "emitted"; readonly by: One; readonly data: EmittedData[One] };
}[By];

export const emitted = <By extends EmittedBy>(by: By, data: EmittedData[By]): EmittedIr<By> =>
  // The one member of the union that `By` names, which the type check does not see through.
  ({ kind: "emitted", by, data }) as unknown as EmittedIr<By>;

/** The validator of a schema, by the id of its SchemaIr. */
export const validatorOf = (schema: string): EmittedIr<"validator"> => emitted("validator", { schema });

/**
 * Text that is equal for nodes whose code does the same. What has no row here is told apart by its data, without the places
 * that it was written at.
 */
export function emittedKey<By extends EmittedBy>({ by, data }: EmittedIr<By>): string {
  const key: ((data: EmittedData[By]) => string) | undefined = keys[by];
  return key === undefined ? JSON.stringify(data, (name, value: unknown) => (name === "origin" ? undefined : value)) : key(data);
}

const keys: { readonly [By in EmittedBy]?: (data: EmittedData[By]) => string } = {
  expression: ({ root, inPath, inQuery, inHeaders }) => JSON.stringify([root, inPath, inQuery, inHeaders]),
  validator: ({ schema }) => schema,
  parameterReader: readerKey,
};
