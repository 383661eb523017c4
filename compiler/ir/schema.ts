import type { Origin } from "./origin.ts";

/** What a bundle needs to know of one schema: one emitted validator. */
export interface SchemaIr {
  readonly kind: "schema";
  /** Unique and readable: `orders.v1.Order`, `orders.v1.createOrder.body`. */
  readonly id: string;
  /** JSON Schema 2020-12 with only what validates; every `$ref` is `#/` and the id of another SchemaIr. */
  readonly schema: JsonSchema;
  readonly origin: Origin;
  /** What a comment in generated code calls it: `components.schemas.Order`. */
  readonly place: string;
}

/** What a validator is emitted from. */
export interface ValidatorIr {
  /** Id of a SchemaIr. */
  readonly schema: string;
}

/** `true`, `false`, or an object of keywords. */
export type JsonSchema = boolean | SchemaObject;

export interface SchemaObject {
  readonly $ref?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly enum?: readonly Constant[];
  readonly const?: Constant;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly contains?: JsonSchema;
  readonly minContains?: number;
  readonly maxContains?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly unevaluatedItems?: JsonSchema;
  readonly properties?: SchemaMap;
  readonly patternProperties?: SchemaMap;
  readonly additionalProperties?: JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly dependentRequired?: { readonly [name: string]: readonly string[] };
  readonly dependentSchemas?: SchemaMap;
  readonly unevaluatedProperties?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  /** The value of one property says which schema holds; stands in the place of `oneOf` or `anyOf`, or beside them. */
  readonly "x-gatewright-discriminator"?: DiscriminatorIr;
  /** Stands alone, for a property that must not be sent by who writes the value. */
  readonly "x-gatewright-refused"?: "readOnly" | "writeOnly";
  /** Of bounds that no double holds, as they were written. */
  readonly "x-gatewright-digits"?: { readonly [bound in Bound]?: string };
  /** By pattern, how it is kept from taking ever more steps: of those that might. */
  readonly "x-gatewright-pattern-guards"?: {
    readonly [pattern: string]: PatternGuard;
  };
}

export type Bound = "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum";

/** `linear`: a matcher whose steps grow with the length of the text only; a number: longest text, in UTF-16 code units, that is tried. */
export type PatternGuard = "linear" | number;

export interface SchemaMap {
  readonly [name: string]: JsonSchema;
}

export interface DiscriminatorIr {
  readonly property: string;
  /** By value, the reference to the schema that must hold. */
  readonly cases: { readonly [value: string]: string };
  /** For other values: refused, or what `oneOf` or `anyOf` beside it says. */
  readonly otherwise: "refused" | "alternatives";
}

export type SchemaType = "null" | "boolean" | "object" | "array" | "number" | "integer" | "string";

/** A JSON value that a value is compared with. */
export type Constant = string | number | boolean | null | readonly Constant[] | { readonly [key: string]: Constant };
